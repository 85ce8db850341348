import type { Socket } from "node:net";
import type { Http2ClientConnection } from "../../http2/client-connection.ts";
import type { HeaderField, PreparedHeaders } from "../../http2/header-list.ts";
import type { Http2Stream, StreamReceiver } from "../../http2/stream.ts";
import { Http2Error, ErrorCode } from "../../http2/http2-error.ts";
import type { ClientKeepalive } from "./connect-options.ts";

/** A connection that takes calls. Its socket keeps the process alive only while one is under way. */
export class Connection {
  readonly #http2: Http2ClientConnection;
  readonly #socket: Socket;
  readonly #keepalive: ClientKeepalive | undefined;
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(http2: Http2ClientConnection, keepalive: ClientKeepalive | undefined) {
    this.#http2 = http2;
    this.#socket = http2.socket;
    this.#keepalive = keepalive;
    if (keepalive?.whenIdle) this.#pingLater(keepalive);
  }

  get closed(): boolean {
    return this.#http2.closed;
  }

  /** Undefined when there is no room for one now. With a stream, `callEnded` has to follow once. */
  open(
    headers: PreparedHeaders | readonly HeaderField[],
    endStream: boolean,
    receiver: StreamReceiver,
  ): Http2Stream | undefined {
    const stream = this.#http2.request(headers, endStream, receiver);
    if (stream === undefined) return undefined;
    if (this.#calls++ === 0) {
      this.#socket.ref();
      if (this.#keepalive !== undefined && this.#timer === undefined) this.#pingLater(this.#keepalive);
    }
    return stream;
  }

  callEnded(): void {
    if (--this.#calls === 0) this.#socket.unref();
  }

  /** Calls under way go on; no new ones. */
  drain(): void {
    this.#http2.closeGracefully();
  }

  /** The connection has ended. */
  stopPings(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** PING (RFC 9113, section 6.7) every `timeMs`, as long as there are calls or the options say always. */
  #pingLater(keepalive: ClientKeepalive): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#http2.closed) return;
      if (this.#calls > 0 || keepalive.whenIdle) this.#ping(keepalive);
    }, keepalive.timeMs);
    this.#timer.unref();
  }

  #ping(keepalive: ClientKeepalive): void {
    const { timeoutMs } = keepalive;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#http2.destroy(new Http2Error(ErrorCode.NO_ERROR, `No answer to a ping within ${timeoutMs} ms`, "local"));
    }, timeoutMs);
    this.#timer.unref();
    this.#http2.ping((roundTripMs) => {
      this.stopPings();
      if (roundTripMs !== undefined) this.#pingLater(keepalive);
    });
  }
}
