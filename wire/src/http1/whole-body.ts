import type { BodySink } from "./body-reader.ts";

/** Gathers a body. One that comes in one piece is that piece, a view of what was read; others are copied once where their length is known. */
export class WholeBody implements BodySink {
  /** So far. */
  byteCount = 0;
  readonly #length: number;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;
  #room: Buffer | undefined;
  /** Small pieces that are not among `#more` yet. */
  #small: Buffer | undefined;
  #smallBytes = 0;

  /** `length`: as said by the head, below 0 when it is not known. */
  constructor(length: number) {
    this.#length = length;
  }

  bodyBytes(bytes: Buffer): void {
    const before = this.byteCount;
    this.byteCount = before + bytes.length;
    if (before === 0) this.#first = bytes;
    else if (this.#room !== undefined) bytes.copy(this.#room, before);
    else if (this.#more !== undefined) this.#add(this.#more, bytes);
    else if (this.byteCount <= this.#length && this.#length <= MOST_RESERVED_BYTES) {
      this.#room = Buffer.allocUnsafeSlow(this.#length);
      this.#first!.copy(this.#room, 0);
      bytes.copy(this.#room, before);
      this.#first = undefined;
    } else {
      this.#more = [];
      this.#add(this.#more, this.#first!);
      this.#add(this.#more, bytes);
      this.#first = undefined;
    }
  }

  /** What has come. Nothing may be added after. */
  take(): Buffer {
    if (this.#room !== undefined) return this.#room.subarray(0, this.byteCount);
    if (this.#more !== undefined) {
      this.#endSmall(this.#more);
      return Buffer.concat(this.#more, this.byteCount);
    }
    return this.#first ?? empty;
  }

  /** Small pieces are copied together: a body in chunks of one byte would be a hundred times as large as views of what was read. */
  #add(more: Buffer[], bytes: Buffer): void {
    if (bytes.length >= SMALL_BYTES) {
      this.#endSmall(more);
      more.push(bytes);
      return;
    }
    if (this.#small !== undefined && this.#smallBytes + bytes.length > this.#small.length) this.#endSmall(more);
    this.#small ??= Buffer.allocUnsafe(Math.min(2 * this.byteCount, SMALL_ROOM_BYTES));
    bytes.copy(this.#small, this.#smallBytes);
    this.#smallBytes += bytes.length;
  }

  #endSmall(more: Buffer[]): void {
    const small = this.#small;
    if (small === undefined || this.#smallBytes === 0) return;
    more.push(small.subarray(0, this.#smallBytes));
    // What is left of it is for the next ones.
    this.#small = small.length - this.#smallBytes < SMALL_BYTES ? undefined : small.subarray(this.#smallBytes);
    this.#smallBytes = 0;
  }
}

/** Nobody gets more than this for merely announcing it. */
const MOST_RESERVED_BYTES = 16 * 1024 * 1024;
const SMALL_BYTES = 2 * 1024;
const SMALL_ROOM_BYTES = 16 * 1024;
const empty = Buffer.alloc(0);
