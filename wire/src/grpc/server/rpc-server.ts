import type { Socket } from "node:net";
import type { Cancellation } from "../cancellation.ts";
import type { RpcMetadata } from "../status.ts";

/** Register everything, then listen. */
export interface RpcServer {
  unary(path: string, handler: UnaryHandler): void;
  stream(path: string, handler: StreamHandler): void;
  /** Methods that are not registered; absent, they answer UNIMPLEMENTED. */
  fallback(handler: StreamHandler): void;
  /** Resolves to where it listens. A port of 0 picks a free one. May be called for several addresses. */
  listen(address: ListenAddress): Promise<ListenAddress>;
  /** Serves a connection that somebody else accepted, with TLS if the server has it. */
  accept(socket: Socket): void;
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
  /** The same at less cost. */
  readonly cancellation: Cancellation;
  /** Unix milliseconds. */
  readonly deadline: number | undefined;
  /** Sends response headers; at most once, before the first message. */
  sendHeaders(headers: RpcMetadata): void;
  setTrailers(trailers: RpcMetadata): void;
}

/**
 * Resolves to the response. Throwing `RpcError` sends its status; anything else becomes UNKNOWN with its message. The request may be a
 * view of what the socket read, up to 64 KiB: whoever keeps a small one for long copies it.
 */
export type UnaryHandler = (request: Uint8Array, call: ServerCall) => Promise<Uint8Array> | Uint8Array;

/** The stream ends with OK when the handler resolves, with the error's status when it rejects. */
export type StreamHandler = (stream: ServerStream, call: ServerCall) => Promise<void>;

export interface ServerStream {
  /** In order, one at a time: the next is asked for when the loop comes back. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Resolves when there is room for the next message. Rejects when the caller is gone. */
  send(message: Uint8Array): Promise<void>;
}
