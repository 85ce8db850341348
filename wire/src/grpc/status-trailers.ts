import type { HeaderField, HeaderList } from "../http2/header-list.ts";
import { decodeMetadata, encodeMetadata, unpadded } from "./metadata.ts";
import { RpcCode, RpcError } from "./status.ts";
import type { RpcMetadata } from "./status.ts";
import { decodeStatusMessage, encodeStatusMessage } from "./status-message.ts";

/**
 * The trailers for what a handler threw ("gRPC over HTTP/2", Responses: `Trailers`), before them `extra`. Never throws: it
 * is the last word of a call. What is no `RpcError` becomes UNKNOWN with its message.
 */
export function errorTrailers(error: unknown, extra: readonly HeaderField[] = []): HeaderField[] {
  const rpc = error instanceof RpcError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  const fields: HeaderField[] = [["grpc-status", String(rpc === undefined ? RpcCode.UNKNOWN : sendableCode(rpc.code))]];
  if (message !== "") fields.push(["grpc-message", encodeStatusMessage(cut(message))]);
  fields.push(...extra);
  if (rpc === undefined) return fields;
  try {
    fields.push(...encodeMetadata(rpc.trailers));
  } catch {
    // Names or values that HTTP/2 cannot carry must not cost the status.
  }
  const { details } = rpc;
  if (details !== undefined && details.byteLength <= maxDetailsBytes) {
    const bytes = Buffer.from(details.buffer, details.byteOffset, details.byteLength);
    fields.push([detailsTrailer, unpadded(bytes.toString("base64"))]);
  }
  return fields;
}

/** The same code, for a caller that takes no more than a few bytes of headers. */
export function withoutWords(error: unknown): RpcError {
  return new RpcError(
    error instanceof RpcError ? error.code : RpcCode.UNKNOWN,
    "the rest is more than the caller takes",
  );
}

/** How a call ended, by its trailers; undefined for OK. Trailers without a status are an error too. */
export function trailersError(trailers: HeaderList): RpcError | undefined {
  const status = trailers.get("grpc-status");
  if (status === "0") return undefined;
  const metadata = trailersMetadata(trailers);
  if (status === undefined) {
    return new RpcError(RpcCode.UNKNOWN, "The peer ended the call without a status", { trailers: metadata });
  }
  const code = /^\d{1,9}$/.test(status) ? Number(status) : RpcCode.UNKNOWN;
  if (code === RpcCode.OK) return undefined;
  const details = trailers.get(detailsTrailer);
  return new RpcError(code, decodeStatusMessage(trailers.get("grpc-message") ?? ""), {
    trailers: metadata,
    ...(details !== undefined && { details: Buffer.from(details, "base64") }),
  });
}

/** The trailers that are not the protocol's own. */
export function trailersMetadata(trailers: HeaderList): RpcMetadata {
  return decodeMetadata(trailers.fields);
}

/** The trailer that carries a serialised `google.rpc.Status`. */
const detailsTrailer = "grpc-status-details-bin";
// Trailers travel in one header block, for which many peers have 64 KiB; a status that does not fit would be lost whole.
// Counted in characters, of which one takes at most nine bytes, and in bytes before base64: both together always fit.
const maxMessageLength = 2048;
const maxDetailsBytes = 32 * 1024;

function cut(message: string): string {
  return message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}...` : message;
}

/** An error with the code of success would end the call well without an answer. */
function sendableCode(code: number): number {
  return Number.isInteger(code) && code > 0 ? code : RpcCode.UNKNOWN;
}
