import { type BodyReader, type BodySink, createBodyReader, requestBody } from "./body-reader.ts";
import { BodyError } from "./body-error.ts";
import type { RequestHead } from "./request-head.ts";
import type { ServerConnection } from "./server-connection.ts";
import { WholeBody } from "./whole-body.ts";

/** A request that came, for whoever answers it. */
export interface Http1Request {
  readonly head: RequestHead;
  /** Called once when the client goes away before it is answered. */
  onGone: (() => void) | undefined;
  readonly isGone: boolean;
  /** The body, where all of it came with the head. */
  readonly bodyAtHand: Uint8Array | undefined;
  /**
   * The whole body; may be asked for once. Rejects with `BodyError` when it is larger than `maxBytes` (<= 0: no limit) or breaks
   * off.
   */
  body(maxBytes: number): Promise<Uint8Array>;
  /**
   * Answers, exactly once. `headers` are names and values in turn, one character a byte, without Content-Length, Connection
   * and Date, which are added. Returns the body's length.
   */
  respond(status: number, headers: readonly string[], body: Uint8Array | string | undefined): number;
}

export class ServerRequest implements Http1Request, BodySink {
  readonly head: RequestHead;
  onGone: (() => void) | undefined = undefined;
  isGone = false;
  answered = false;
  readonly #connection: ServerConnection;
  /** Until the body is complete or broken. */
  #reader: BodyReader | undefined = undefined;
  #whole: WholeBody | undefined = undefined;
  bodyAtHand: Uint8Array | undefined = undefined;
  #broken = false;
  #byteCount = 0;
  #maxBytes = 0;
  #use: number = Use.NOT_KNOWN;
  #resolve: ((body: Uint8Array) => void) | undefined = undefined;
  #reject: ((error: BodyError) => void) | undefined = undefined;

  constructor(connection: ServerConnection, head: RequestHead) {
    this.#connection = connection;
    this.head = head;
  }

  /** Nothing of the body is still to come. */
  get bodyIsDone(): boolean {
    return this.#reader === undefined;
  }

  /** What follows the body cannot be found any more. */
  get bodyIsBroken(): boolean {
    return this.#broken;
  }

  get takesBody(): boolean {
    return this.#use !== Use.NOT_KNOWN;
  }

  /** The client may hold the body back until it hears 100. */
  get awaitsContinue(): boolean {
    return this.head.expectsContinue && this.#reader !== undefined && this.#byteCount === 0;
  }

  /** Takes the body when all of it is there behind the head. Returns where what follows begins. */
  begin(chunk: Buffer, from: number, maxTrailerBytes: number): number {
    const length = requestBody(this.head);
    if (length === 0) {
      this.bodyAtHand = empty;
      return from;
    }
    if (length > 0 && chunk.length - from >= length) {
      this.bodyAtHand = Buffer.from(chunk.subarray(from, from + length));
      return from + length;
    }
    this.#whole = new WholeBody(length);
    this.#reader = createBodyReader(length, this, maxTrailerBytes);
    return from;
  }

  /** Throws `Http1Error`. */
  readBody(chunk: Buffer, from: number): number {
    const reader = this.#reader!;
    const next = reader.read(chunk, from);
    if (reader.isDone) this.#bodyEnded();
    return next;
  }

  bodyBytes(bytes: Buffer): void {
    this.#byteCount += bytes.length;
    if (this.#use === Use.DROPPED) {
      if (this.#byteCount > this.#maxBytes + MOST_DROPPED_BYTES) this.#connection.socket.destroy();
    } else if (this.#maxBytes > 0 && this.#byteCount > this.#maxBytes) this.#tooLarge();
    else this.#whole!.bodyBytes(bytes);
  }

  body(maxBytes: number): Promise<Uint8Array> {
    const { head } = this;
    this.#maxBytes = maxBytes;
    const bytes = this.bodyAtHand;
    if (bytes !== undefined) {
      return maxBytes > 0 && bytes.length > maxBytes
        ? Promise.reject(new BodyError("too-large"))
        : Promise.resolve(bytes);
    }
    if (this.#broken) return Promise.reject(new BodyError("broken-off"));
    if (this.#reader === undefined) return Promise.reject(new Error("the body was dropped, or read already"));
    if (maxBytes > 0 && head.contentLength > maxBytes) {
      this.drop();
      this.#connection.proceed();
      return Promise.reject(new BodyError("too-large"));
    }
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.awaitsContinue) this.#connection.sendContinue();
      this.#use = Use.WANTED;
      this.#connection.proceed();
    });
  }

  respond(status: number, headers: readonly string[], body: Uint8Array | string | undefined): number {
    return this.#connection.respond(this, status, headers, body);
  }

  /** What is still to come of the body is read and thrown away. */
  drop(): void {
    if (this.#reader === undefined || this.#use === Use.DROPPED) return;
    this.#use = Use.DROPPED;
    this.#whole = undefined;
    this.#resolve = this.#reject = undefined;
  }

  /** No more of the body will come, or what comes is none. */
  breakOff(): void {
    if (this.#reader === undefined) return;
    this.#reader = undefined;
    this.#whole = undefined;
    this.#broken = true;
    this.#reject?.(new BodyError("broken-off"));
  }

  gone(): void {
    if (this.isGone) return;
    this.isGone = true;
    if (!this.answered) this.onGone?.();
  }

  #bodyEnded(): void {
    this.#reader = undefined;
    const whole = this.#whole;
    this.#whole = undefined;
    if (whole !== undefined) this.#resolve?.(whole.take());
    this.#connection.requestChanged();
  }

  #tooLarge(): void {
    const reject = this.#reject;
    this.drop();
    reject?.(new BodyError("too-large"));
  }
}

const Use = { NOT_KNOWN: 0, WANTED: 1, DROPPED: 2 } as const;
const empty = new Uint8Array(0);
/** How much of a body that nobody wants is read and thrown away, so that the client gets to see the answer. */
const MOST_DROPPED_BYTES = 64 * 1024 * 1024;
