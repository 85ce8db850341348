import type { Logger } from "@trilby/kit";

/**
 * Puts one line of a child's standard error into the host's log: the JSON of the kit's logger at its level, anything else
 * as a warning. Returns what may be the reason of the child's end: an error's message with the first line of its cause.
 */
export function forwardLogLine(line: string, logger: Logger): string | undefined {
  const entry = parse(line);
  if (entry === undefined) {
    logger.warn(line);
    // Node's own report of an exception has more lines around the one that says what was thrown.
    return /^(?:\s|\}|Node\.js v|node:|file:)/.test(line) ? undefined : line;
  }
  const { level, msg, time: _time, type: _type, component: _component, ...fields } = entry;
  const message = typeof msg === "string" ? msg : line;
  const write = level === "debug" || level === "warn" || level === "error" ? logger[level] : logger.info;
  write.call(logger, message, fields);
  if (level !== "error") return undefined;
  const cause = typeof fields["error"] === "string" ? fields["error"].split("\n", 1)[0] : undefined;
  return cause === undefined || message.includes(cause) ? message : `${message}: ${cause}`;
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
