import { Metadata } from "@grpc/grpc-js";
import { RpcError } from "../rpc-error.ts";
import type { RpcMetadata } from "../channel.ts";

/** The trailer that carries a serialised `google.rpc.Status`. */
const statusDetailsTrailer = "grpc-status-details-bin";
// Trailers travel in one header block, for which Node's peers have 64 KiB; a status that does not fit would be lost whole.
// Counted in characters, of which one takes at most nine bytes, and in bytes before base64: both together always fit.
const maxMessageLength = 2048;
const maxDetailsBytes = 32 * 1024;

// A caller that makes many calls with the same metadata passes the same array, so the conversion is done once.
const converted = new WeakMap<RpcMetadata, Metadata>();
const convertedWaiting = new WeakMap<RpcMetadata, Metadata>();
const none: RpcMetadata = [];

/** grpc-js copies what it gets, so the result may be shared by calls. */
export function requestMetadata(metadata: RpcMetadata = none, waitForReady: boolean): Metadata {
  const cache = waitForReady ? convertedWaiting : converted;
  let found = cache.get(metadata);
  if (found === undefined) {
    found = toGrpc(metadata);
    if (waitForReady) found.setOptions({ waitForReady: true });
    cache.set(metadata, found);
  }
  return found;
}

export function toGrpc(metadata: RpcMetadata): Metadata {
  const result = new Metadata();
  for (const [name, value] of metadata) result.add(name, typeof value === "string" ? value : asBuffer(value));
  return result;
}

export function fromGrpc(metadata: Metadata): RpcMetadata {
  const result: [string, string | Uint8Array][] = [];
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) result.push([name, value]);
  }
  return result;
}

export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata | null | undefined;
}

export function toRpcError({ code, details, metadata }: GrpcStatus): RpcError {
  const carried = metadata?.get(statusDetailsTrailer)[0];
  // A connection that closed between its choice and the call: nothing was sent, and a new attempt may succeed.
  const neverStarted = code === 13 && details.startsWith("Failed to start HTTP/2 stream");
  return new RpcError(neverStarted ? 14 : code, details, {
    ...(typeof carried === "object" && { details: carried }),
    ...(metadata && { trailers: fromGrpc(metadata).filter(([name]) => name !== statusDetailsTrailer) }),
  });
}

/** Never throws: it is the last word of a call. */
export function toGrpcStatus(error: unknown, trailers: Metadata | undefined): GrpcStatus {
  const metadata = trailers?.clone() ?? new Metadata();
  if (!(error instanceof RpcError)) {
    return { code: 2, details: sendable(error instanceof Error ? error.message : String(error)), metadata };
  }
  try {
    metadata.merge(toGrpc(error.trailers));
  } catch {
    // Names or values that HTTP/2 cannot carry must not cost the status.
  }
  if (error.details !== undefined && error.details.byteLength <= maxDetailsBytes) {
    metadata.set(statusDetailsTrailer, asBuffer(error.details));
  }
  return { code: error.code, details: sendable(error.message), metadata };
}

/** The same memory as a Buffer, which grpc-js wants. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Half a surrogate pair would make grpc-js throw while it writes the trailers. */
function sendable(message: string): string {
  return (message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}...` : message).toWellFormed();
}
