/** Small frames of one loop turn are gathered in buffers of these sizes: in a larger one when there are many. */
const SIZES = [2048, 32_768, 131_072] as const;
export const LARGEST_BUFFER_BYTES = SIZES[2];

/** So many of each size are kept, 6.5 MiB together. */
const MAX_FREE = [256, 64, 32] as const;
const free: readonly Uint8Array[][] = SIZES.map(() => []);

/** One with room for so many bytes, at most `LARGEST_BUFFER_BYTES`. Shared by all connections of the process: an idle one holds none. */
export function takeBuffer(byteCount: number): Uint8Array {
  const index = byteCount <= SIZES[0] ? 0 : byteCount <= SIZES[1] ? 1 : 2;
  return free[index]!.pop() ?? Buffer.allocUnsafeSlow(SIZES[index]);
}

/** Only when nobody reads or writes it any more, the kernel included. */
export function returnBuffer(buffer: Uint8Array): void {
  const index = buffer.length === SIZES[0] ? 0 : buffer.length === SIZES[1] ? 1 : 2;
  if (free[index]!.length < MAX_FREE[index]) free[index]!.push(buffer);
}
