import { compressionError } from "./compression-error.ts";
import { decodeHuffman } from "./huffman-decoder.ts";

/** Reads the two primitive types of RFC 7541, section 5, one after another. */
export class BlockReader {
  bytes: Buffer = none;
  position = 0;

  start(bytes: Uint8Array): void {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.position = 0;
  }

  /** Lets go of the block, which is a view of something larger. */
  end(): void {
    this.bytes = none;
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /** Section 5.1. `mask` covers the bits of the first byte that belong to the integer. */
  integer(mask: number): number {
    const { bytes } = this;
    if (this.position >= bytes.length) throw compressionError("it ends within a field");
    let value = bytes[this.position++]! & mask;
    if (value < mask) return value;
    // Four more bytes hold 28 bits: more than any length or index, and zeros may not go on for ever.
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.position >= bytes.length) throw compressionError("it ends within an integer");
      const byte = bytes[this.position++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw compressionError("an integer is too large");
  }

  /** Section 5.2. */
  string(): string {
    const huffman = this.position < this.bytes.length && this.bytes[this.position]! >= 0x80;
    const length = this.integer(0x7f);
    const start = this.position;
    const end = start + length;
    if (end > this.bytes.length) throw compressionError("it ends within a string");
    this.position = end;
    if (length === 0) return "";
    return huffman ? decodeHuffman(this.bytes, start, end) : this.bytes.toString("latin1", start, end);
  }
}

const none = Buffer.alloc(0);
