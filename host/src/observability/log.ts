import type { Logger } from "@trilby/kit";

/** Logs in Dapr's schema. `scope` gives a logger for one part, for example `dapr.runtime.http`. */
export interface Log {
  scope(name: string): Logger;
  /** Writes out what is buffered; before the process ends. */
  flush(): Promise<void>;
}
