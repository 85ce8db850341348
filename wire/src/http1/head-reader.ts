import { Http1Error } from "./http1-error.ts";
import type { MessageHead } from "./message-head.ts";
import { SectionEnd } from "./section-end.ts";

/**
 * Reads heads off a connection's bytes, `parseRequest`'s or `parseResponse`'s:
 *
 *     const reader = new HeadReader(parseResponse, maxHeadBytes);
 *     const head = reader.read(chunk, from);   // undefined: all of the chunk was taken, more is needed
 *     if (head !== undefined) bodyBeginsAt(chunk, reader.next);
 *
 * `read` throws `Http1Error` at what is no good head; the reader is then of no more use. Then come the body's bytes, see
 * `BodyReader`; then the same reader reads the next head. A head that comes in one piece is read where it lies. Pieces are
 * kept until it is whole: at most `maxBytes`.
 */
export class HeadReader<Head extends MessageHead> {
  /** Where in the last chunk what follows the head begins. */
  next = 0;
  readonly #parse: (bytes: Buffer, from: number, to: number) => Head | undefined;
  readonly #maxBytes: number;
  #held: Buffer | undefined;
  #heldBytes = 0;
  #end: SectionEnd | undefined;

  constructor(parse: (bytes: Buffer, from: number, to: number) => Head | undefined, maxBytes: number) {
    this.#parse = parse;
    this.#maxBytes = maxBytes;
  }

  /** A head has begun and is not whole. */
  get isPartial(): boolean {
    return this.#heldBytes > 0;
  }

  read(chunk: Buffer, from: number): Head | undefined {
    if (this.#heldBytes > 0) return this.#readMore(chunk, from);
    const most = from + this.#maxBytes;
    const head = this.#parse(chunk, from, Math.min(chunk.length, most));
    if (head !== undefined) {
      this.next = from + head.byteCount;
      return head;
    }
    return this.#readMore(chunk, from);
  }

  #readMore(chunk: Buffer, from: number): Head | undefined {
    const before = this.#heldBytes;
    const room = this.#maxBytes - before;
    const to = Math.min(chunk.length, from + room);
    this.#end ??= new SectionEnd(true);
    const end = this.#end.find(chunk, from, to);
    if (end < 0 && chunk.length - from >= room)
      throw new Http1Error(`a head of more than ${this.#maxBytes} bytes`, 431);
    this.#hold(chunk, from, end < 0 ? to : end);
    this.next = end < 0 ? chunk.length : end;
    if (end < 0) return undefined;
    const head = this.#parse(this.#held!, 0, this.#heldBytes);
    this.#held = this.#end = undefined;
    this.#heldBytes = 0;
    if (head === undefined) throw new Http1Error("a head that ends too early");
    return head;
  }

  #hold(chunk: Buffer, from: number, to: number): void {
    const bytes = this.#heldBytes + to - from;
    if (this.#held === undefined || bytes > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(2 * bytes, 512), Math.max(this.#maxBytes, bytes)));
      this.#held?.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#heldBytes, from, to);
    this.#heldBytes = bytes;
  }
}
