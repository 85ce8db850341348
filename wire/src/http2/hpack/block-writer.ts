import { huffmanBytes, writeHuffman } from "./huffman-encoder.ts";

/** Writes the two primitive types of RFC 7541, section 5, one after another into memory that is used again. */
export class BlockWriter {
  #bytes = Buffer.allocUnsafeSlow(usualBytes);
  #length = 0;

  start(): void {
    this.#length = 0;
    // One that was large once does not stay.
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(usualBytes);
  }

  /** What was written since `start`, valid until the next one. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** What was written since `start`, to keep. */
  copy(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Section 5.1. `flags` are the bits of the first byte in front of the integer, `mask` covers the integer's. */
  integer(flags: number, mask: number, value: number): void {
    this.#reserve(6);
    if (value < mask) {
      this.#bytes[this.#length++] = flags | value;
      return;
    }
    this.#bytes[this.#length++] = flags | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** Section 5.2. A character is a byte. */
  string(text: string): void {
    const { length } = text;
    this.integer(0, 0x7f, length);
    this.#reserve(length);
    if (length > longText) {
      this.#length += this.#bytes.write(text, this.#length, "latin1");
      return;
    }
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < length; index++) bytes[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  /** The same in Huffman code where that is shorter. */
  shortString(text: string): void {
    const length = huffmanBytes(text);
    if (length >= text.length) return this.string(text);
    this.integer(0x80, 0x7f, length);
    this.#reserve(length);
    this.#length = writeHuffman(text, this.#bytes, this.#length);
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const usualBytes = 4_096;
const keptBytes = 65_536;
/** From here on a call into native code is cheaper than a loop. */
const longText = 32;
