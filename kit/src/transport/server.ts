import type { RpcMetadata } from "./channel.ts";

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

export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export interface ServerCall {
  readonly path: string;
  readonly metadata: RpcMetadata;
  /** First value of a text name, lower-case. */
  header(name: string): string | undefined;
  /** Aborted when the caller cancelled, its deadline passed or its connection is gone. Made when first asked for. */
  readonly signal: AbortSignal;
  /** Unix milliseconds. */
  readonly deadline: number | undefined;
  /** Sends response headers; at most once, before the first message. */
  sendHeaders(headers: RpcMetadata): void;
  setTrailers(trailers: RpcMetadata): void;
}

/** Resolves to the response. Throwing `RpcError` sends its status; anything else becomes UNKNOWN with its message. */
export type UnaryHandler = (request: Uint8Array, call: ServerCall) => Promise<Uint8Array> | Uint8Array;

/** The stream ends with OK when the handler resolves, with the error's status when it rejects. */
export type StreamHandler = (stream: ServerStream, call: ServerCall) => Promise<void>;

export interface ServerStream {
  readonly messages: AsyncIterable<Uint8Array>;
  /** Resolves when there is room for the next message. Rejects when the caller is gone. */
  send(message: Uint8Array): Promise<void>;
}
