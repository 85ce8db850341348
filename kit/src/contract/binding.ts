import type { Call, Instance, Metadata } from "./call.ts";

export interface InvokeRequest {
  /** One of `operations`; the kit refuses others before they reach the instance. */
  readonly operation: string;
  readonly data: Uint8Array;
  readonly metadata: Metadata;
}

export interface InvokeResult {
  readonly data?: Uint8Array | undefined;
  readonly metadata?: Metadata | undefined;
  readonly contentType?: string | undefined;
}

export interface BindingEvent {
  readonly data: Uint8Array;
  readonly metadata: Metadata;
  readonly contentType?: string | undefined;
}

/**
 * Hands one event to the application. Resolves to what the application answered (may be empty): acknowledge it. Rejects:
 * do not acknowledge; code `cancelled` as for `Deliver` of pub/sub.
 */
export type DeliverEvent = (event: BindingEvent) => Promise<Uint8Array>;

export interface Reader {
  /** Stops taking events and waits for those under way. Idempotent. */
  close(): Promise<void>;
}

/**
 * A link to an outside system, in one or both directions: `invoke` with `operations` (output), `read` (input). The
 * runtime opens an instance for the directions it wants; `context.directions` names them.
 */
export interface Binding extends Instance {
  /** Known right after `open` and fixed. Present exactly with `invoke`. */
  readonly operations?: readonly string[];
  /** May be called concurrently. Resolves to undefined when there is nothing to answer. */
  invoke?(request: InvokeRequest, call?: Call): Promise<InvokeResult | undefined>;

  /** Starts delivering; resolves at once or when the source accepted. `deliver` may be called concurrently, bounded. */
  read?(deliver: DeliverEvent): Promise<Reader>;
}
