/**
 * The bytes of one body, copied out of what the socket reads into. A length that was announced is taken at its word up to a
 * megabyte; beyond that memory grows with what came.
 */
export class GatheredBody {
  readonly #announcedBytes: number;
  #bytes: Buffer = empty;
  #used = 0;

  /** Negative: not announced. */
  constructor(announcedBytes: number) {
    this.#announcedBytes = announcedBytes;
  }

  get byteCount(): number {
    return this.#used;
  }

  add(piece: Uint8Array): void {
    const needed = this.#used + piece.length;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#bytes.set(piece, this.#used);
    this.#used = needed;
  }

  /** Not to be used any more after this. */
  take(): Uint8Array {
    const bytes = this.#bytes;
    if (this.#used === bytes.length) return bytes;
    // Not much more is held than was asked for.
    return this.#used * 4 < bytes.length * 3
      ? Buffer.from(bytes.subarray(0, this.#used))
      : bytes.subarray(0, this.#used);
  }

  #grow(needed: number): void {
    const announced = this.#announcedBytes;
    let size = needed;
    if (announced >= needed) size = Math.min(announced, Math.max(needed * 2, trustedBytes));
    else if (this.#used > 0) size = Math.max(needed, this.#bytes.length * 2);
    const larger = Buffer.allocUnsafe(size);
    if (this.#used > 0) larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }
}

const trustedBytes = 1024 * 1024;
const empty = Buffer.alloc(0);
