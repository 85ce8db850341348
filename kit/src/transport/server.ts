import type { ListenAddress, ServerCall, StreamHandler } from "@trilby/wire/grpc";

export type { ListenAddress, ServerCall, ServerStream, StreamHandler } from "@trilby/wire/grpc";

/** The server half of the transport. Register everything, then listen. */
export interface RpcServer {
  unary(path: string, handler: UnaryHandler): void;
  stream(path: string, handler: StreamHandler): void;
  /** Methods that are not registered; absent, they answer UNIMPLEMENTED. Requests and responses are raw frames. */
  fallback(handler: StreamHandler): void;
  /** Resolves to where it listens. A port of 0 picks a free one. May be called for several addresses. */
  listen(address: ListenAddress): Promise<ListenAddress>;
  /** Takes no new calls, lets those under way finish, for at most `timeoutMs`; then ends them. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/** Resolves to the response. Throwing `RpcError` sends its status; anything else becomes UNKNOWN with its message. */
export type UnaryHandler = (request: Uint8Array, call: ServerCall) => Promise<Uint8Array> | Uint8Array;
