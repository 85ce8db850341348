import { ComponentError, stateTtlSeconds, type DeleteRequest, type Metadata, type SetRequest } from "@trilby/kit";

/** "0" for none. Etags are versions, which are integers. */
export function expectedVersion({ etag, options }: SetRequest): string {
  if (etag === undefined || options.concurrency === "last-write") return "0";
  if (/^[1-9]\d{0,14}$/.test(etag)) return etag;
  if (!/^[+-]?\d+$/.test(etag))
    throw new ComponentError("etag-invalid", "The etag is not a number, as those of Redis are");
  const version = BigInt(etag);
  if (BigInt.asIntN(64, version) === version) return String(version);
  throw new ComponentError("etag-invalid", "The etag is larger than those of Redis can be");
}

export function expectedByDelete({ etag }: DeleteRequest): string {
  return etag ?? "0";
}

/** Seconds as the scripts take them: "" leaves an expiry as it is, 0 and less take it away. */
export function secondsToLive(metadata: Metadata, storeWide: number | undefined): string {
  return String(stateTtlSeconds(metadata) ?? storeWide ?? "");
}

export const isJson = (metadata: Metadata): boolean => metadata["contentType"] === "application/json";

/** The value's text when it is JSON, which a document needs; else undefined. */
export function jsonText(value: Uint8Array): string | undefined {
  const text = asBuffer(value).toString("utf8");
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

/** The client library sends a Buffer as bytes and anything else as text. */
export function asBuffer(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
