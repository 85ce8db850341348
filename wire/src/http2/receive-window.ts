/** What the peer may send (RFC 9113, section 6.9), of a connection or of a stream. */
export class ReceiveWindow {
  readonly #wholeBytes: number;
  #leftBytes: number;
  /** Consumed, and not told to the peer yet. */
  #creditBytes = 0;

  constructor(bytes: number) {
    this.#wholeBytes = bytes;
    this.#leftBytes = bytes;
  }

  /** False: more than was allowed. */
  take(byteCount: number): boolean {
    this.#leftBytes -= byteCount;
    return this.#leftBytes >= 0;
  }

  /** The increment for a WINDOW_UPDATE; 0 until half of the window is to be given back: few frames, and the peer need not wait. */
  giveBack(byteCount: number): number {
    this.#creditBytes += byteCount;
    if (this.#creditBytes * 2 < this.#wholeBytes) return 0;
    const increment = this.#creditBytes;
    this.#creditBytes = 0;
    this.#leftBytes += increment;
    return increment;
  }
}
