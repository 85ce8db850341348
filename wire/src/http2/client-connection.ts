import type { Socket } from "node:net";

import { ClosedBy } from "./closed-streams.ts";
import { Connection } from "./connection.ts";
import { CLIENT_PREFACE, MAX_31_BITS } from "./frame.ts";
import { checkHeaders, HeaderUse } from "./header-check.ts";
import { type HeaderField, type HeaderList, PreparedHeaders } from "./header-list.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import { type KnownOptions, resolveOptions } from "./resolved-options.ts";
import type { OutgoingHeaders } from "./send-queue.ts";
import { Setting } from "./settings.ts";
import { StreamRecord } from "./stream-record.ts";
import { deliverHeaders, receiveTrailers } from "./trailers.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";

export interface Http2ClientOptions extends Http2Options {
  /** Streams to open at once while the peer's SETTINGS_MAX_CONCURRENT_STREAMS is not known yet. Default 100. */
  readonly initialMaxConcurrentStreams?: number | undefined;
}

export interface Http2ClientEvents {
  /** The peer's first SETTINGS came: it speaks HTTP/2. Requests may be made before. */
  ready?(connection: Http2ClientConnection): void;
  /**
   * At most once: no new stream can be opened here any more, by the peer's GOAWAY (the error has its code and text), or since all
   * stream ids are used (no error). Streams that the peer did not begin with were closed before with `notProcessed`; the others go on.
   */
  goingAway?(connection: Http2ClientConnection, error: Http2Error | undefined): void;
  /** After `request` gave undefined: there is room for a stream again. */
  streamAvailable?(connection: Http2ClientConnection): void;
  /** Once, as the last thing: every stream was told before. */
  closed?(connection: Http2ClientConnection, error: Http2Error | undefined): void;
}

export interface Http2ClientConnection {
  readonly socket: Socket;
  readonly activeStreams: number;
  readonly closed: boolean;
  /** Whether `request` gives a stream now. */
  readonly canOpen: boolean;
  /** Neither closed nor going away: it may have no room now, but will again. */
  readonly usable: boolean;
  /**
   * Opens a stream; undefined when the peer allows no more now or the connection goes away. `receiver` is never called before this returns.
   * A connection that still connects (TCP or TLS) takes requests: they are sent once it has.
   */
  request(
    headers: PreparedHeaders | readonly HeaderField[],
    endStream: boolean,
    receiver: StreamReceiver,
  ): Http2Stream | undefined;
  /** Opens no more streams and closes when those under way have ended. Idempotent. */
  closeGracefully(): void;
  /** Ends every stream and the connection at once. An error's code and message go to the peer in GOAWAY. */
  destroy(error?: Http2Error): void;
  /** Milliseconds until the acknowledgement; undefined: the connection ended before it came. */
  ping(acknowledged: (roundTripMs: number | undefined) => void): void;
}

/** Speaks HTTP/2 as a client on a socket: plain with prior knowledge, unix, or TLS that offers `h2`. The socket is its own from now on. */
export function connectHttp2(
  socket: Socket,
  options: Http2ClientOptions,
  events: Http2ClientEvents,
): Http2ClientConnection {
  return new ClientConnection(socket, options, events);
}

const knownOptions: KnownOptions = new WeakMap();

class ClientConnection extends Connection implements Http2ClientConnection {
  readonly refusesOldStreams = false;
  readonly #events: Http2ClientEvents;
  #maxConcurrentStreams: number;
  #maxIsKnown = false;
  #nextStreamId = 1;
  #goingAway = false;
  /** The streams that a GOAWAY ends are being told. */
  #hearsGoaway = false;
  /** `request` gave undefined since there was no room. */
  #wanted = false;

  constructor(socket: Socket, options: Http2ClientOptions, events: Http2ClientEvents) {
    super(socket, resolveOptions(knownOptions, options, [[Setting.ENABLE_PUSH, 0]]));
    this.#maxConcurrentStreams = options.initialMaxConcurrentStreams ?? 100;
    this.#events = events;
    this.open(CLIENT_PREFACE);
  }

  get usable(): boolean {
    return !this.closed && !this.#goingAway;
  }

  get canOpen(): boolean {
    return this.usable && this.streams.size < this.#maxConcurrentStreams;
  }

  request(headers: OutgoingHeaders, endStream: boolean, receiver: StreamReceiver): Http2Stream | undefined {
    if (!this.canOpen) {
      this.#wanted = this.usable;
      return undefined;
    }
    const streamId = this.#nextStreamId;
    // Not queued, however little the peer reads: streams must begin in the order of their identifiers (RFC 9113, section 5.1.1).
    this.sender.writeHeaders(streamId, headers, endStream);
    this.#nextStreamId += 2;
    const stream = new StreamRecord(streamId, this, receiver, false);
    stream.localEnding = endStream;
    stream.localEnded = endStream;
    stream.request = headers;
    this.streams.add(stream);
    this.limits.usefulFrames++;
    this.scheduleFlush();
    if (this.#nextStreamId > MAX_31_BITS) {
      this.#goingAway = true;
      this.#events.goingAway?.(this, undefined);
    }
    return stream;
  }

  closeGracefully(): void {
    if (this.closed) return;
    this.#goingAway = true;
    this.#finishIfIdle();
  }

  #finishIfIdle(): void {
    if (this.streams.size > 0 || this.#hearsGoaway || this.closed) return;
    this.writeGoaway(0, ErrorCode.NO_ERROR, "");
    this.finish(undefined);
  }

  override goawayReceived(lastStreamId: number, error: Http2Error): void {
    const first = !this.#goingAway;
    // Before anybody hears of it: what is asked for again must not come back here.
    this.#goingAway = true;
    this.#hearsGoaway = true;
    const notProcessed = new Http2Error(ErrorCode.REFUSED_STREAM, error.message, "peer", { notProcessed: true });
    for (const stream of this.streams.all()) {
      if (stream.id > lastStreamId) this.closeStream(stream, ClosedBy.PEER_RESET, notProcessed);
    }
    if (first) this.#events.goingAway?.(this, error);
    this.#hearsGoaway = false;
    this.#finishIfIdle();
  }

  protected override streamClosed(): void {
    if (this.#goingAway) this.#finishIfIdle();
    else this.#tellRoom();
  }

  protected override endedBeforePeer(): void {}

  /** A server refuses no more than we ask. */
  override resetReceived(): boolean {
    return true;
  }

  override graceIsOver(): void {}

  #tellRoom(): void {
    if (!this.#wanted || !this.canOpen) return;
    this.#wanted = false;
    this.#events.streamAvailable?.(this);
  }

  protected override ended(error: Http2Error | undefined): void {
    this.#events.closed?.(this, error);
  }

  override headersReceived(
    streamId: number,
    stream: StreamRecord | undefined,
    headers: HeaderList,
    endStream: boolean,
    problem: string | undefined,
  ): void {
    if (stream === undefined) {
      this.fail(ErrorCode.PROTOCOL_ERROR, "HEADERS on a stream that nobody opened");
      return;
    }
    if (stream.hasHeaders) {
      receiveTrailers(this, stream, headers, endStream, problem);
      return;
    }
    if (headers.tooLarge) {
      this.failStream(streamId, stream, ErrorCode.ENHANCE_YOUR_CALM, "the header list is too large");
      return;
    }
    const check = checkHeaders(headers, HeaderUse.RESPONSE);
    const informational = check.status < 200;
    const malformed = problem ?? check.malformed ?? (informational && endStream ? "an informational end" : undefined);
    if (malformed !== undefined) {
      this.failStream(streamId, stream, ErrorCode.PROTOCOL_ERROR, malformed);
      return;
    }
    if (!informational) {
      stream.hasHeaders = true;
      if (!endStream && check.contentLength >= 0 && hasContent(stream, check.status))
        stream.expectedBytes = check.contentLength;
      stream.request = undefined;
    } else if (!this.limits.controlFrame()) return;
    deliverHeaders(this, stream, headers, endStream);
  }

  override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.#nextStreamId;
  }

  override lastProcessedStreamId(): number {
    return 0;
  }

  override maxConcurrentStreamsReceived(count: number): void {
    this.#maxConcurrentStreams = count;
    this.#maxIsKnown = true;
  }

  override settingsReceived(first: boolean): void {
    if (!this.#maxIsKnown) this.#maxConcurrentStreams = Infinity;
    if (first) this.#events.ready?.(this);
    this.#tellRoom();
  }

  /** RFC 9113, section 6.5.2: a server cannot ask for it. */
  override pushEnabledReceived(): void {
    this.fail(ErrorCode.PROTOCOL_ERROR, "a server that wants to be pushed to");
  }

  override pingReceived(): void {}
}

/** RFC 9110, sections 9.3.2 and 15.4.5: their content-length is that of what they do not carry. */
function hasContent(stream: StreamRecord, status: number): boolean {
  if (status === 304) return false;
  const { request } = stream;
  const fields = request instanceof PreparedHeaders ? request.fields : (request ?? []);
  return !fields.some(([name, value]) => name === ":method" && value === "HEAD");
}
