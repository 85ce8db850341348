/** One line of the log. What it holds can be written as JSON. */
export interface LogRecord {
  readonly level: "debug" | "info" | "warning" | "error" | "fatal";
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export function jsonLine(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** `time="…" level=info msg="…" app_id=… instance=… scope=… type=log ver=…`: the fields after `msg` sorted by name. */
export function textLine(record: LogRecord): string {
  let line = `time="${record.time}" level=${record.level} msg=${textValue(record.msg)}`;
  for (const name of fieldNames(record)) line += ` ${name}=${textValue(record[name])}`;
  return `${line}\n`;
}

const colours: Record<LogRecord["level"], number> = { debug: 37, info: 36, warning: 33, error: 31, fatal: 31 };

/** For people at a terminal: level, seconds since the start, message, fields. */
export function terminalFormat(): (record: LogRecord) => string {
  const start = performance.now();
  return (record) => {
    const colour = colours[record.level];
    const seconds = String(Math.floor((performance.now() - start) / 1000)).padStart(4, "0");
    let line = `\x1b[${colour}m${record.level.slice(0, 4).toUpperCase()}\x1b[0m[${seconds}] ${record.msg.padEnd(44)} `;
    for (const name of fieldNames(record)) line += ` \x1b[${colour}m${name}\x1b[0m=${textValue(record[name])}`;
    return `${line}\n`;
  };
}

function fieldNames(record: LogRecord): string[] {
  return Object.keys(record)
    .filter((name) => name !== "level" && name !== "time" && name !== "msg")
    .sort();
}

const plain = /^[a-zA-Z0-9\-._/@^+]*$/;

function textValue(value: unknown): string {
  const text = plainText(value);
  if (plain.test(text)) return text;
  return JSON.stringify(text).replace(
    /\\u00([0-9a-f]{2})|\x7f/g,
    (_, digits: string | undefined) => `\\x${digits ?? "7f"}`,
  );
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}
