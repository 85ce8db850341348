/** Bytes before each message: one that says whether it is compressed, four of length ("gRPC over HTTP/2", `Length-Prefixed-Message`). */
export const prefixBytes = 5;

/** Never changed by anybody: short messages of the same length share it. */
export function messagePrefix(length: number, compressed = false): Uint8Array {
  if (length >= sharedLengths || compressed) return makePrefix(length, compressed);
  return (shared[length] ??= makePrefix(length, false));
}

const sharedLengths = 4096;
const shared: (Uint8Array | undefined)[] = Array.from({ length: sharedLengths }, () => undefined);

function makePrefix(length: number, compressed: boolean): Uint8Array {
  const prefix = new Uint8Array(prefixBytes);
  prefix[0] = compressed ? 1 : 0;
  prefix[1] = length >>> 24;
  prefix[2] = length >>> 16;
  prefix[3] = length >>> 8;
  prefix[4] = length;
  return prefix;
}
