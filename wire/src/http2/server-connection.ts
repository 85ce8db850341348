import type { Socket } from "node:net";

import { ClosedBy } from "./closed-streams.ts";
import { Connection } from "./connection.ts";
import { CLIENT_PREFACE, MAX_31_BITS } from "./frame.ts";
import { checkHeaders, HeaderUse } from "./header-check.ts";
import type { HeaderList } from "./header-list.ts";
import { ErrorCode, type Http2Error } from "./http2-error.ts";
import type { Http2Options } from "./http2-options.ts";
import { type KnownOptions, resolveOptions } from "./resolved-options.ts";
import { Setting } from "./settings.ts";
import { StreamRecord } from "./stream-record.ts";
import { receiveTrailers } from "./trailers.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";

export interface Http2ServerOptions extends Http2Options {
  /**
   * SETTINGS_MAX_CONCURRENT_STREAMS: streams of one connection that are open at once. Default 1000.
   * One more gets RST_STREAM with REFUSED_STREAM.
   */
  readonly maxConcurrentStreams?: number | undefined;
  /** A PING of the peer, after its acknowledgement is on its way. For a layer above that has a policy for them. */
  readonly onPing?: ((connection: Http2ServerConnection) => void) | undefined;
  /** Once, as the last thing: every stream was told before. No error: it ended by `closeGracefully`, or the peer left without open streams. */
  readonly onClosed?: ((connection: Http2ServerConnection, error: Http2Error | undefined) => void) | undefined;
}

/** A request begins. What it throws resets the stream with INTERNAL_ERROR. */
export type OnStream = (stream: Http2Stream, headers: HeaderList, endStream: boolean) => StreamReceiver;

export interface Http2ServerConnection {
  readonly socket: Socket;
  readonly activeStreams: number;
  readonly closed: boolean;
  /** Streams that were opened so far: tells a layer above whether anything happened since it last looked. */
  readonly openedStreams: number;
  /**
   * GOAWAY in two steps (RFC 9113, section 6.8): the peer is told, streams that it opened meanwhile are still served, and when all
   * have ended the connection does. Idempotent.
   */
  closeGracefully(): void;
  /** Ends every stream and the connection at once. An error's code and message go to the peer in GOAWAY. */
  destroy(error?: Http2Error): void;
  /** Milliseconds until the acknowledgement; undefined: the connection ended before it came. */
  ping(acknowledged: (roundTripMs: number | undefined) => void): void;
}

/** Speaks HTTP/2 as a server on a connected socket: plain with prior knowledge, unix, or TLS that has agreed on `h2`. The socket is its own from now on. */
export function acceptHttp2(socket: Socket, options: Http2ServerOptions, onStream: OnStream): Http2ServerConnection {
  return new ServerConnection(socket, options, onStream);
}

const DEFAULT_MAX_CONCURRENT_STREAMS = 1000;
const knownOptions: KnownOptions = new WeakMap();

class ServerConnection extends Connection implements Http2ServerConnection {
  readonly refusesOldStreams = true;
  openedStreams = 0;
  readonly #serverOptions: Http2ServerOptions;
  readonly #maxConcurrentStreams: number;
  readonly #onStream: OnStream;
  #prefaceBytes = 0;
  #lastStreamId = 0;
  #hasSettings = false;
  #goingAway = false;
  /** The last GOAWAY is out: streams after this one are not served. */
  #finalStreamId = MAX_31_BITS;
  #lastDroppedStreamId = 0;

  constructor(socket: Socket, options: Http2ServerOptions, onStream: OnStream) {
    const maxConcurrentStreams = options.maxConcurrentStreams ?? DEFAULT_MAX_CONCURRENT_STREAMS;
    super(socket, resolveOptions(knownOptions, options, [[Setting.MAX_CONCURRENT_STREAMS, maxConcurrentStreams]]));
    this.#serverOptions = options;
    this.#maxConcurrentStreams = maxConcurrentStreams;
    this.#onStream = onStream;
    this.open(undefined);
  }

  closeGracefully(): void {
    if (this.#goingAway || this.closed) return;
    this.#goingAway = true;
    if (!this.#hasSettings) {
      this.graceIsOver();
      return;
    }
    this.writeGoaway(MAX_31_BITS, ErrorCode.NO_ERROR, "");
    this.watch.grace(true);
    this.ping(() => this.graceIsOver());
  }

  override graceIsOver(): void {
    if (this.closed || this.#finalStreamId !== MAX_31_BITS) return;
    this.watch.grace(false);
    this.#finalStreamId = this.#lastStreamId;
    this.writeGoaway(this.#lastStreamId, ErrorCode.NO_ERROR, "");
    this.streamClosed();
  }

  protected override streamClosed(): void {
    if (this.#finalStreamId === MAX_31_BITS || this.closed || this.streams.size > 0) return;
    this.finish(undefined);
  }

  protected override ended(error: Http2Error | undefined): void {
    this.#serverOptions.onClosed?.(this, error);
  }

  protected override socketData(chunk: Uint8Array): void {
    if (this.#prefaceBytes === CLIENT_PREFACE.length) super.socketData(chunk);
    else this.#readPreface(chunk);
  }

  /** RFC 9113, section 3.4. */
  #readPreface(chunk: Uint8Array): void {
    if (this.closed) return;
    let at = 0;
    while (at < chunk.length && this.#prefaceBytes < CLIENT_PREFACE.length) {
      if (chunk[at] !== CLIENT_PREFACE[this.#prefaceBytes]) {
        this.fail(ErrorCode.PROTOCOL_ERROR, "this is not HTTP/2");
        return;
      }
      at++;
      this.#prefaceBytes++;
    }
    if (at < chunk.length) super.socketData(chunk.subarray(at));
  }

  override headersReceived(
    streamId: number,
    stream: StreamRecord | undefined,
    headers: HeaderList,
    endStream: boolean,
    problem: string | undefined,
  ): void {
    if (stream !== undefined) {
      receiveTrailers(this, stream, headers, endStream, problem);
      return;
    }
    if (streamId % 2 === 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, "a client's stream cannot have an even identifier");
      return;
    }
    if (this.#finalStreamId !== MAX_31_BITS && streamId > this.#finalStreamId) {
      // RFC 9113, section 6.8: dropped without a word, and so is what follows on it; GOAWAY has told the client.
      this.#lastDroppedStreamId = streamId;
      this.streams.remember(streamId, ClosedBy.OUR_RESET);
      this.limits.controlFrame();
      return;
    }
    this.#lastStreamId = streamId;
    if (this.streams.size >= this.#maxConcurrentStreams) {
      this.failStream(streamId, undefined, ErrorCode.REFUSED_STREAM, "more streams than allowed");
      return;
    }
    if (headers.tooLarge) {
      this.failStream(streamId, undefined, ErrorCode.ENHANCE_YOUR_CALM, "the header list is too large");
      return;
    }
    const check = checkHeaders(headers, HeaderUse.REQUEST);
    const malformed = problem ?? check.malformed;
    if (malformed !== undefined || (endStream && check.contentLength > 0)) {
      this.failStream(
        streamId,
        undefined,
        ErrorCode.PROTOCOL_ERROR,
        malformed ?? "no DATA where content-length wants it",
      );
      return;
    }
    this.#begin(streamId, headers, endStream, check.contentLength);
  }

  #begin(streamId: number, headers: HeaderList, endStream: boolean, contentLength: number): void {
    const stream = new StreamRecord(streamId, this, undefined, true);
    stream.remoteEnded = endStream;
    stream.expectedBytes = contentLength;
    this.streams.add(stream);
    this.limits.usefulFrames++;
    this.openedStreams++;
    try {
      stream.receiver = this.#onStream(stream, headers, endStream);
    } catch (cause) {
      stream.receiverThrew(cause);
      return;
    }
    // Answered already: it could not be told before there was whom to tell.
    if (stream.closed) stream.tellClosed();
  }

  protected override endedBeforePeer(stream: StreamRecord): void {
    this.resetWhenFlushed(stream);
  }

  override isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > Math.max(this.#lastStreamId, this.#lastDroppedStreamId);
  }

  override lastProcessedStreamId(): number {
    return this.#lastStreamId;
  }

  override pingReceived(): void {
    this.#serverOptions.onPing?.(this);
  }

  /** A client that goes away is served to the end of its streams. */
  override goawayReceived(): void {}

  override settingsReceived(): void {
    this.#hasSettings = true;
  }

  override resetReceived(): boolean {
    return this.limits.reset();
  }

  override maxConcurrentStreamsReceived(): void {}
  override pushEnabledReceived(): void {}
}
