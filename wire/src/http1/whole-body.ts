import type { BodySink } from "./body-reader.ts";

/** Gathers copies of a body's pieces: once copied where the length is known, twice elsewhere. */
export class WholeBody implements BodySink {
  /** So far. */
  byteCount = 0;
  readonly #length: number;
  #room: Buffer | undefined;
  readonly #pieces: Buffer[] = [];
  /** Small pieces that are not among `#pieces` yet. */
  #small: Buffer | undefined;
  #smallBytes = 0;

  /** `length`: as said by the head, below 0 when it is not known. No more than that may be added. */
  constructor(length: number) {
    this.#length = length;
  }

  bodyBytes(bytes: Buffer): void {
    if (this.byteCount === 0 && this.#length > 0 && this.#length <= MOST_RESERVED_BYTES)
      this.#room = Buffer.allocUnsafeSlow(this.#length);
    if (this.#room !== undefined) bytes.copy(this.#room, this.byteCount);
    else this.#add(bytes);
    this.byteCount += bytes.length;
  }

  /** What has come. Nothing may be added after. */
  take(): Buffer {
    if (this.#room !== undefined) return this.#room.subarray(0, this.byteCount);
    this.#endSmall();
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.byteCount);
  }

  /** Small pieces are copied together: a body in chunks of one byte would be a hundred times as large as views of what was read. */
  #add(bytes: Buffer): void {
    if (bytes.length >= SMALL_BYTES) {
      this.#endSmall();
      this.#pieces.push(Buffer.from(bytes));
      return;
    }
    if (this.#small !== undefined && this.#smallBytes + bytes.length > this.#small.length) this.#endSmall();
    this.#small ??= Buffer.allocUnsafe(Math.min(2 * Math.max(this.byteCount, SMALL_BYTES), SMALL_ROOM_BYTES));
    bytes.copy(this.#small, this.#smallBytes);
    this.#smallBytes += bytes.length;
  }

  #endSmall(): void {
    const small = this.#small;
    if (small === undefined || this.#smallBytes === 0) return;
    this.#pieces.push(small.subarray(0, this.#smallBytes));
    // What is left of it is for the next ones.
    this.#small = small.length - this.#smallBytes < SMALL_BYTES ? undefined : small.subarray(this.#smallBytes);
    this.#smallBytes = 0;
  }
}

/** Nobody gets more than this for merely announcing it. */
const MOST_RESERVED_BYTES = 16 * 1024 * 1024;
const SMALL_BYTES = 2 * 1024;
const SMALL_ROOM_BYTES = 16 * 1024;
