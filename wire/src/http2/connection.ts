import type { Socket } from "node:net";

import { ClosedBy } from "./closed-streams.ts";
import { flushThisTurn } from "../net/flush-loop.ts";
import { FrameType } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameReceiver } from "./frame-receiver.ts";
import type { HeaderList } from "./header-list.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import { endWithPatience } from "../net/linger.ts";
import { PeerLimits } from "./peer-limits.ts";
import { Pings } from "./pings.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { ResolvedOptions } from "./resolved-options.ts";
import { Sender } from "./sender.ts";
import { DEFAULT_WINDOW_BYTES } from "./settings.ts";
import type { StreamRecord } from "./stream-record.ts";
import { StreamTable } from "./stream-table.ts";
import { Watch } from "./watch.ts";

/** What both roles share: the life of a connection and of its streams. */
export abstract class Connection {
  readonly socket: Socket;
  readonly options: ResolvedOptions;
  readonly streams = new StreamTable();
  readonly sender: Sender;
  readonly limits: PeerLimits;
  readonly receiveWindow: ReceiveWindow;
  readonly watch: Watch;
  closed = false;
  /** What a new stream's peer may send. */
  initialReceiveWindow: number;
  /** The peer's GOAWAY, if it had an error. */
  peerError: Http2Error | undefined = undefined;
  readonly #reader: FrameReader;
  #lastCut = 0;
  #wasCut = false;
  #flushScheduled = false;
  /** Streams that have sent all while the peer has not. */
  #finished: StreamRecord[] | undefined;
  #pings: Pings | undefined;

  constructor(socket: Socket, options: ResolvedOptions) {
    this.socket = socket;
    this.options = options;
    this.sender = new Sender(this);
    this.limits = new PeerLimits(this);
    // The peer keeps to the protocol's default until it has our SETTINGS.
    this.initialReceiveWindow = Math.max(options.initialWindowBytes, DEFAULT_WINDOW_BYTES);
    this.receiveWindow = new ReceiveWindow(options.connectionWindowBytes);
    this.#reader = new FrameReader(new FrameReceiver(this), options.maxFrameBytes);
    this.watch = new Watch(this);
  }

  /** A server: HEADERS for an id below those that the client has used is not a stream that ended, unless it is remembered. */
  abstract readonly refusesOldStreams: boolean;
  /** A whole header block came. `stream` is undefined when none of that id was ever open. */
  abstract headersReceived(
    streamId: number,
    stream: StreamRecord | undefined,
    headers: HeaderList,
    endStream: boolean,
    problem: string | undefined,
  ): void;
  /** Whether nobody has opened this stream yet. */
  abstract isIdle(streamId: number): boolean;
  /** What we processed last of what the peer opened. */
  abstract lastProcessedStreamId(): number;
  abstract resetReceived(): boolean;
  abstract goawayReceived(lastStreamId: number, error: Http2Error): void;
  abstract settingsReceived(first: boolean): void;
  abstract maxConcurrentStreamsReceived(count: number): void;
  abstract pushEnabledReceived(): void;
  abstract pingReceived(): void;
  /** The peer has had its time to hear that we go away. */
  abstract graceIsOver(): void;
  protected abstract endedBeforePeer(stream: StreamRecord): void;
  protected abstract streamClosed(): void;
  protected abstract ended(error: Http2Error | undefined): void;

  get activeStreams(): number {
    return this.streams.size;
  }

  /** Begins to read, and says what a connection says first. */
  protected open(preface: Uint8Array | undefined): void {
    const { socket, options, sender } = this;
    this.watch.begin();
    if (preface !== undefined) sender.output.copy(preface);
    sender.output.copy(options.opening);
    this.scheduleFlush();
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => this.socketData(chunk));
    socket.on("drain", () => this.#socketDrained());
    const ended = (error?: Error | boolean): void => this.#socketEnded(error instanceof Error ? error : undefined);
    socket.on("end", ended);
    socket.on("error", ended);
    socket.on("close", ended);
  }

  protected socketData(chunk: Uint8Array): void {
    if (this.closed) return;
    const reader = this.#reader;
    reader.read(chunk);
    // More of the same cut frame gives it no more time.
    if (reader.cutFrames === this.#lastCut && reader.hasCutFrame === this.#wasCut) return;
    this.#lastCut = reader.cutFrames;
    this.#wasCut = reader.hasCutFrame;
    this.watch.cutFrame(this.#wasCut);
  }

  // What is sent without being asked for by the layer above.

  scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    flushThisTurn(this);
  }

  flush(): void {
    this.#flushScheduled = false;
    if (this.closed) return;
    if (this.#finished !== undefined) this.#resetFinished(this.#finished);
    this.sender.fill();
    this.sender.output.flush();
    if (this.sender.hasMore && !this.sender.output.socketFull) this.scheduleFlush();
  }

  /** A frame of four or eight bytes, or none, that the peer made us send. */
  writeControl(type: number, flags: number, streamId: number, first?: number, second?: number): void {
    const { output } = this.sender;
    if (output.socketFull && !this.limits.queueControlFrame()) return;
    output.frameHeader(first === undefined ? 0 : second === undefined ? 4 : 8, type, flags, streamId);
    if (first !== undefined) output.uint32(first);
    if (second !== undefined) output.uint32(second);
    this.scheduleFlush();
  }

  protected writeGoaway(lastStreamId: number, code: number, message: string): void {
    const { output } = this.sender;
    const text = Buffer.from(message);
    output.frameHeader(8 + text.length, FrameType.GOAWAY, 0, 0);
    output.uint32(lastStreamId);
    output.uint32(code);
    output.copy(text);
    this.scheduleFlush();
  }

  ping(acknowledged: (roundTripMs: number | undefined) => void): void {
    if (this.closed) acknowledged(undefined);
    else this.writeControl(FrameType.PING, 0, 0, 0, (this.#pings ??= new Pings()).add(acknowledged));
  }

  pingAcknowledged(number: number): void {
    this.#pings?.acknowledge(number);
  }

  /** Of the connection alone. */
  giveBack(byteCount: number): void {
    const increment = this.receiveWindow.giveBack(byteCount);
    if (increment > 0 && !this.closed) this.writeControl(FrameType.WINDOW_UPDATE, 0, 0, increment);
  }

  /** Of a stream alone. */
  giveBackToStream(stream: StreamRecord, byteCount: number): void {
    stream.creditBytes += byteCount;
    if (stream.creditBytes * 2 < this.options.initialWindowBytes || stream.remoteEnded) return;
    const increment = stream.creditBytes;
    stream.creditBytes = 0;
    stream.receiveWindow += increment;
    this.writeControl(FrameType.WINDOW_UPDATE, 0, stream.id, increment);
  }

  consume(stream: StreamRecord, byteCount: number): void {
    if (stream.closed) return;
    const consumed = Math.min(byteCount, stream.unconsumedBytes);
    stream.unconsumedBytes -= consumed;
    this.giveBackToStream(stream, consumed);
    this.giveBack(consumed);
  }

  // The life of a stream.

  /** All of the stream is given to the output. */
  localEnd(stream: StreamRecord): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.closeStream(stream, ClosedBy.END_STREAM, undefined);
    else this.endedBeforePeer(stream);
  }

  /** The peer's END_STREAM was passed on. */
  remoteEnd(stream: StreamRecord): void {
    if (stream.localEnded) this.closeStream(stream, ClosedBy.END_STREAM, undefined);
  }

  /** RFC 9113, section 8.1: what the client still sends is of no use. Not before this turn ends: its END_STREAM is often right behind. */
  protected resetWhenFlushed(stream: StreamRecord): void {
    (this.#finished ??= []).push(stream);
    this.scheduleFlush();
  }

  #resetFinished(streams: StreamRecord[]): void {
    this.#finished = undefined;
    for (const stream of streams) {
      if (stream.closed) continue;
      this.writeControl(FrameType.RST_STREAM, 0, stream.id, ErrorCode.NO_ERROR);
      this.closeStream(stream, ClosedBy.OUR_RESET, undefined);
    }
  }

  resetByUs(stream: StreamRecord, code: number, error?: Http2Error): void {
    if (stream.closed) return;
    this.writeControl(FrameType.RST_STREAM, 0, stream.id, code);
    this.closeStream(stream, ClosedBy.OUR_RESET, error ?? new Http2Error(code, "the stream was reset here", "local"));
  }

  /** RFC 9113, section 5.4.2: the peer made a mistake, or asks too much, on this stream; it need not be open. */
  failStream(streamId: number, stream: StreamRecord | undefined, code: number, message: string): void {
    if (!this.limits.reset()) return;
    if (stream !== undefined && !stream.closed) {
      this.resetByUs(stream, code, new Http2Error(code, message, "local"));
      return;
    }
    this.writeControl(FrameType.RST_STREAM, 0, streamId, code);
    if (this.streams.howClosed(streamId) === ClosedBy.UNKNOWN) this.streams.remember(streamId, ClosedBy.OUR_RESET);
  }

  closeStream(stream: StreamRecord, by: number, error: Http2Error | undefined): void {
    if (stream.closed) return;
    stream.closed = true;
    stream.error = error;
    this.streams.remove(stream, by);
    this.sender.drop(stream);
    if (stream.unconsumedBytes > 0) {
      this.giveBack(stream.unconsumedBytes);
      stream.unconsumedBytes = 0;
    }
    stream.tellClosed();
    this.streamClosed();
  }

  // The end of the connection.

  /** RFC 9113, section 5.4.1: a mistake of the peer that the connection does not survive. */
  fail(code: number, message: string): void {
    if (!this.closed) this.destroy(new Http2Error(code, message, "local"));
  }

  destroy(error?: Http2Error): void {
    if (this.closed) return;
    this.writeGoaway(this.lastProcessedStreamId(), error?.code ?? ErrorCode.NO_ERROR, error?.message ?? "");
    this.finish(error ?? new Http2Error(ErrorCode.CANCEL, "the connection was closed here", "local"));
  }

  /** Ends all streams with the error, and sends what is ready. */
  protected finish(error: Http2Error | undefined): void {
    if (this.closed) return;
    this.#end(error);
    this.sender.output.flush();
    endWithPatience(this.socket, this.options.closeTimeoutMs);
  }

  #end(error: Http2Error | undefined): void {
    this.closed = true;
    this.#reader.stopped = true;
    this.watch.stop();
    const streamError = error ?? new Http2Error(ErrorCode.CANCEL, "the connection ended", "connection");
    for (const stream of this.streams.all()) this.closeStream(stream, ClosedBy.OUR_RESET, streamError);
    this.#pings?.giveUp();
    this.ended(error);
  }

  #socketEnded(cause: Error | undefined): void {
    if (this.closed) return;
    const orderly = cause === undefined && this.streams.size === 0;
    const lost = this.peerError ?? connectionLost(cause);
    this.#end(orderly ? undefined : lost);
    endWithPatience(this.socket, this.options.closeTimeoutMs);
  }

  #socketDrained(): void {
    this.sender.output.socketFull = false;
    this.limits.controlFramesAreSent();
    this.scheduleFlush();
  }
}

function connectionLost(cause: Error | undefined): Http2Error {
  const message = cause?.message ?? "the connection was lost";
  return new Http2Error(ErrorCode.INTERNAL_ERROR, message, "connection", { cause });
}
