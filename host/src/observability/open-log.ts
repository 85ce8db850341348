import { openSync } from "node:fs";
import { hostname } from "node:os";
import { isatty } from "node:tty";
import type { Logger } from "@trilby/kit";
import { pino } from "pino";

import type { HostOptions, LogLevel } from "../options/options.ts";
import { terminalFormat, textLine, type LogRecord } from "./log-line.ts";
import { lineWriter } from "./line-writer.ts";
import { logTime } from "./log-time.ts";
import type { Log, LogFields } from "./log.ts";

const standardOutput = 1;

/**
 * Opens the log: standard output, or a file that is appended to. pino makes the records; the lines of one turn of the
 * event loop go out in one write, so a burst of lines costs one system call. Logging never throws: a reader that went
 * away loses the lines.
 */
export function openLog(options: HostOptions["log"], identity: { appId: string; version: string }): Log {
  const writer = lineWriter(options.file === undefined ? standardOutput : openSync(options.file, "a", 0o644));
  const terminal = options.file === undefined && isatty(standardOutput);
  const format = terminal ? terminalFormat() : textLine;

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
  };
  process.once("exit", finish);

  const add = (line: string): void => {
    if (buffered === "") setImmediate(writeBuffered).unref();
    buffered += line;
  };
  const root = pino(
    {
      level: options.level,
      messageKey: "msg",
      base: { app_id: identity.appId, instance: hostname(), type: "log", ver: identity.version },
      timestamp: () => `,"time":"${logTime()}"`,
      formatters: { level: (label) => ({ level: levelNames[label as LogLevel] }), log: withoutErrors },
    },
    { write: options.json ? add : (line: string) => add(format(JSON.parse(line) as LogRecord)) },
  );

  const scope = (name: string): Logger => {
    const child = root.child({ scope: name });
    return {
      debug: (message, fields) => child.debug(fields ?? noFields, message),
      info: (message, fields) => child.info(fields ?? noFields, message),
      warn: (message, fields) => child.warn(fields ?? noFields, message),
      error: (message, fields) => child.error(fields ?? noFields, message),
    };
  };

  return {
    scope,
    fatal(name, message, fields) {
      root.child({ scope: name }).fatal(fields ?? noFields, message);
      finish();
    },
    flush() {
      finish();
      return Promise.resolve();
    },
  };
}

const noFields: LogFields = {};

/** Dapr writes the fourth level out. */
const levelNames: Record<LogLevel, string> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
  fatal: "fatal",
};

/** An error as a field is its message. */
function withoutErrors(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name in fields) {
    if (!(fields[name] instanceof Error)) continue;
    return Object.fromEntries(
      Object.entries(fields).map(([each, value]) => [each, value instanceof Error ? value.message : value]),
    );
  }
  return fields;
}
