import type { Logger } from "../contract/definition.ts";

const levels = ["debug", "info", "warn", "error"] as const;

export interface LogSettings {
  /** One of debug, info, warn, error; anything else is info. */
  readonly level?: string | undefined;
  readonly json?: boolean;
  readonly write: (line: string) => void;
}

/** Makes loggers that write one line an entry. `fixed` stands in each of them. */
export function createLog({
  level = "info",
  json = false,
  write,
}: LogSettings): (fixed?: Readonly<Record<string, string>>) => Logger {
  const lowest = Math.max(0, (levels as readonly string[]).includes(level) ? levels.indexOf(level as "info") : 1);
  return (fixed = {}) => {
    const entry = (at: (typeof levels)[number]) => {
      if (levels.indexOf(at) < lowest) return () => undefined;
      return (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        const time = new Date().toISOString();
        write(
          json
            ? jsonLine({ time, level: at, ...fixed, msg: message }, fields)
            : textLine(time, at, message, { ...fixed, ...fields }),
        );
      };
    };
    return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
  };
}

function jsonLine(head: Readonly<Record<string, string>>, fields: Readonly<Record<string, unknown>>): string {
  try {
    return `${JSON.stringify({ ...fields, ...head })}\n`;
  } catch {
    // A circular field, or one whose toJSON throws, must not cost the message.
    return `${JSON.stringify(head)}\n`;
  }
}

function textLine(time: string, level: string, message: string, fields: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${textValue(value)}`);
  return `${time} ${level.padEnd(5)} ${oneLine(message)}${pairs.join("")}\n`;
}

function textValue(value: unknown): string {
  const text = typeof value === "string" ? value : value instanceof Error ? value.message : safeJson(value);
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function oneLine(message: string): string {
  return message.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}
