import { decompress } from "./compression.ts";
import type { MessageEncoding } from "./compression.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import { MessageReader } from "./message-reader.ts";
import { RpcCode, RpcError } from "./status.ts";

/** What the messages of a stream need from it. */
export interface MessageSource {
  /** So many bytes are done with: the peer may send as many again. */
  consume(byteCount: number): void;
  /** The reader left its loop before the end. */
  abandoned(): void;
  /** A message could not be read; the reader has the error too. */
  broken(error: RpcError): void;
}

/**
 * The reading half of a call: hands out one message for each `next`, and gives their bytes back to flow control only then.
 * What arrives beyond that fills the peer's window, and the sender waits.
 */
export class IncomingMessages implements AsyncIterableIterator<Uint8Array> {
  readonly #source: MessageSource;
  readonly #reader: MessageReader;
  readonly #maxReceiveBytes: number;
  #encoding: MessageEncoding = "identity";
  #consumedBytes = 0;
  #waiting: PromiseWithResolvers<IteratorResult<Uint8Array>> | undefined;
  #inflating = false;
  #ended = false;
  #over = false;
  #error: unknown;

  /** With a budget for all streams of the connection, large messages wait for their turn. */
  constructor(maxReceiveBytes: number, source: MessageSource, budget?: MemoryBudget) {
    this.#maxReceiveBytes = maxReceiveBytes;
    this.#reader = new MessageReader(maxReceiveBytes, budget, budget && (() => this.#wake()));
    this.#source = source;
  }

  /** How the peer compresses those messages that say so; to be told before the first of them. */
  set encoding(encoding: MessageEncoding) {
    this.#encoding = encoding;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#waiting !== undefined) return Promise.reject(new Error("Messages of a stream are read one at a time."));
    try {
      const message = this.#take();
      if (message === undefined) return this.#later();
      const inflated = this.#inflate(message);
      return inflated instanceof Promise ? this.#wait(inflated) : Promise.resolve({ done: false, value: inflated });
    } catch (error) {
      return Promise.reject(this.#fault(error));
    }
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#over) {
      this.#over = true;
      this.#discard();
      this.#source.abandoned();
    }
    return Promise.resolve(end);
  }

  push(bytes: Uint8Array): void {
    // Nobody will read it.
    if (this.#over) this.#source.consume(bytes.byteLength);
    else {
      this.#reader.push(bytes);
      this.#wake();
    }
  }

  /** No more bytes come. What came is still handed out. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake();
  }

  /** The stream broke. With `discard` whatever was not handed out is dropped, else it comes before the error. */
  fail(error: unknown, discard = false): void {
    if (this.#ended && this.#over) return;
    this.#error ??= error;
    this.#ended = true;
    if (discard) this.#discard();
    this.#wake();
  }

  /** The call is over: what was not handed out is dropped. */
  drop(): void {
    this.#discard();
  }

  #take(): Uint8Array | undefined {
    if (this.#over) return undefined;
    this.#reader.release();
    const message = this.#reader.read();
    const { isHeldBack, receivedBytes, takenBytes } = this.#reader;
    // While somebody waits for a message that is larger than the peer's window, the window has to move on.
    const doneBytes = message === undefined && !isHeldBack ? receivedBytes : takenBytes;
    if (doneBytes > this.#consumedBytes) {
      const more = doneBytes - this.#consumedBytes;
      this.#consumedBytes = doneBytes;
      this.#source.consume(more);
    }
    return message;
  }

  #inflate(message: Uint8Array): Uint8Array | Promise<Uint8Array> {
    if (!this.#reader.compressed) return message;
    const inflated = decompress(message, this.#encoding, this.#maxReceiveBytes);
    if (!(inflated instanceof Promise)) this.#reader.inflatedTo(inflated.byteLength);
    return inflated;
  }

  /** What `next` returns when no message is here. */
  #later(): Promise<IteratorResult<Uint8Array>> {
    if ((this.#ended && !this.#reader.isHeldBack) || this.#over) {
      const error = this.#finish();
      return error === undefined ? Promise.resolve(end) : Promise.reject(error);
    }
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Something came: whoever waits may have it. */
  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#inflating) return;
    try {
      const message = this.#take();
      if (message !== undefined) {
        const inflated = this.#inflate(message);
        if (inflated instanceof Promise) void this.#wait(inflated);
        else this.#settle({ done: false, value: inflated });
      } else if (this.#ended && !this.#reader.isHeldBack) {
        const error = this.#finish();
        if (error === undefined) this.#settle(end);
        else this.#reject(error);
      }
    } catch (error) {
      this.#reject(this.#fault(error));
    }
  }

  #wait(inflated: Promise<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    const waiting = (this.#waiting ??= Promise.withResolvers());
    this.#inflating = true;
    void this.#settleWith(inflated);
    return waiting.promise;
  }

  async #settleWith(inflated: Promise<Uint8Array>): Promise<void> {
    try {
      const value = await inflated;
      this.#inflating = false;
      this.#reader.inflatedTo(value.byteLength);
      this.#settle({ done: false, value });
    } catch (error) {
      this.#inflating = false;
      this.#reject(this.#fault(error));
    }
  }

  #settle(result: IteratorResult<Uint8Array>): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(result);
  }

  #reject(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }

  /** The end was reached. Its error is told once; afterwards the messages are just over. */
  #finish(): unknown {
    if (this.#over) return undefined;
    this.#over = true;
    if (this.#error !== undefined) return this.#error;
    if (this.#reader.isEmpty) return undefined;
    const cut = new RpcError(RpcCode.INTERNAL, "The stream ended in the middle of a message");
    this.#discard();
    this.#source.broken(cut);
    return cut;
  }

  #fault(error: unknown): unknown {
    if (!(error instanceof RpcError)) return error;
    this.#over = true;
    this.#discard();
    this.#source.broken(error);
    return error;
  }

  #discard(): void {
    this.#reader.clear();
    const more = this.#reader.receivedBytes - this.#consumedBytes;
    this.#consumedBytes += more;
    if (more > 0) this.#source.consume(more);
  }
}

const end: IteratorResult<Uint8Array> = { done: true, value: undefined };
