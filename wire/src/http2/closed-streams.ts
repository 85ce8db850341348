/** How a stream ended: RFC 9113, section 5.1, says what a late frame on it means. */
export const ClosedBy = { UNKNOWN: 0, END_STREAM: 1, PEER_RESET: 2, OUR_RESET: 3 } as const;

const REMEMBERED = 64;

/** Remembers how the last streams of a connection ended. */
export class ClosedStreams {
  readonly #ids: number[] = [];
  readonly #reasons: number[] = [];
  #next = 0;

  add(streamId: number, reason: number): void {
    const next = this.#next;
    this.#ids[next] = streamId;
    this.#reasons[next] = reason;
    this.#next = (next + 1) % REMEMBERED;
  }

  find(streamId: number): number {
    const index = this.#ids.indexOf(streamId);
    return index < 0 ? ClosedBy.UNKNOWN : this.#reasons[index]!;
  }
}
