import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** From here on a copy costs more than what it takes to do without. */
const largeBytes = 16 * 1024;

/** Smaller ones are kept by the JavaScript engine itself; those of larger ones are allocated alone. */
const smallBytes = 64;
const sharedBytes = 4096;

/** Messages lie side by side in memory of this size, because an allocation for each costs as much as all else. Who keeps one, keeps all this. */
const slabBytes = 16 * 1024;

/** Copies large bytes of the message itself once, to where they end up. Those of messages within it go the usual way. */
export class LargeBytesWriter extends BinaryWriter {
  /** The most that the buffer had to hold of the last message. */
  bufferedBytes = 0;
  #depth = 0;
  /** What comes before the buffer's content: in turn what the buffer held, and large bytes. */
  #pieces: Uint8Array[] | undefined;
  #slab: ArrayBuffer | undefined;
  #slabUsed = 0;

  override fork(): this {
    this.#depth++;
    return super.fork();
  }

  override join(): this {
    this.#depth--;
    return super.join();
  }

  override bytes(value: Uint8Array): this {
    if (value.length < largeBytes || this.#depth > 0) return super.bytes(value);
    this.uint32(value.length);
    (this.#pieces ??= []).push(super.finish(), value);
    return this;
  }

  override finish(): Uint8Array<ArrayBuffer> {
    const rest = this.#finishBuffer();
    this.bufferedBytes = rest.length;
    const pieces = this.#pieces;
    if (pieces === undefined) return rest;
    this.#pieces = undefined;
    pieces.push(rest);
    let byteCount = 0;
    for (const piece of pieces) byteCount += piece.length;
    const whole = new Uint8Array(byteCount);
    let at = 0;
    for (const [index, piece] of pieces.entries()) {
      whole.set(piece, at);
      at += piece.length;
      if (index % 2 === 0) this.bufferedBytes = Math.max(this.bufferedBytes, piece.length);
    }
    return whole;
  }

  #finishBuffer(): Uint8Array<ArrayBuffer> {
    // The library has no word for how much was written, nor a way to take it but a copy in memory of its own.
    const byteCount = this["pos"];
    if (byteCount <= smallBytes || byteCount > sharedBytes) return super.finish();
    if (this.#slab === undefined || this.#slabUsed + byteCount > slabBytes) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes).buffer;
      this.#slabUsed = 0;
    }
    const bytes = new Uint8Array(this.#slab, this.#slabUsed, byteCount);
    bytes.set(this["buffer"].subarray(0, byteCount));
    this.#slabUsed += byteCount;
    this["pos"] = 0;
    return bytes;
  }
}
