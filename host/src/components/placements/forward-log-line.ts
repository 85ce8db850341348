import type { Logger } from "@trilby/kit";

/**
 * Puts one line of a child's standard error into the host's log: the JSON of the kit's logger at its level, anything else
 * as a warning. Returns the message when it is an error's.
 */
export function forwardLogLine(line: string, logger: Logger): string | undefined {
  const entry = parse(line);
  if (entry === undefined) {
    logger.warn(line);
    return line;
  }
  const { level, msg, time: _time, type: _type, component: _component, ...fields } = entry;
  const message = typeof msg === "string" ? msg : line;
  const write = level === "debug" || level === "warn" || level === "error" ? logger[level] : logger.info;
  write.call(logger, message, fields);
  return level === "error" ? message : undefined;
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "msg" in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
