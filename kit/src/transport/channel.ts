import type { Cancellation } from "@trilby/wire/cancellation";
import type { ClientStream, RpcMetadata } from "@trilby/wire/grpc";

export type { ClientStream, RpcMetadata } from "@trilby/wire/grpc";

/**
 * The client half of the transport: gRPC calls as bytes. Kit, host and conformance speak only to this interface, so the
 * implementation behind it can be replaced.
 */
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
