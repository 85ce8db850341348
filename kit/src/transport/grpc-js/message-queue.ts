/**
 * The reading half of a stream: hands out one message for each `next`, and asks the peer for one only then. What arrives
 * beyond that stays with HTTP/2 flow control, and the sender waits. One message that came unasked is kept.
 */
export class MessageQueue implements AsyncIterableIterator<Uint8Array> {
  readonly #request: () => void;
  readonly #abandoned: () => void;
  #waiting: PromiseWithResolvers<IteratorResult<Uint8Array>> | undefined;
  #kept: Uint8Array | undefined;
  #ended = false;
  #error: unknown;

  /** `request` asks for one message; `abandoned` is called when the reader leaves its loop before the end. */
  constructor(request: () => void, abandoned: () => void) {
    this.#request = request;
    this.#abandoned = abandoned;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#waiting !== undefined) return Promise.reject(new Error("Messages of a stream are read one at a time."));
    if (this.#kept !== undefined) {
      const value = this.#kept;
      this.#kept = undefined;
      return Promise.resolve({ done: false, value });
    }
    if (this.#error !== undefined) {
      // Reported once; afterwards the stream is just over.
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve(end);
    this.#waiting = Promise.withResolvers();
    const { promise } = this.#waiting;
    this.#request();
    return promise;
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#ended) this.#abandoned();
    return Promise.resolve(end);
  }

  push(message: Uint8Array): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#kept = message;
    else waiting.resolve({ done: false, value: message });
  }

  /** No more messages; with an error when the stream broke. */
  finish(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#error = error;
    else if (error === undefined) waiting.resolve(end);
    else waiting.reject(error);
  }
}

const end: IteratorResult<Uint8Array> = { done: true, value: undefined };
