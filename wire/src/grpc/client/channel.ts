import type { Cancellation } from "../cancellation.ts";
import type { RpcMetadata } from "../status.ts";

/** gRPC calls to one peer, over one connection. */
export interface Channel {
  /** One request, one response. Rejects with `RpcError`. */
  unary(path: string, request: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  /** Opens a stream that both sides write to. */
  stream(path: string, options?: CallOptions): ClientStream;
  /** Resolves when the peer takes calls, rejects with `RpcError` UNAVAILABLE after the deadline. */
  ready(timeoutMs: number): Promise<void>;
  /** Cancels calls under way and closes the connection. Idempotent. */
  close(): void;
}

export interface CallOptions {
  /** Calls that often carry the same metadata pass the same array: then it is encoded once. */
  readonly metadata?: RpcMetadata | undefined;
  /** Milliseconds from now; absent means none. Sent to the peer as the call's deadline. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Instead of a signal, or beside it. */
  readonly cancellation?: Cancellation | undefined;
  /** Called once with the response's headers, before the response is handed out. */
  readonly onHeaders?: ((headers: RpcMetadata) => void) | undefined;
  /** Called once with the trailers of a call that ended with OK; an error carries its own. */
  readonly onTrailers?: ((trailers: RpcMetadata) => void) | undefined;
  /** Wait for a connection instead of failing at once with UNAVAILABLE. */
  readonly waitForReady?: boolean | undefined;
}

export interface ClientStream {
  /** Resolves when the message was taken and there is room for the next one: await it, and nothing piles up. */
  send(message: Uint8Array): Promise<void>;
  /** No more messages from this side. */
  end(): void;
  /** Ends the call at once, both ways. */
  cancel(): void;
  /** The peer's messages in order, one at a time: the next is asked for when the loop comes back. Throws `RpcError` unless the peer ended with OK. */
  readonly messages: AsyncIterable<Uint8Array>;
}
