import { openSync } from "node:fs";
import { hostname } from "node:os";
import { isatty } from "node:tty";
import type { Logger } from "@trilby/kit";

import type { HostOptions, LogLevel } from "../options/options.ts";
import { jsonLine, terminalFormat, textLine, type LogRecord } from "./log-line.ts";
import { lineWriter } from "./line-writer.ts";
import { logTime } from "./log-time.ts";
import type { Log, LogFields } from "./log.ts";

const standardOutput = 1;

/**
 * Opens the log: standard output, or a file that is appended to. The lines of one turn of the event loop go out in one write,
 * so a burst of lines costs one system call. Logging never throws: a reader that went away loses the lines.
 */
export function openLog(options: HostOptions["log"], identity: { appId: string; version: string }): Log {
  const writer = lineWriter(options.file === undefined ? standardOutput : openSync(options.file, "a", 0o644));
  const terminal = options.file === undefined && isatty(standardOutput);
  const format = options.json ? jsonLine : terminal ? terminalFormat() : textLine;

  let buffered = "";
  const writeBuffered = (): void => {
    if (buffered === "") return;
    const text = buffered;
    buffered = "";
    writer.write(text);
  };
  const finish = (): void => {
    writeBuffered();
    writer.finish();
    unfinished.delete(finish);
  };

  const add = (line: string): void => {
    if (buffered === "") {
      finishAtExit(finish);
      setImmediate(writeBuffered).unref();
    }
    buffered += line;
  };
  const base = { app_id: identity.appId, instance: hostname(), type: "log", ver: identity.version };
  const writeRecord = (level: LogLevel, scope: string, message: string, fields: LogFields | undefined): void =>
    add(format({ level: levelNames[level], time: logTime(), ...base, scope, ...plainFields(fields), msg: message }));
  const least = levels.indexOf(options.level);
  const method = (level: LogLevel, scope: string): Logger["info"] =>
    levels.indexOf(level) < least ? nothing : (message, fields) => writeRecord(level, scope, message, fields);

  return {
    scope: (name) => ({
      debug: method("debug", name),
      info: method("info", name),
      warn: method("warn", name),
      error: method("error", name),
    }),
    fatal(name, message, fields) {
      writeRecord("fatal", name, message, fields);
      finish();
    },
    flush() {
      finish();
      return Promise.resolve();
    },
  };
}

/** Of the logs with lines since they were last finished. One listener serves all: a process may open many. */
const unfinished = new Set<() => void>();
let isListening = false;

function finishAtExit(finish: () => void): void {
  unfinished.add(finish);
  if (isListening) return;
  isListening = true;
  process.once("exit", () => {
    for (const each of unfinished) each();
  });
}

const nothing = (): void => {};
const levels: readonly LogLevel[] = ["debug", "info", "warn", "error", "fatal"];

/** Dapr writes the fourth level out. */
const levelNames: Record<LogLevel, LogRecord["level"]> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
  fatal: "fatal",
};

/** The fields as JSON can hold them: errors by their message, without what has no value. */
function plainFields(fields: LogFields | undefined): LogFields | undefined {
  if (fields === undefined) return undefined;
  const plain: Record<string, unknown> = {};
  for (const name in fields) {
    const value = plainValue(fields[name]);
    if (value !== undefined) plain[name] = value;
  }
  return plain;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object") return typeof value === "function" || typeof value === "symbol" ? undefined : value;
  try {
    JSON.stringify(value);
    return value;
  } catch (error) {
    return `(${error instanceof Error ? error.message.split("\n", 1)[0] : "not shown"})`;
  }
}
