import type { Socket } from "node:net";

import { type Flushable, flushThisTurn } from "../net/flush-loop.ts";
import { endWithPatience } from "../net/linger.ts";
import { type AcceptedSocket, readAccepted } from "./accepted-socket.ts";
import type { ConnectionHome } from "./connection-home.ts";
import { FirstBytes } from "./first-bytes.ts";
import { HeadReader } from "./head-reader.ts";
import { HeldBytes } from "./held-bytes.ts";
import { Http1Error } from "./http1-error.ts";
import { parseRequest, type RequestHead } from "./request-head.ts";
import { ResponseOutput } from "./response-output.ts";
import { answerTo, CONTINUE, hasNoBody, refusalText } from "./response-text.ts";
import { ServerRequest } from "./server-request.ts";

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
  readonly #held: HeldBytes;
  #state: number = State.OPEN;
  #request: ServerRequest | undefined = undefined;
  /** No request is taken after the one under way. */
  #isLast = false;
  /** Bytes were dropped that belong to no request. */
  #dropped = false;
  #inputEnded = false;
  /** Until it is known what they begin. */
  #firstBytes: FirstBytes | undefined = undefined;
  #processing = false;
  #flushScheduled = false;

  constructor(accepted: Socket, home: ConnectionHome) {
    this.#accepted = readAccepted(accepted, {
      data: (chunk) => this.#data(chunk),
      end: () => this.#end(),
      drain: () => this.#drained(),
      close: () => this.#closed(),
    });
    const { socket } = this.#accepted;
    this.socket = socket;
    this.#home = home;
    this.#heads = new HeadReader(parseRequest, home.maxHeadBytes);
    this.#output = new ResponseOutput(socket);
    this.#held = new HeldBytes(socket);
    if (home.options.http2 !== undefined) this.#firstBytes = new FirstBytes();
    home.awaitHead(this);
  }

  /** The chunk is valid during the call alone. */
  #data(chunk: Buffer): void {
    // What comes behind the last request is dropped.
    if (this.#state !== State.OPEN) return;
    if (!this.#held.isEmpty) this.#held.append(chunk);
    else if (this.#firstBytes === undefined) this.#process(chunk, 0, false);
    else this.#begin(this.#firstBytes, chunk);
  }

  #begin(firstBytes: FirstBytes, chunk: Buffer): void {
    const protocol = firstBytes.read(chunk);
    if (protocol === undefined) return;
    const seen = firstBytes.seen!;
    this.#firstBytes = undefined;
    if (protocol === "http1") this.#process(seen, 0, false);
    else this.#handOver(() => this.#home.options.http2!(this.socket, seen));
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
    if (from < chunk.length && !this.#isLast) return this.#held.hold(chunk, from, isOurs);
    if (from < chunk.length) this.#dropped = true;
    this.#held.resume();
    if (this.#inputEnded) this.#allHasCome();
  }

  /** Goes on with what was held, when there is a use for it now. */
  proceed(): void {
    const held = this.#held;
    if (held.isEmpty || this.#processing || this.#state !== State.OPEN) return;
    if (this.#request === undefined ? this.#output.isFull : !this.#request.takesBody) return;
    this.#process(held.take(), held.from, true);
  }

  #end(): void {
    this.#inputEnded = true;
    if (this.#state === State.OPEN && this.#held.isEmpty) this.#allHasCome();
  }

  /** The client sends no more. As with Go's server that ends a request's patience, but not the request: it may still be answered. */
  #allHasCome(): void {
    const request = this.#request;
    if (request !== undefined) {
      request.breakOff();
      request.gone();
      this.#noMore();
    } else if (this.#isWithinHead) {
      this.#refuse(new Http1Error("the connection ended within a head"));
    } else this.#finish();
  }

  /** The head has taken too long. */
  headIsLate(): void {
    if (this.#state !== State.OPEN) return;
    if (this.#isWithinHead) this.#refuse(new Http1Error("no whole head in time", 408));
    else this.socket.destroy();
  }

  get #isWithinHead(): boolean {
    return this.#heads.isPartial || this.#firstBytes?.seen !== undefined;
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
    const { head } = request;
    const length = body === undefined ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.length;
    const last = this.#isLast || head.closes || request.bodyIsBroken || request.awaitsContinue || this.#home.isClosing;
    const text = answerTo(head, status, headers, body === undefined ? undefined : length, last);
    request.answered = true;
    if (this.#state !== State.OPEN) return length;
    this.#isLast = last;
    this.#output.add(text, length === 0 || hasNoBody(status, head.method) ? undefined : body);
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
    this.#output.add(refusalText(error), undefined);
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
    if (this.#request === undefined && this.#held.isEmpty && !this.#dropped) {
      this.#state = State.ENDING;
      this.socket.destroySoon();
    } else this.#linger();
  }

  /** Closing with bytes unread resets the connection, and the client would not get to see the answer. */
  #linger(): void {
    this.#state = State.ENDING;
    this.#held.drop();
    this.#home.headCame(this);
    this.#held.resume();
    endWithPatience(this.socket, LINGER_MS);
  }

  /** The server takes no more. */
  close(): void {
    if (this.#state !== State.OPEN) return;
    if (this.#request !== undefined) {
      if (this.#request.answered) this.#noMore();
    } else if (this.#held.isEmpty && !this.#heads.isPartial) this.#finish();
  }

  #closed(): void {
    this.#state = State.GONE;
    this.#held.drop();
    const request = this.#request;
    this.#request = undefined;
    this.#home.forget(this);
    request?.breakOff();
    request?.gone();
  }

  #handOver(take: () => void): void {
    this.#state = State.GONE;
    this.#accepted.release();
    this.#home.forget(this);
    this.#held.resume();
    take();
  }
}

const State = { OPEN: 0, ENDING: 1, GONE: 2 } as const;
/** For a client that goes on sending, or does not read. */
const LINGER_MS = 2000;
