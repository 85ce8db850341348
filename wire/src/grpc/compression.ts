import { deflate, deflateSync, gunzip, gunzipSync, gzip, gzipSync, inflate, inflateSync } from "node:zlib";
import { RpcCode, RpcError } from "./status.ts";

/** How messages are compressed that say so in their prefix ("gRPC over HTTP/2", `Content-Coding`). */
export type MessageEncoding = "identity" | "gzip" | "deflate";

/** The value of `grpc-accept-encoding`: what we read. */
export const acceptedEncodings = "identity,deflate,gzip";

/** The value of `grpc-encoding`; undefined when we do not know it. Absent means identity. */
export function encodingNamed(value: string | undefined): MessageEncoding | undefined {
  if (value === undefined || value === "identity") return "identity";
  return value === "gzip" || value === "deflate" ? value : undefined;
}

/** Whether the value of `grpc-accept-encoding` names gzip. */
export function acceptsGzip(value: string | undefined): boolean {
  return value?.split(",").some((each) => each.trim() === "gzip") ?? false;
}

/** Small messages at once, others on another thread. */
export function compress(message: Uint8Array, encoding: "gzip" | "deflate"): Uint8Array | Promise<Uint8Array> {
  if (message.byteLength <= atOnceBytes) return encoding === "gzip" ? gzipSync(message) : deflateSync(message);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const work = encoding === "gzip" ? gzip : deflate;
  work(message, (error, result) => (error === null ? resolve(result) : reject(error)));
  return promise;
}

/**
 * Never makes more than `maxBytes`: what would be longer is given up on the way, with RESOURCE_EXHAUSTED. What becomes
 * large is inflated on another thread.
 */
export function decompress(
  message: Uint8Array,
  encoding: MessageEncoding,
  maxBytes: number,
): Uint8Array | Promise<Uint8Array> {
  if (encoding === "identity") {
    throw new RpcError(RpcCode.INTERNAL, "A message says that it is compressed and the call's headers do not say how");
  }
  if (message.byteLength > atOnceBytes) return decompressAside(message, encoding, maxBytes);
  const options = { maxOutputLength: Math.max(Math.min(maxBytes, atOnceBytes), 1) };
  try {
    const result = encoding === "gzip" ? gunzipSync(message, options) : inflateSync(message, options);
    return atMost(result, maxBytes);
  } catch (error) {
    if (isTooLong(error) && maxBytes > atOnceBytes) return decompressAside(message, encoding, maxBytes);
    throw decompressionError(error, maxBytes);
  }
}

const atOnceBytes = 32 * 1024;

function decompressAside(message: Uint8Array, encoding: "gzip" | "deflate", maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const work = encoding === "gzip" ? gunzip : inflate;
  // Zero would be the same as no limit at all.
  work(message, { maxOutputLength: Math.max(maxBytes, 1) }, (error, result) => {
    if (error !== null) reject(decompressionError(error, maxBytes));
    else resolve(result);
  });
  return promise.then((result) => atMost(result, maxBytes));
}

function atMost(result: Uint8Array, maxBytes: number): Uint8Array {
  if (result.byteLength > maxBytes) throw tooLarge(maxBytes);
  return result;
}

function decompressionError(error: unknown, maxBytes: number): RpcError {
  if (error instanceof RpcError) return error;
  if (isTooLong(error)) return tooLarge(maxBytes);
  return new RpcError(RpcCode.INTERNAL, "A message could not be decompressed", { cause: error });
}

function tooLarge(maxBytes: number): RpcError {
  return new RpcError(RpcCode.RESOURCE_EXHAUSTED, `A decompressed message has more than ${maxBytes} bytes`);
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
