import type { Http2ClientOptions, Http2ServerOptions } from "../../src/http2/index.ts";

/** What lives in the process, after a garbage collection. */
export interface Memory {
  readonly liveBytes: number;
  readonly connections: number;
  readonly streams: number;
  /** So far. */
  readonly requests: number;
}

export type ToVictim =
  | { readonly kind: "serve"; readonly options: Http2ServerOptions }
  | {
      readonly kind: "call";
      readonly port: number;
      readonly times: number;
      /** Requests that never end. */
      readonly open: boolean;
      /** Gives what comes back to the windows. */
      readonly consumes: boolean;
      readonly options: Http2ClientOptions;
    }
  /** From now on its peak is kept. */
  | { readonly kind: "watch" }
  | { readonly kind: "memory" };

export type FromVictim =
  | { readonly kind: "serving"; readonly port: number }
  | {
      readonly kind: "called";
      /** `ended`, or whose fault and which code. */
      readonly ending: string;
      readonly message: string;
      /** Of the streams. */
      readonly endings: readonly string[];
    }
  | { readonly kind: "memory"; readonly memory: Memory; readonly peak: Memory }
  /** An exception that nobody caught, or a warning. */
  | { readonly kind: "escaped"; readonly what: string };
