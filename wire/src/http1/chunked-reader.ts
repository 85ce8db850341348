import type { BodyReader, BodySink } from "./body-reader.ts";
import { CR, HEX, LF, VALUE } from "./characters.ts";
import { scanFields } from "./fields.ts";
import { Http1Error } from "./http1-error.ts";
import { SectionEnd } from "./section-end.ts";

/**
 * RFC 9112, section 7.1: sizes in hexadecimal digits alone, lines that end with CRLF alone. Extensions are dropped, and so are
 * trailers, after a look at their form.
 */
export class ChunkedReader implements BodyReader {
  isDone = false;
  readonly #sink: BodySink;
  readonly #maxTrailerBytes: number;
  #state: number = State.SIZE;
  #digits = 0;
  #size = 0;
  /** Of all chunks: many small ones must not carry more beside the body than in it. */
  #extensionBytes = 0;
  #trailers: Buffer | undefined;
  #trailerEnd: SectionEnd | undefined;

  constructor(sink: BodySink, maxTrailerBytes: number) {
    this.#sink = sink;
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  read(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && !this.isDone) {
      if (this.#state === State.DATA) {
        const bytes = Math.min(this.#size, chunk.length - at);
        this.#size -= bytes;
        if (this.#size === 0) this.#state = State.DATA_CR;
        this.#sink.bodyBytes(chunk.subarray(at, at + bytes));
        at += bytes;
      } else if (this.#state === State.TRAILERS) at = this.#readTrailers(chunk, at);
      else this.#readByte(chunk[at++]!);
    }
    return at;
  }

  connectionEnded(): void {
    if (!this.isDone) throw new Http1Error("the connection ended within a body");
  }

  #readByte(byte: number): void {
    switch (this.#state) {
      case State.SIZE:
        return this.#sizeByte(byte);
      case State.EXTENSION:
        if (byte === CR) this.#state = State.SIZE_LF;
        else if (VALUE[byte] !== 1) throw new Http1Error("a chunk's extension has a control character");
        else if (++this.#extensionBytes > MAX_EXTENSION_BYTES) throw new Http1Error("chunks with long extensions");
        return;
      case State.SIZE_LF:
        if (byte !== LF) throw new Http1Error("a line ends with CR alone");
        this.#state = this.#size === 0 ? State.TRAILERS : State.DATA;
        this.#digits = 0;
        return;
      case State.DATA_CR:
        if (byte !== CR) throw new Http1Error("a chunk is longer than its size");
        this.#state = State.DATA_LF;
        return;
      default:
        if (byte !== LF) throw new Http1Error("a line ends with CR alone");
        this.#state = State.SIZE;
    }
  }

  #sizeByte(byte: number): void {
    const digit = HEX[byte]!;
    if (digit < 16) {
      this.#size = this.#size * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS) throw new Http1Error("a chunk's size has too many digits");
    } else if (this.#digits === 0) throw new Http1Error("a chunk without a size");
    else if (byte === CR) this.#state = State.SIZE_LF;
    else if (byte === SEMICOLON) this.#state = State.EXTENSION;
    else throw new Http1Error("a chunk's size has a character that may not be there");
  }

  #readTrailers(chunk: Buffer, from: number): number {
    const before = this.#trailers?.length ?? 0;
    // Without trailers there is an empty line, and nothing to keep.
    if (before === 0 && chunk[from] === CR && chunk[from + 1] === LF) {
      this.isDone = true;
      return from + 2;
    }
    const room = this.#maxTrailerBytes - before;
    const end = (this.#trailerEnd ??= new SectionEnd(false)).find(chunk, from, Math.min(chunk.length, from + room));
    if (end < 0 && chunk.length - from >= room)
      throw new Http1Error(`trailers of more than ${this.#maxTrailerBytes} bytes`, 431);
    const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
    const all = before === 0 ? piece : Buffer.concat([this.#trailers!, piece]);
    if (end < 0) {
      this.#trailers = Buffer.from(all);
      return chunk.length;
    }
    if (scanFields(all, 0, all.length) !== all.length) throw new Http1Error("trailers that end too early");
    this.#trailers = undefined;
    this.isDone = true;
    return end;
  }
}

const State = { SIZE: 0, EXTENSION: 1, SIZE_LF: 2, DATA: 3, DATA_CR: 4, DATA_LF: 5, TRAILERS: 6 } as const;

const SEMICOLON = 59;
/** More than any length that a number holds exactly. */
const MAX_SIZE_DIGITS = 13;
const MAX_EXTENSION_BYTES = 16 * 1024;
