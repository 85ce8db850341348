import type { Connection } from "./connection.ts";
import type { HeaderList } from "./header-list.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import type { OutgoingHeaders, SendQueue } from "./send-queue.ts";
import type { StreamList } from "./stream-list.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";

/** The state of a stream (RFC 9113, section 5.1), and what the layer above holds of it. */
export class StreamRecord implements Http2Stream {
  readonly id: number;
  readonly connection: Connection;
  /** Absent while the layer above is asked for it. */
  receiver: StreamReceiver | undefined;
  /** Our END_STREAM is given to the socket, or is about to be with what is queued. */
  localEnding = false;
  localEnded = false;
  remoteEnded = false;
  closed = false;
  error: Http2Error | undefined = undefined;

  /** Bytes that the peer lets us send; below zero after it made its initial window smaller. */
  sendWindow: number;
  bufferedBytes = 0;
  outgoing: SendQueue | undefined = undefined;
  wantsDrain = false;
  /** The list of streams with something to send that this one is in. */
  list: StreamList | undefined = undefined;
  previous: StreamRecord | undefined = undefined;
  next: StreamRecord | undefined = undefined;
  /** For the table of open streams alone. */
  nextInSlot: StreamRecord | undefined = undefined;

  /** Bytes that the peer may still send. */
  receiveWindow: number;
  /** Bytes given to the layer above that it has not consumed. */
  unconsumedBytes = 0;
  /** Bytes consumed that the peer was not told of. */
  creditBytes = 0;
  /** What content-length said; -1: nothing. */
  expectedBytes = -1;
  receivedBytes = 0;
  /** A client's: what it asked. */
  request: OutgoingHeaders | undefined = undefined;
  /** A client's: the final response headers have come. A server's: always. */
  hasHeaders: boolean;

  constructor(id: number, connection: Connection, receiver: StreamReceiver | undefined, hasHeaders: boolean) {
    this.id = id;
    this.connection = connection;
    this.receiver = receiver;
    this.sendWindow = connection.sender.initialWindowBytes;
    this.receiveWindow = connection.initialReceiveWindow;
    this.hasHeaders = hasHeaders;
  }

  takesHeaders(headers: OutgoingHeaders): boolean {
    return this.connection.sender.headers.fits(headers);
  }

  sendHeaders(headers: OutgoingHeaders, endStream: boolean): void {
    this.connection.sender.sendHeaders(this, headers, endStream);
  }

  sendData(endStream: boolean, ...parts: readonly Uint8Array[]): boolean {
    return this.connection.sender.sendData(this, endStream, parts);
  }

  respond(headers: OutgoingHeaders, prefix: Uint8Array, body: Uint8Array, trailers: OutgoingHeaders): void {
    this.connection.sender.respond(this, headers, prefix, body, trailers);
  }

  sendTrailers(trailers: OutgoingHeaders): void {
    this.connection.sender.sendHeaders(this, trailers, true);
  }

  reset(code: number): void {
    this.connection.resetByUs(this, code);
  }

  consume(byteCount: number): void {
    this.connection.consume(this, byteCount);
  }

  // What the layer above is told. What it throws ends the stream, and nothing else.

  tellHeaders(headers: HeaderList, endStream: boolean): void {
    try {
      this.receiver!.headers(this, headers, endStream);
    } catch (cause) {
      this.receiverThrew(cause);
    }
  }

  tellData(bytes: Uint8Array, endStream: boolean): void {
    try {
      this.receiver!.data(this, bytes, endStream);
    } catch (cause) {
      this.receiverThrew(cause);
    }
  }

  tellDrained(): void {
    try {
      this.receiver?.drained(this);
    } catch (cause) {
      this.receiverThrew(cause);
    }
  }

  /** Nobody is left to hear of what the last word throws: it is a mistake of the layer above, not of a peer. */
  tellClosed(): void {
    try {
      this.receiver?.closed(this, this.error);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  receiverThrew(cause: unknown): void {
    const code = ErrorCode.INTERNAL_ERROR;
    this.connection.resetByUs(this, code, new Http2Error(code, "what receives the stream failed", "local", { cause }));
  }
}
