import type { Logger } from "@trilby/kit";

/** Logs in Dapr's schema. `scope` gives a logger for one part, for example `dapr.runtime.http`. */
export interface Log {
  scope(name: string): Logger;
  /** Writes a last line of level fatal and everything before it. Ending the process is the caller's. */
  fatal(scope: string, message: string, fields?: LogFields): void;
  /** Writes out what is buffered; before the process ends. */
  flush(): Promise<void>;
}

export type LogFields = Readonly<Record<string, unknown>>;
