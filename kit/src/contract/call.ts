import type { Cancellation } from "@trilby/wire/cancellation";

/** String pairs that travel with a request or a message. Keys are case-sensitive unless a member says otherwise. */
export type Metadata = Readonly<Record<string, string>>;

/** What a caller tells about one call. Absent means: no deadline, not cancellable. */
export interface Call {
  /** Aborted when the caller no longer waits. A write that was already sent to the backend may still take effect. */
  readonly signal?: AbortSignal | undefined;
  /** The same at less cost, where the caller has it: `signal` is then made when it is first asked for. */
  readonly cancellation?: Cancellation | undefined;
}

/** What every opened component instance can do, whatever its kind. */
export interface Instance {
  /**
   * Features of this instance, when they depend on the backend that was found at `open` (a Redis with or without its
   * query module). Absent means: those of the declaration. Fixed for the life of the instance.
   */
  readonly features?: readonly string[];

  /** Resolves when the backend answers. Absent means the component has nothing to ask (Ping answers UNIMPLEMENTED). */
  ping?(call?: Call): Promise<void>;

  /**
   * Stops taking work, finishes what is under way, frees connections and timers. Called once. No other method is called
   * afterwards: the kit answers those calls with a `closed` error before they reach the instance.
   */
  close(): Promise<void>;
}
