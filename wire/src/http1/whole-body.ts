import type { BodySink } from "./body-reader.ts";

/** Gathers a body. One that comes in one piece is that piece, a view of what was read; others are copied once where their length is known. */
export class WholeBody implements BodySink {
  /** So far. */
  byteCount = 0;
  readonly #length: number;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;
  #room: Buffer | undefined;

  /** `length`: as said by the head, below 0 when it is not known. */
  constructor(length: number) {
    this.#length = length;
  }

  bodyBytes(bytes: Buffer): void {
    const before = this.byteCount;
    this.byteCount = before + bytes.length;
    if (before === 0) this.#first = bytes;
    else if (this.#room !== undefined) bytes.copy(this.#room, before);
    else if (this.#more !== undefined) this.#more.push(bytes);
    else if (this.byteCount <= this.#length && this.#length <= MOST_RESERVED_BYTES) {
      this.#room = Buffer.allocUnsafeSlow(this.#length);
      this.#first!.copy(this.#room, 0);
      bytes.copy(this.#room, before);
      this.#first = undefined;
    } else this.#more = [this.#first!, bytes];
  }

  /** What has come. Nothing may be added after. */
  take(): Buffer {
    if (this.#room !== undefined) return this.#room.subarray(0, this.byteCount);
    if (this.#more !== undefined) return Buffer.concat(this.#more, this.byteCount);
    return this.#first ?? empty;
  }
}

/** Nobody gets more than this for merely announcing it. */
const MOST_RESERVED_BYTES = 16 * 1024 * 1024;
const empty = Buffer.alloc(0);
