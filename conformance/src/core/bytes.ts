import assert from "node:assert/strict";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function text(data: Uint8Array): string {
  return decoder.decode(data);
}

/** Compares without printing megabytes, and without minding which kind of Uint8Array it is. */
export function sameBytes(actual: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  assert.ok(actual !== undefined, `${what} is missing`);
  const left = Buffer.from(actual.buffer, actual.byteOffset, actual.byteLength);
  const right = Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength);
  if (left.equals(right)) return;
  const at = right.findIndex((byte, index) => byte !== left[index]);
  const place = at < 0 ? right.length : at;
  assert.fail(
    `${what} has ${left.length} bytes and must have ${right.length}; they differ from byte ${place} on: ${shown(left, place)}, but must be ${shown(right, place)}`,
  );
}

function shown(data: Buffer, from: number): string {
  return JSON.stringify(data.subarray(from, from + 40).toString("latin1"));
}
