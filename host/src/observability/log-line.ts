import type { LogFields } from "./log.ts";

export type LineLevel = "debug" | "info" | "warning" | "error" | "fatal";

/** What every line carries besides its own fields. */
export interface LineIdentity {
  readonly appId: string;
  /** Host name of this machine. */
  readonly instance: string;
  readonly version: string;
}

/** Makes one line, with its newline. `time` as from `logTime`. */
export type LineFormat = (
  level: LineLevel,
  scope: string,
  time: string,
  message: string,
  fields: LogFields | undefined,
) => string;

/** `time="…" level=info msg="…" app_id=… instance=… scope=… type=log ver=…`: the fields after `msg` sorted by name. */
export function textFormat(identity: LineIdentity): LineFormat {
  return (level, scope, time, message, fields) => {
    const members = lineMembers(identity, scope, fields);
    let line = `time="${time}" level=${level} msg=${textValue(message)}`;
    for (const [name, value] of members) line += ` ${name}=${textValue(value)}`;
    return `${line}\n`;
  };
}

/** One JSON object a line, keys sorted. */
export function jsonFormat(identity: LineIdentity): LineFormat {
  return (level, scope, time, message, fields) => {
    const members = [...lineMembers(identity, scope, fields), ["level", level], ["msg", message], ["time", time]] as [
      string,
      unknown,
    ][];
    members.sort(byName);
    return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${jsonValue(value)}`).join(",")}}\n`;
  };
}

const colours: Record<LineLevel, number> = { debug: 37, info: 36, warning: 33, error: 31, fatal: 31 };

/** For people at a terminal: level, seconds since the start, message, fields. */
export function terminalFormat(identity: LineIdentity): LineFormat {
  const start = performance.now();
  return (level, scope, _time, message, fields) => {
    const colour = colours[level];
    const seconds = String(Math.floor((performance.now() - start) / 1000)).padStart(4, "0");
    let line = `\x1b[${colour}m${level.slice(0, 4).toUpperCase()}\x1b[0m[${seconds}] ${message.padEnd(44)} `;
    for (const [name, value] of lineMembers(identity, scope, fields))
      line += ` \x1b[${colour}m${name}\x1b[0m=${textValue(value)}`;
    return `${line}\n`;
  };
}

const second = { at: -1, prefix: "", zone: "" };

/** Now as RFC 3339 with nine digits of a second in the local zone; the last three are zeros. */
export function logTime(): string {
  const now = performance.timeOrigin + performance.now();
  const atSecond = Math.floor(now / 1000);
  if (atSecond !== second.at) {
    const date = new Date(atSecond * 1000);
    const offset = -date.getTimezoneOffset();
    second.at = atSecond;
    second.prefix = new Date((atSecond + offset * 60) * 1000).toISOString().slice(0, 19);
    const size = Math.abs(offset);
    second.zone =
      offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
  }
  const micros = Math.floor((now - atSecond * 1000) * 1000);
  return `${second.prefix}.${String(micros).padStart(6, "0")}000${second.zone}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function lineMembers(identity: LineIdentity, scope: string, fields: LogFields | undefined): [string, unknown][] {
  const fixed: [string, unknown][] = [
    ["app_id", identity.appId],
    ["instance", identity.instance],
    ["scope", scope],
    ["type", "log"],
    ["ver", identity.version],
  ];
  if (fields === undefined) return fixed;
  for (const name in fields) if (fields[name] !== undefined) fixed.push([name, fields[name]]);
  return fixed.sort(byName);
}

function byName(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
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
  if (value instanceof Error) return value.message;
  if (typeof value === "object" || typeof value === "function" || typeof value === "symbol") return safeJson(value);
  return `${value as number | boolean | bigint | undefined}`;
}

function jsonValue(value: unknown): string {
  const json =
    value instanceof Error
      ? JSON.stringify(value.message)
      : typeof value === "bigint"
        ? String(value)
        : safeJson(value);
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A field that cannot be shown must not fail the line it is on. */
function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return '"unprintable"';
  }
}
