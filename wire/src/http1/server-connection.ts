import type { Socket } from "node:net";

import { type Flushable, flushThisTurn } from "../http2/flush-loop.ts";
import { endWithPatience } from "../http2/linger.ts";
import { type AcceptedSocket, readAccepted } from "./accepted-socket.ts";
import { HeadReader } from "./head-reader.ts";
import { Http1Error } from "./http1-error.ts";
import { parseRequest, type RequestHead } from "./request-head.ts";
import { ResponseOutput } from "./response-output.ts";
import { CLOSE, hasNoBody, KEEP_ALIVE, reasonOf, responseText } from "./response-text.ts";
import type { Http1ServerOptions } from "./server.ts";
import { ServerRequest } from "./server-request.ts";

/** What a connection needs of its server. */
export interface ConnectionHome {
  readonly options: Http1ServerOptions;
  readonly maxHeadBytes: number;
  readonly isClosing: boolean;
  /** The connection has begun a head, or should: it has so much time. */
  awaitHead(connection: ServerConnection): void;
  headCame(connection: ServerConnection): void;
  forget(connection: ServerConnection): void;
}

/**
 * One connection, one request after the other: the next one is looked at when the one before is answered and its body is read.
 * Until then what comes is held, at most what the socket gives in one piece, and reading stops.
 */
export class ServerConnection implements Flushable {
  readonly socket: Socket;
  readonly #accepted: AcceptedSocket;
  readonly #home: ConnectionHome;
  readonly #heads: HeadReader<RequestHead>;
  readonly #output: ResponseOutput;
  readonly #listeners: readonly (readonly [event: string, listener: (...values: never[]) => void])[];
  #state: number = State.OPEN;
  #request: ServerRequest | undefined = undefined;
  /** No request is taken after the one under way. */
  #isLast = false;
  /** Bytes were dropped that belong to no request. */
  #dropped = false;
  #inputEnded = false;
  /** First bytes that may become HTTP/2's. */
  #beginning: Buffer | undefined = undefined;
  #hasBegun = false;
  #held: Buffer | undefined = undefined;
  #heldFrom = 0;
  #processing = false;
  #paused = false;
  #flushScheduled = false;

  constructor(accepted: Socket, home: ConnectionHome) {
    this.#accepted = readAccepted(accepted, (chunk) => this.#data(chunk));
    const { socket } = this.#accepted;
    this.socket = socket;
    this.#home = home;
    this.#heads = new HeadReader(parseRequest, home.maxHeadBytes);
    this.#output = new ResponseOutput(socket);
    this.#listeners = [
      ["end", () => this.#end()],
      ["drain", () => this.#drained()],
      ["error", () => {}],
      ["close", () => this.#closed()],
    ];
    for (const [event, listener] of this.#listeners) socket.on(event, listener as (...values: unknown[]) => void);
    home.awaitHead(this);
  }

  // What comes. Bytes are valid during the call alone.

  #data(chunk: Buffer): void {
    // What comes behind the last request is dropped.
    if (this.#state !== State.OPEN) return;
    if (this.#held !== undefined) this.#held = Buffer.concat([this.#held, chunk]);
    else if (this.#hasBegun) this.#process(chunk, 0, false);
    else this.#begin(chunk);
  }

  #begin(chunk: Buffer): void {
    const { http2 } = this.#home.options;
    const seen = this.#beginning === undefined ? chunk : Buffer.concat([this.#beginning, chunk]);
    this.#beginning = undefined;
    if (http2 !== undefined && http2Preface[0] === seen[0]) {
      const length = Math.min(seen.length, http2Preface.length);
      if (seen.compare(http2Preface, 0, length, 0, length) === 0) {
        const bytes = Buffer.from(seen);
        if (length < http2Preface.length) this.#beginning = bytes;
        else this.#handOver(() => http2(this.socket, bytes));
        return;
      }
    }
    this.#hasBegun = true;
    this.#process(seen, 0, false);
  }

  /** `isOurs`: nobody else will write to the chunk. */
  #process(chunk: Buffer, from: number, isOurs: boolean): void {
    let at = from;
    this.#processing = true;
    try {
      while (this.#state === State.OPEN) {
        const request = this.#request;
        if (request !== undefined) {
          if (request.takesBody && !request.bodyIsDone && at < chunk.length) at = request.readBody(chunk, at);
          if (this.#request !== undefined) break;
        }
        if (at === chunk.length || this.#isLast || this.#output.isFull) break;
        const head = this.#heads.read(chunk, at);
        at = this.#heads.next;
        if (head === undefined) {
          this.#home.awaitHead(this);
          break;
        }
        this.#home.headCame(this);
        at = this.#take(head, chunk, at);
      }
    } catch (error) {
      if (!(error instanceof Http1Error)) throw error;
      at = chunk.length;
      this.#refuse(error);
    } finally {
      this.#processing = false;
    }
    this.#hold(chunk, at, isOurs);
  }

  #take(head: RequestHead, chunk: Buffer, from: number): number {
    const { options, maxHeadBytes } = this.#home;
    const { upgrade } = options;
    if (head.saysUpgrade && upgrade !== undefined && upgrade.wanted(head)) {
      this.#output.flush();
      this.#handOver(() => upgrade.take(head, this.socket, Buffer.from(chunk.subarray(from))));
      return chunk.length;
    }
    const request = new ServerRequest(this, head);
    this.#request = request;
    const next = request.begin(chunk, from, maxHeadBytes);
    try {
      options.handle(request);
    } catch (error) {
      if (!request.answered) request.respond(500, [], undefined);
      // Somebody should hear of it, and this connection goes on.
      process.nextTick(() => {
        throw error;
      });
    }
    return next;
  }

  #hold(chunk: Buffer, from: number, isOurs: boolean): void {
    if (this.#state !== State.OPEN) return;
    if (from < chunk.length && !this.#isLast) {
      this.#held = isOurs ? chunk : Buffer.from(chunk.subarray(from));
      this.#heldFrom = isOurs ? from : 0;
      if (!this.#paused) this.socket.pause();
      this.#paused = true;
      return;
    }
    if (from < chunk.length) this.#dropped = true;
    if (this.#paused) this.socket.resume();
    this.#paused = false;
    if (this.#inputEnded) this.#allHasCome();
  }

  /** Goes on with what was held, when there is a use for it now. */
  proceed(): void {
    const held = this.#held;
    if (held === undefined || this.#processing || this.#state !== State.OPEN) return;
    if (this.#request === undefined ? this.#output.isFull : !this.#request.takesBody) return;
    this.#held = undefined;
    this.#process(held, this.#heldFrom, true);
  }

  #end(): void {
    this.#inputEnded = true;
    if (this.#state === State.OPEN && this.#held === undefined) this.#allHasCome();
  }

  /** The client sends no more. As with Go's server that ends a request's patience, but not the request: it may still be answered. */
  #allHasCome(): void {
    const request = this.#request;
    if (request !== undefined) {
      request.breakOff();
      request.gone();
      this.#noMore();
    } else if (this.#heads.isPartial || this.#beginning !== undefined) {
      this.#refuse(new Http1Error("the connection ended within a head"));
    } else this.#finish();
  }

  /** The head has taken too long. */
  headIsLate(): void {
    if (this.#state !== State.OPEN) return;
    if (this.#heads.isPartial || this.#beginning !== undefined)
      this.#refuse(new Http1Error("no whole head in time", 408));
    else this.destroy();
  }

  // What goes.

  sendContinue(): void {
    if (this.#state !== State.OPEN) return;
    this.#output.flush();
    this.socket.write(CONTINUE, "latin1");
  }

  respond(
    request: ServerRequest,
    status: number,
    headers: readonly string[],
    body: Uint8Array | string | undefined,
  ): number {
    if (request.answered) throw new Error("a second answer to one request");
    const { method, minorVersion, closes } = request.head;
    const length = body === undefined ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.length;
    const bare = hasNoBody(status, method);
    const last = this.#isLast || closes || request.bodyIsBroken || request.awaitsContinue || this.#home.isClosing;
    const text = responseText(
      status,
      headers,
      bare && (body === undefined || method !== "HEAD" || status === 204) ? -1 : length,
      last ? CLOSE : minorVersion === 0 ? KEEP_ALIVE : "",
    );
    request.answered = true;
    if (this.#state !== State.OPEN) return length;
    this.#isLast = last;
    this.#output.add(text, bare || length === 0 ? undefined : body);
    request.drop();
    this.#scheduleFlush();
    this.requestChanged();
    return length;
  }

  /** The request was answered, or its body has ended: the later of the two makes room for the next one. */
  requestChanged(): void {
    const request = this.#request;
    if (request === undefined || !request.answered) return;
    if (request.bodyIsDone) this.#request = undefined;
    this.proceed();
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    flushThisTurn(this);
  }

  flush(): void {
    this.#flushScheduled = false;
    if (this.#state !== State.OPEN) return;
    this.#output.flush();
    if (this.#isLast && (this.#request === undefined || this.#request.answered)) this.#finish();
    else this.proceed();
  }

  #drained(): void {
    this.#output.socketFull = false;
    this.proceed();
  }

  // The end.

  #refuse(error: Http1Error): void {
    const request = this.#request;
    this.#dropped = true;
    if (request !== undefined) {
      // Within a body: whoever reads it answers.
      request.breakOff();
      this.#noMore();
      return;
    }
    this.#isLast = true;
    const body = `${error.status} ${reasonOf(error.status)}: ${error.message}\n`;
    this.#output.add(responseText(error.status, plainText, body.length, CLOSE), body);
    this.#output.flush();
    this.#linger();
  }

  /** The request under way is the last one. */
  #noMore(): void {
    this.#isLast = true;
    if (this.#request?.answered === true) this.#scheduleFlush();
  }

  /** Everything was said. */
  #finish(): void {
    this.#output.flush();
    if (this.#request === undefined && this.#held === undefined && !this.#dropped) {
      this.#state = State.ENDING;
      this.socket.destroySoon();
    } else this.#linger();
  }

  /** Closing with bytes unread resets the connection, and the client would not get to see the answer. */
  #linger(): void {
    this.#state = State.ENDING;
    this.#held = undefined;
    this.#home.headCame(this);
    if (this.#paused) this.socket.resume();
    endWithPatience(this.socket, LINGER_MS);
  }

  /** The server takes no more. */
  close(): void {
    if (this.#state !== State.OPEN) return;
    if (this.#request !== undefined) {
      if (this.#request.answered) this.#noMore();
    } else if (this.#held === undefined && !this.#heads.isPartial) this.#finish();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #closed(): void {
    this.#state = State.GONE;
    this.#held = undefined;
    const request = this.#request;
    this.#request = undefined;
    this.#home.forget(this);
    request?.breakOff();
    request?.gone();
  }

  #handOver(take: () => void): void {
    this.#state = State.GONE;
    this.#accepted.release();
    for (const [event, listener] of this.#listeners)
      this.socket.removeListener(event, listener as (...values: unknown[]) => void);
    this.#home.forget(this);
    if (this.#paused) this.socket.resume();
    take();
  }
}

const State = { OPEN: 0, ENDING: 1, GONE: 2 } as const;
/** For a client that goes on sending, or does not read. */
const LINGER_MS = 2000;
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const plainText = ["Content-Type", "text/plain; charset=utf-8"] as const;
const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
