/** Small frames of one loop turn are gathered in buffers of this size. */
export const POOLED_BUFFER_BYTES = 65_536;

const MAX_POOLED = 32;
const free: Uint8Array[] = [];

/** Shared by all connections of the process: an idle one holds none. */
export function takeBuffer(): Uint8Array {
  return free.pop() ?? Buffer.allocUnsafeSlow(POOLED_BUFFER_BYTES);
}

/** Only when nobody reads or writes it any more, the kernel included. */
export function returnBuffer(buffer: Uint8Array): void {
  if (free.length < MAX_POOLED) free.push(buffer);
}
