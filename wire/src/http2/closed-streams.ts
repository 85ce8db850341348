/** How a stream ended: RFC 9113, section 5.1, says what a late frame on it means. */
export const ClosedBy = { UNKNOWN: 0, END_STREAM: 1, PEER_RESET: 2, OUR_RESET: 3 } as const;

const REMEMBERED = 64;

/** Remembers how the last streams of a connection ended. */
export class ClosedStreams {
  /** Identifier times four, and the reason. */
  readonly #entries: number[] = [];
  #next = 0;

  add(streamId: number, reason: number): void {
    this.#entries[this.#next] = streamId * 4 + reason;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  find(streamId: number): number {
    const from = streamId * 4;
    for (const entry of this.#entries) if (entry > from && entry < from + 4) return entry - from;
    return ClosedBy.UNKNOWN;
  }
}
