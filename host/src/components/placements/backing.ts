import type { InstanceOf, Kind } from "@trilby/kit";

/** One opened instance of a component, wherever it runs. It is used until it is lost or closed, then another is opened. */
export interface Backing<K extends Kind = Kind> {
  readonly instance: InstanceOf[K];
  readonly features: readonly string[];
  /** Resolves when what is behind the instance is gone. Never, in this process. */
  readonly lost: Promise<unknown>;
  /** Why it was lost, in words for people; may be known a moment later. */
  reason(): Promise<string>;
  /** Closes the instance and frees what is behind it. Idempotent; does not reject. */
  close(): Promise<void>;
}

/**
 * Opens a backing within the component's time limit, or rejects and leaves nothing behind. The signal is aborted when the
 * host stops. Called again after each loss.
 */
export type Opener<K extends Kind = Kind> = (signal: AbortSignal) => Promise<Backing<K>>;

/** What every opener needs to know of the component it opens. */
export interface OpenerSettings {
  /** `metadata.name`. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Bindings: the halves that are wanted; absent: all there are. */
  readonly directions: readonly ("input" | "output")[] | undefined;
  /** Time limit of the component itself, from the first call to Init's answer. */
  readonly initTimeoutMs: number;
}

/** The same signal, aborted with a `TimeoutError` after so long. */
export function limited(signal: AbortSignal, timeoutMs: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}
