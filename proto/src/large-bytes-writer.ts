import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** From here on a copy costs more than what it takes to do without. */
const largeBytes = 16 * 1024;

/** Copies large bytes of the message itself once, to where they end up. Those of messages within it go the usual way. */
export class LargeBytesWriter extends BinaryWriter {
  /** The most that the buffer had to hold of the last message. */
  bufferedBytes = 0;
  #depth = 0;
  /** What comes before the buffer's content: in turn what the buffer held, and large bytes. */
  #pieces: Uint8Array[] | undefined;

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
    const rest = super.finish();
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
}
