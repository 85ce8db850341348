import { TOKEN } from "./characters.ts";

/** The names that decide how a message is read come first; their places are `Decisive`. */
const names = [
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
  ..."accept accept-encoding accept-language access-control-request-headers access-control-request-method age allow".split(
    " ",
  ),
  ..."authorization baggage cache-control content-encoding content-language content-type cookie dapr-api-token".split(
    " ",
  ),
  ..."dapr-app-id date etag forwarded grpc-trace-bin http2-settings if-match if-modified-since if-none-match".split(
    " ",
  ),
  ..."keep-alive last-modified location origin pragma proxy-connection range referer retry-after sec-fetch-mode".split(
    " ",
  ),
  ..."server set-cookie te traceparent tracestate trailer upgrade upgrade-insecure-requests user-agent vary via".split(
    " ",
  ),
  ..."www-authenticate x-forwarded-for x-forwarded-host x-forwarded-proto x-powered-by x-request-id".split(" "),
];

export const Decisive = { HOST: 0, CONTENT_LENGTH: 1, TRANSFER_ENCODING: 2, CONNECTION: 3, EXPECT: 4 } as const;
export const DECISIVE_COUNT = 5;

/** By number, see `knownName`: no text is made for these. */
export const KNOWN_NAMES: readonly string[] = names;

/** A step of the hash over a name's lower-case bytes, which begins with 0. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** The number of the known name with that hash that stands between `from` and `to` in any case; -1: none. */
export function knownName(hash: number, bytes: Uint8Array, from: number, to: number): number {
  for (let slot = hash & MASK; ; slot = (slot + 1) & MASK) {
    const number = slots[slot]!;
    if (number < 0) return -1;
    if (isName(nameBytes[number]!, bytes, from, to)) return number;
  }
}

const MASK = 255;
const slots = new Int16Array(MASK + 1).fill(-1);
const nameBytes = names.map((name) => Buffer.from(name, "latin1"));

for (const [number, bytes] of nameBytes.entries()) {
  let slot = bytes.reduce(hashStep, 0) & MASK;
  while (slots[slot]! >= 0) slot = (slot + 1) & MASK;
  slots[slot] = number;
}

function isName(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let index = 0; index < name.length; index++) if (TOKEN[bytes[from + index]!] !== name[index]) return false;
  return true;
}
