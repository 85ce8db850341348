import { ChunkedReader } from "./chunked-reader.ts";
import { Http1Error } from "./http1-error.ts";
import type { RequestHead } from "./request-head.ts";
import type { ResponseHead } from "./response-head.ts";

/** Takes a body's bytes: views of the chunks that were read, to be copied if they are kept. */
export interface BodySink {
  bodyBytes(bytes: Buffer): void;
}

/** Finds a body in a connection's bytes and passes it on as it comes. */
export interface BodyReader {
  /** Nothing more belongs to the body. */
  readonly isDone: boolean;
  /** Takes what belongs to the body and returns where in the chunk the rest begins. Throws `Http1Error`. */
  read(chunk: Buffer, from: number): number;
  /** The connection has ended: throws `Http1Error` when the body had not. */
  connectionEnded(): void;
}

/** In place of a length. */
export const CHUNKED = -1;
export const UNTIL_CLOSE = -2;

/** A length, 0 for none, or `CHUNKED`. */
export function requestBody(head: RequestHead): number {
  return head.chunked ? CHUNKED : Math.max(head.contentLength, 0);
}

/** A length, 0 for none, `CHUNKED` or `UNTIL_CLOSE`. RFC 9112, section 6.3. */
export function responseBody(head: ResponseHead, requestMethod: string): number {
  const { status } = head;
  if (requestMethod === "HEAD" || status < 200 || status === 204 || status === 304) return 0;
  return head.chunked ? CHUNKED : head.contentLength >= 0 ? head.contentLength : UNTIL_CLOSE;
}

/** `length` as above. `maxTrailerBytes`: trailers are checked and dropped. */
export function createBodyReader(length: number, sink: BodySink, maxTrailerBytes: number): BodyReader {
  return length === CHUNKED
    ? new ChunkedReader(sink, maxTrailerBytes)
    : new PlainReader(sink, length === UNTIL_CLOSE ? Infinity : length);
}

class PlainReader implements BodyReader {
  readonly #sink: BodySink;
  #left: number;

  constructor(sink: BodySink, bytes: number) {
    this.#sink = sink;
    this.#left = bytes;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  read(chunk: Buffer, from: number): number {
    const bytes = Math.min(this.#left, chunk.length - from);
    if (bytes === 0) return from;
    this.#left -= bytes;
    this.#sink.bodyBytes(bytes === chunk.length ? chunk : chunk.subarray(from, from + bytes));
    return from + bytes;
  }

  connectionEnded(): void {
    if (this.#left === Infinity) this.#left = 0;
    if (this.#left > 0) throw new Http1Error("the connection ended within a body");
  }
}
