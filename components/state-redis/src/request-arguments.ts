import { ComponentError, type DeleteRequest, type Metadata, type SetRequest } from "@trilby/kit";

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
  const text = metadata["ttlInSeconds"];
  if (text === undefined || text === "") return storeWide === undefined ? "" : String(storeWide);
  const seconds = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(seconds))
    throw new ComponentError("invalid-argument", `ttlInSeconds must be an integer, but is ${JSON.stringify(text)}`);
  if (seconds > longestSeconds)
    throw new ComponentError("invalid-argument", `ttlInSeconds must be at most ${longestSeconds}, but is ${text}`);
  return seconds > 0 ? String(seconds) : "0";
}

/** About 285,000 years. Redis counts milliseconds in 64 bits. */
const longestSeconds = Number.MAX_SAFE_INTEGER / 1_000 - 1;

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
