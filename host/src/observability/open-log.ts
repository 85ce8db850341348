import { openSync } from "node:fs";
import { hostname } from "node:os";
import { isatty } from "node:tty";
import type { Logger } from "@trilby/kit";

import type { HostOptions, LogLevel } from "../options/options.ts";
import { jsonFormat, logTime, terminalFormat, textFormat, type LineLevel } from "./log-line.ts";
import { lineWriter } from "./line-writer.ts";
import type { Log, LogFields } from "./log.ts";

const standardOutput = 1;
const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 };

/**
 * Opens the log: standard output, or a file that is appended to. The lines of one turn of the event loop go out in one
 * write, so a burst of lines costs one system call. Logging never throws: a reader that went away loses the lines.
 */
export function openLog(options: HostOptions["log"], identity: { appId: string; version: string }): Log {
  const writer = lineWriter(options.file === undefined ? standardOutput : openSync(options.file, "a", 0o644));
  const terminal = options.file === undefined && isatty(standardOutput);
  const line = { ...identity, instance: hostname() };
  const format = options.json ? jsonFormat(line) : terminal ? terminalFormat(line) : textFormat(line);
  const least = severity[options.level];

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

  const write = (level: LineLevel, scope: string, message: string, fields: LogFields | undefined): void => {
    if (buffered === "") setImmediate(writeBuffered).unref();
    buffered += format(level, scope, logTime(), message, fields);
  };

  const scope = (name: string): Logger => ({
    debug: least > 0 ? ignore : (message, fields) => write("debug", name, message, fields),
    info: least > 1 ? ignore : (message, fields) => write("info", name, message, fields),
    warn: least > 2 ? ignore : (message, fields) => write("warning", name, message, fields),
    error: least > 3 ? ignore : (message, fields) => write("error", name, message, fields),
  });

  return {
    scope,
    fatal(name, message, fields) {
      write("fatal", name, message, fields);
      finish();
    },
    flush() {
      finish();
      return Promise.resolve();
    },
  };
}

function ignore(): void {}
