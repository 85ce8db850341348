import type { StreamRecord } from "./stream-record.ts";

/** Streams in the order in which they get their turn. A stream is in one list at most, and leaves it at no cost. */
export class StreamList {
  #first: StreamRecord | undefined;
  #last: StreamRecord | undefined;

  get first(): StreamRecord | undefined {
    return this.#first;
  }

  add(stream: StreamRecord): void {
    stream.list = this;
    stream.previous = this.#last;
    stream.next = undefined;
    if (this.#last === undefined) this.#first = stream;
    else this.#last.next = stream;
    this.#last = stream;
  }

  remove(stream: StreamRecord): void {
    if (stream.previous === undefined) this.#first = stream.next;
    else stream.previous.next = stream.next;
    if (stream.next === undefined) this.#last = stream.previous;
    else stream.next.previous = stream.previous;
    stream.list = undefined;
    stream.previous = undefined;
    stream.next = undefined;
  }
}
