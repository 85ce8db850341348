/** Bytes that may wait in this process for the peer to read them, before `send` holds its caller back. */
const roomBytes = 64 * 1024;
/** Empty messages cost memory too. */
const messageOverheadBytes = 64;
const immediately = Promise.resolve();

/** Counts what was handed to the connection and not yet written to it. Messages are written in order. */
export class SendWindow {
  #pendingBytes = 0;
  readonly #sizes: number[] = [];
  #waiting: PromiseWithResolvers<void>[] = [];
  #failure: unknown;

  get failure(): unknown {
    return this.#failure;
  }

  /** Call with each message that was handed on; the result is what `send` returns. */
  taken(message: Uint8Array): Promise<void> {
    const size = message.byteLength + messageOverheadBytes;
    this.#sizes.push(size);
    this.#pendingBytes += size;
    if (this.#pendingBytes <= roomBytes) return immediately;
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  /** The oldest message reached the connection. */
  readonly written = (): void => {
    this.#pendingBytes -= this.#sizes.shift() ?? 0;
    if (this.#waiting.length === 0 || this.#pendingBytes > roomBytes) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.resolve();
  };

  /** The stream is over: everyone who waits, or comes later, gets the error. */
  fail(error: unknown): void {
    this.#failure ??= error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.reject(error);
  }
}
