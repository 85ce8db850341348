import type { Socket } from "node:net";

import { type BodyReader, type BodySink, createBodyReader, responseBody } from "../body-reader.ts";
import { HeadReader } from "../head-reader.ts";
import { Http1Error } from "../http1-error.ts";
import { parseResponse, type ResponseHead } from "../response-head.ts";
import { Http1CallError } from "./call-error.ts";
import { restTimeMs } from "./rest-time.ts";
import type { Opener, SocketEvents } from "./open-socket.ts";
import { writeRequest } from "./write-request.ts";

/** Takes one answer. When it ends or fails the connection is somebody else's already, or gone. */
export interface AnswerReceiver {
  /** Once, first. Interim answers (1xx) are not told. `bodyBytes`: negative when it is not announced. */
  head(head: ResponseHead, bodyBytes: number): void;
  /** A piece of the body, valid during the call alone. */
  data(bytes: Uint8Array): void;
  end(): void;
  /** `maySendAgain`: no byte came, and the connection had been used before: the peer closed it, maybe before it had the request. */
  failed(error: Http1CallError, maySendAgain: boolean): void;
}

export interface ConnectionOwner {
  /** It has brought its answer and takes another request. */
  free(connection: ClientConnection): void;
  /** It takes no more requests. */
  gone(connection: ClientConnection): void;
}

/** One connection, for one request at a time. */
export class ClientConnection implements SocketEvents, BodySink {
  readonly #owner: ConnectionOwner;
  readonly #maxHeadBytes: number;
  readonly #heads: HeadReader<ResponseHead>;
  readonly #socket: Socket | undefined;
  #receiver: AnswerReceiver | undefined = undefined;
  #method = "";
  #gone = false;
  #usedBefore = false;
  /** Of the answer under way. */
  #heard = false;
  #interimBytes = 0;
  #head: ResponseHead | undefined = undefined;
  #body: BodyReader | undefined = undefined;
  /** By `performance.now()`: then the peer closes the connection, as it said. */
  #restsUntil = Infinity;

  constructor(owner: ConnectionOwner, open: Opener, maxHeadBytes: number) {
    this.#owner = owner;
    this.#maxHeadBytes = maxHeadBytes;
    this.#heads = new HeadReader(parseResponse, maxHeadBytes);
    try {
      this.#socket = open(this);
    } catch (error) {
      queueMicrotask(() => this.closed(error as Error));
    }
  }

  /** The peer closes it about now: a request would be lost. */
  get isTooOld(): boolean {
    return this.#restsUntil !== Infinity && performance.now() >= this.#restsUntil;
  }

  /** Only on a connection that is new or free. */
  send(receiver: AnswerReceiver, method: string, head: string, body: Uint8Array | undefined): void {
    this.#receiver = receiver;
    this.#method = method;
    this.#heard = false;
    this.#interimBytes = 0;
    this.#head = undefined;
    if (this.#socket !== undefined) writeRequest(this.#socket, head, body);
  }

  /** Nobody waits for it: it keeps no process alive. */
  rest(): void {
    this.#socket?.unref();
  }

  wake(): void {
    this.#socket?.ref();
  }

  /** Ends it. Whose answer is under way hears nothing. */
  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#receiver = undefined;
    this.#socket?.destroy();
    this.#owner.gone(this);
  }

  /** Ends it. Whose answer is under way hears why. */
  fail(error: Http1CallError, maySendAgain = false): void {
    const receiver = this.#receiver;
    this.destroy();
    receiver?.failed(error, maySendAgain);
  }

  received(bytes: Buffer): void {
    if (this.#gone) return;
    const receiver = this.#receiver;
    if (receiver === undefined) {
      // What nobody asked for would be taken for the answer to the next request.
      this.destroy();
      return;
    }
    this.#heard = true;
    try {
      this.#read(receiver, bytes);
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error;
      const code = error.status === 431 ? "too-large" : "malformed";
      this.fail(this.#error(code, error.message, error));
    }
  }

  #read(receiver: AnswerReceiver, bytes: Buffer): void {
    let at = 0;
    if (this.#head === undefined) {
      const head = this.#readHead(bytes);
      if (head === undefined) return;
      this.#head = head;
      at = this.#heads.next;
      const length = responseBody(head, this.#method);
      receiver.head(head, length);
      if (this.#receiver !== receiver) return;
      if (length === 0) return this.#finish(receiver, at === bytes.length);
      this.#body = createBodyReader(length, this, this.#maxHeadBytes);
      if (at === bytes.length) return;
    }
    at = this.#body!.read(bytes, at);
    if (this.#receiver === receiver && this.#body!.isDone) this.#finish(receiver, at === bytes.length);
  }

  /** The answer's own head: interim ones before it are dropped. */
  #readHead(bytes: Buffer): ResponseHead | undefined {
    const heads = this.#heads;
    for (let at = 0; at < bytes.length; at = heads.next) {
      const head = heads.read(bytes, at);
      if (head === undefined || head.status >= 200) return head;
      if (head.status === 101) throw new Http1Error("a switch of protocols that nobody asked for");
      this.#interimBytes += head.byteCount;
      if (this.#interimBytes > this.#maxHeadBytes) throw new Http1Error("too many interim answers", 431);
    }
    return undefined;
  }

  bodyBytes(bytes: Buffer): void {
    // Who gave up hears nothing more.
    this.#receiver?.data(bytes);
  }

  /** `clean`: nothing came after the answer. */
  #finish(receiver: AnswerReceiver, clean: boolean): void {
    const head = this.#head!;
    this.#receiver = undefined;
    this.#body = undefined;
    this.#usedBefore = true;
    const restMs = restTimeMs(head);
    // A request that the peer has answered before it had read it: the rest would be in the way of the next.
    if (!clean || head.closes || restMs === 0 || this.#socket!.writableLength > 0) this.destroy();
    else {
      this.#restsUntil = restMs === Infinity ? Infinity : performance.now() + restMs;
      this.#owner.free(this);
    }
    receiver.end();
  }

  peerEnded(): void {
    const receiver = this.#receiver;
    if (this.#gone || receiver === undefined) return this.destroy();
    if (this.#body === undefined) {
      const what = this.#heard ? "within the head of the answer" : "before an answer came";
      return this.fail(this.#error("broken", `the connection was closed ${what}`), this.#usedBefore && !this.#heard);
    }
    try {
      this.#body.connectionEnded();
    } catch (error) {
      return this.fail(this.#error("broken", (error as Error).message));
    }
    this.#finish(receiver, false);
  }

  closed(error: Error | undefined): void {
    if (this.#gone) return;
    if (error === undefined) return this.peerEnded();
    const { code } = error as NodeJS.ErrnoException;
    const wasReset = code === "ECONNRESET" || code === "EPIPE";
    const isConnected = this.#usedBefore || this.#heard || wasReset;
    const message = error.message === "" ? String(code) : error.message;
    this.fail(
      this.#error(isConnected ? "broken" : "unreachable", message, error),
      wasReset && this.#usedBefore && !this.#heard,
    );
  }

  #error(code: Http1CallError["code"], message: string, cause?: unknown): Http1CallError {
    return new Http1CallError(code, message, { cause, answerBegan: this.#head !== undefined });
  }
}
