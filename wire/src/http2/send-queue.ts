import type { HeaderField, PreparedHeaders } from "./header-list.ts";

export type OutgoingHeaders = PreparedHeaders | readonly HeaderField[];

/** What a stream still has to send, in order. */
export class SendQueue {
  /** After the last item comes END_STREAM. */
  ends = false;
  readonly #items: (Uint8Array | OutgoingHeaders)[] = [];
  #head = 0;
  /** Bytes of the first item that are sent. */
  #offset = 0;

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  add(item: Uint8Array | OutgoingHeaders): void {
    this.#items.push(item);
  }

  /** The headers that come next; undefined when it is data. */
  nextHeaders(): OutgoingHeaders | undefined {
    const item = this.#items[this.#head]!;
    return item instanceof Uint8Array ? undefined : item;
  }

  /** Bytes of data that come next, before the next headers, counted up to `most`. */
  nextDataBytes(most: number): number {
    let byteCount = -this.#offset;
    for (let index = this.#head; index < this.#items.length && byteCount < most; index++) {
      const item = this.#items[index]!;
      if (!(item instanceof Uint8Array)) break;
      byteCount += item.length;
    }
    return Math.min(byteCount, most);
  }

  skipHeaders(): void {
    this.#advance();
  }

  /** Gives `byteCount` bytes of data to `send`, and passes over what is empty behind them. */
  takeData(byteCount: number, send: (bytes: Uint8Array) => void): void {
    let left = byteCount;
    while (!this.isEmpty) {
      const item = this.#items[this.#head]!;
      if (!(item instanceof Uint8Array)) return;
      const available = item.length - this.#offset;
      if (available > left) {
        if (left > 0) send(item.subarray(this.#offset, this.#offset + left));
        this.#offset += left;
        return;
      }
      if (available > 0) send(this.#offset === 0 ? item : item.subarray(this.#offset));
      left -= available;
      this.#advance();
    }
  }

  #advance(): void {
    this.#head++;
    this.#offset = 0;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 64) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
