import type { Log, LogFields } from "@trilby/host";

/** What the host logged. */
export interface RecordedLine {
  readonly level: "debug" | "info" | "warn" | "error" | "fatal";
  /** The part of the host, for example `dapr.runtime`. */
  readonly scope: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

const mostLines = 10_000;

/** A log that keeps its last lines for assertions instead of filling the test's output. */
export function recordedLog(): { readonly log: Log; readonly lines: readonly RecordedLine[] } {
  const lines: RecordedLine[] = [];
  const writer =
    (level: RecordedLine["level"], scope: string) =>
    (message: string, fields?: LogFields): void => {
      if (lines.length === mostLines) lines.shift();
      lines.push({ level, scope, message, fields });
    };
  const log: Log = {
    scope: (name) => ({
      debug: writer("debug", name),
      info: writer("info", name),
      warn: writer("warn", name),
      error: writer("error", name),
    }),
    fatal: (scope, message, fields) => writer("fatal", scope)(message, fields),
    flush: () => Promise.resolve(),
  };
  return { log, lines };
}
