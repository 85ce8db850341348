import type { Socket } from "node:net";

import { ClosedBy, ClosedStreams } from "./closed-streams.ts";
import { flushThisTurn } from "./flush-loop.ts";
import { FrameType } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameReceiver } from "./frame-receiver.ts";
import { checkHeaders, HeaderUse } from "./header-check.ts";
import type { HeaderList } from "./header-list.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import type { ResolvedOptions } from "./resolved-options.ts";
import { Sender } from "./sender.ts";
import type { StreamRecord } from "./stream-record.ts";
import { TokenBucket } from "./token-bucket.ts";
import { Watch } from "./watch.ts";

/** A frame that is not worth anything is paid for by those that are. */
const CONTROL_FRAMES_A_DATA_FRAME = 8;

/** What both roles share: the life of a connection and of its streams. */
export abstract class Connection {
  readonly socket: Socket;
  readonly options: ResolvedOptions;
  readonly sender: Sender;
  closed = false;
  /** Streams opened, and DATA frames with bytes, either way, since control frames were last counted. */
  dataFrames = 0;
  /** The peer's GOAWAY, if it had an error. */
  peerError: Http2Error | undefined = undefined;
  protected readonly watch: Watch;
  readonly #receiver: FrameReceiver;
  readonly #reader: FrameReader;
  #streams: Map<number, StreamRecord> | undefined;
  /** The stream that was used last: the next frame is often its own. */
  #latest: StreamRecord | undefined;
  #closedStreams: ClosedStreams | undefined;
  #flushScheduled = false;
  /** Servers' streams that have sent all while the peer has not. */
  #finishing: StreamRecord[] | undefined;
  /** Connection's receive window: what the peer may still send, and what it was not told of yet. */
  #receiveWindow: number;
  #creditBytes = 0;
  #queuedControlFrames = 0;
  #controlFrames: TokenBucket | undefined;
  #resets: TokenBucket | undefined;
  #pings: PendingPing[] | undefined;
  #pingCount = 0;
  #lastCut = 0;
  #lingering: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: ResolvedOptions) {
    this.socket = socket;
    this.options = options;
    this.sender = new Sender(this, options.sendBufferBytes);
    this.#receiveWindow = options.connectionWindowBytes;
    this.#receiver = new FrameReceiver(this);
    this.#reader = new FrameReader(this.#receiver, options.maxFrameBytes);
    this.watch = new Watch(() => this.#late());
  }

  /** A whole header block came. `stream` is undefined when none of that id is open. */
  abstract headersReceived(
    streamId: number,
    stream: StreamRecord | undefined,
    headers: HeaderList,
    endStream: boolean,
    problem: string | undefined,
  ): void;
  /** A server: HEADERS for an id below those that the client has used is not a stream that ended, unless it is remembered. */
  abstract readonly refusesOldStreams: boolean;
  /** Whether nobody has opened this stream yet. */
  abstract isIdle(streamId: number): boolean;
  abstract goawayReceived(lastStreamId: number, error: Http2Error | undefined): void;
  /** SETTINGS of the peer that only one role heeds. */
  abstract setMaxConcurrentStreams(count: number): void;
  abstract pushEnabledReceived(): void;
  abstract settingsReceived(first: boolean): void;
  abstract pingReceived(): void;
  /** What we processed last of what the peer opened. */
  abstract lastProcessedStreamId(): number;
  protected abstract streamClosed(): void;
  protected abstract ended(error: Http2Error | undefined): void;

  get activeStreams(): number {
    return this.#streams === undefined ? 0 : this.#streams.size;
  }

  /** Begins to read, and says what a connection says first. */
  protected open(preface: Uint8Array | undefined): void {
    const { socket, options, sender, watch } = this;
    const nowMs = performance.now();
    watch.opening = nowMs + options.headerTimeoutMs;
    watch.settingsAck = nowMs + options.settingsTimeoutMs;
    watch.arm();
    if (preface !== undefined) sender.output.copy(preface);
    sender.output.copy(options.opening);
    this.scheduleFlush();
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => this.socketData(chunk));
    socket.on("drain", () => this.#socketDrained());
    socket.on("end", () => this.#socketEnded(undefined));
    socket.on("error", (error) => this.#socketEnded(error));
    socket.on("close", () => this.#socketEnded(undefined));
  }

  protected socketData(chunk: Uint8Array): void {
    if (this.closed) return;
    const reader = this.#reader;
    reader.read(chunk);
    if (reader.cutFrames === this.#lastCut && !reader.hasCutFrame) return;
    this.watch.cutFrame = 0;
    if (!reader.hasCutFrame || this.closed) return;
    this.#lastCut = reader.cutFrames;
    this.watch.cutFrame = performance.now() + this.options.headerTimeoutMs;
    this.watch.arm();
  }

  // Sending.

  scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    flushThisTurn(this);
  }

  flush(): void {
    this.#flushScheduled = false;
    if (this.closed) return;
    if (this.#finishing !== undefined) this.#resetFinished(this.#finishing);
    this.sender.fill();
    this.sender.output.flush();
  }

  /** A frame that flow control does not hold back and the layer above did not ask for. */
  writeControl(type: number, flags: number, streamId: number, first: number, second?: number): void {
    const { output } = this.sender;
    if (output.socketFull && ++this.#queuedControlFrames > this.options.maxQueuedControlFrames) {
      this.fail(ErrorCode.ENHANCE_YOUR_CALM, "the peer does not read what it makes us answer");
      return;
    }
    output.frameHeader(second === undefined ? 4 : 8, type, flags, streamId);
    output.uint32(first);
    if (second !== undefined) output.uint32(second);
    this.scheduleFlush();
  }

  acknowledgeSettings(): void {
    const { output } = this.sender;
    if (output.socketFull && ++this.#queuedControlFrames > this.options.maxQueuedControlFrames) {
      this.fail(ErrorCode.ENHANCE_YOUR_CALM, "the peer does not read what it makes us answer");
      return;
    }
    output.frameHeader(0, FrameType.SETTINGS, 1, 0);
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
    if (this.closed) {
      acknowledged(undefined);
      return;
    }
    const number = ++this.#pingCount;
    (this.#pings ??= []).push({ number, sentAtMs: performance.now(), acknowledged });
    const { output } = this.sender;
    output.frameHeader(8, FrameType.PING, 0, 0);
    output.uint32(0);
    output.uint32(number);
    this.scheduleFlush();
  }

  pingAcknowledged(number: number): void {
    const index = this.#pings?.findIndex((ping) => ping.number === number) ?? -1;
    if (index < 0) return;
    const [ping] = this.#pings!.splice(index, 1);
    ping!.acknowledged(performance.now() - ping!.sentAtMs);
  }

  /** All of the stream is given to the output. */
  localEnd(stream: StreamRecord): void {
    stream.localEnded = true;
    if (stream.remoteEnded) this.closeStream(stream, ClosedBy.END_STREAM, undefined);
    else this.endedBeforePeer(stream);
  }

  protected endedBeforePeer(_stream: StreamRecord): void {}

  /** RFC 9113, section 8.1: what the client still sends is of no use. Not before this turn ends: its END_STREAM is often right behind. */
  protected resetWhenFlushed(stream: StreamRecord): void {
    (this.#finishing ??= []).push(stream);
    this.scheduleFlush();
  }

  #resetFinished(streams: StreamRecord[]): void {
    this.#finishing = undefined;
    for (const stream of streams) {
      if (stream.closed) continue;
      this.writeControl(FrameType.RST_STREAM, 0, stream.id, ErrorCode.NO_ERROR);
      this.closeStream(stream, ClosedBy.OUR_RESET, undefined);
    }
  }

  /** RFC 9113, section 8.1. */
  protected trailersReceived(
    stream: StreamRecord,
    headers: HeaderList,
    endStream: boolean,
    problem: string | undefined,
  ): void {
    if (headers.tooLarge) {
      this.failStream(stream.id, stream, ErrorCode.ENHANCE_YOUR_CALM, "the trailers are too large");
      return;
    }
    let malformed = problem ?? checkHeaders(headers, HeaderUse.TRAILERS).malformed;
    if (!endStream) malformed ??= "headers in the middle of a stream";
    if (stream.expectedBytes >= 0 && stream.receivedBytes !== stream.expectedBytes)
      malformed ??= "DATA is not what content-length says";
    if (malformed === undefined) this.deliverHeaders(stream, headers, endStream);
    else this.failStream(stream.id, stream, ErrorCode.PROTOCOL_ERROR, malformed);
  }

  protected deliverHeaders(stream: StreamRecord, headers: HeaderList, endStream: boolean): void {
    if (endStream) stream.remoteEnded = true;
    try {
      stream.receiver!.headers(stream, headers, endStream);
    } catch (cause) {
      this.receiverThrew(stream, cause);
    }
    if (endStream && stream.localEnded) this.closeStream(stream, ClosedBy.END_STREAM, undefined);
  }

  drained(stream: StreamRecord): void {
    try {
      stream.receiver?.drained(stream);
    } catch (cause) {
      this.receiverThrew(stream, cause);
    }
  }

  // Receiving.

  /** Bytes of DATA frames, padding included. False: more than we allowed. */
  takeReceiveWindow(byteCount: number): boolean {
    this.#receiveWindow -= byteCount;
    return this.#receiveWindow >= 0;
  }

  /** Of the connection alone. */
  giveBack(byteCount: number): void {
    this.#creditBytes += byteCount;
    if (this.#creditBytes * 2 < this.options.connectionWindowBytes || this.closed) return;
    const increment = this.#creditBytes;
    this.#creditBytes = 0;
    this.#receiveWindow += increment;
    this.writeControl(FrameType.WINDOW_UPDATE, 0, 0, increment);
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

  // Streams.

  find(streamId: number): StreamRecord | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.id === streamId) return latest;
    const stream = this.#streams?.get(streamId);
    if (stream !== undefined) this.#latest = stream;
    return stream;
  }

  protected addStream(stream: StreamRecord): void {
    (this.#streams ??= new Map<number, StreamRecord>()).set(stream.id, stream);
    this.#latest = stream;
    this.dataFrames++;
  }

  streams(): Iterable<StreamRecord> {
    return this.#streams?.values() ?? [];
  }

  howClosed(streamId: number): number {
    return this.#closedStreams?.find(streamId) ?? ClosedBy.UNKNOWN;
  }

  resetByUs(stream: StreamRecord, code: number, error?: Http2Error): void {
    if (stream.closed) return;
    this.writeControl(FrameType.RST_STREAM, 0, stream.id, code);
    this.closeStream(stream, ClosedBy.OUR_RESET, error ?? new Http2Error(code, "the stream was reset here", "local"));
  }

  /** RFC 9113, section 5.4.2: the peer made a mistake, or asks too much, on this stream; it need not be open. */
  failStream(streamId: number, stream: StreamRecord | undefined, code: number, message: string): void {
    if (!this.countReset()) return;
    if (stream !== undefined && !stream.closed) {
      this.resetByUs(stream, code, new Http2Error(code, message, "local"));
      return;
    }
    this.writeControl(FrameType.RST_STREAM, 0, streamId, code);
    if (this.howClosed(streamId) === ClosedBy.UNKNOWN) this.#remember(streamId, ClosedBy.OUR_RESET);
  }

  closeStream(stream: StreamRecord, by: number, error: Http2Error | undefined): void {
    if (stream.closed) return;
    stream.closed = true;
    stream.error = error;
    this.#streams?.delete(stream.id);
    if (this.#latest === stream) this.#latest = undefined;
    this.#remember(stream.id, by);
    this.sender.drop(stream);
    if (stream.unconsumedBytes > 0) {
      this.giveBack(stream.unconsumedBytes);
      stream.unconsumedBytes = 0;
    }
    if (stream.receiver !== undefined) this.tellClosed(stream);
    this.streamClosed();
  }

  /** Nobody is left to hear of what the last word throws: it is a mistake of the layer above, not of a peer. */
  protected tellClosed(stream: StreamRecord): void {
    try {
      stream.receiver!.closed(stream, stream.error);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  receiverThrew(stream: StreamRecord, cause: unknown): void {
    const message = "the layer above failed";
    this.resetByUs(
      stream,
      ErrorCode.INTERNAL_ERROR,
      new Http2Error(ErrorCode.INTERNAL_ERROR, message, "local", { cause }),
    );
  }

  #remember(streamId: number, by: number): void {
    (this.#closedStreams ??= new ClosedStreams()).add(streamId, by);
  }

  // Limits.

  /** False: the connection has ended, the peer sent too much that brings nothing. */
  countControlFrame(cost = 1): boolean {
    const { controlFrameBurst, controlFramesPerSecond } = this.options;
    const bucket = (this.#controlFrames ??= new TokenBucket(controlFrameBurst, controlFramesPerSecond));
    if (this.dataFrames > 0) {
      bucket.add(this.dataFrames * CONTROL_FRAMES_A_DATA_FRAME);
      this.dataFrames = 0;
    }
    if (bucket.take(cost)) return true;
    this.fail(ErrorCode.ENHANCE_YOUR_CALM, "too many frames that bring nothing");
    return false;
  }

  countReset(): boolean {
    const bucket = (this.#resets ??= new TokenBucket(this.options.resetBurst, this.options.resetsPerSecond));
    if (bucket.take(1)) return true;
    this.fail(ErrorCode.ENHANCE_YOUR_CALM, "too many streams were reset");
    return false;
  }

  headerBlockBegins(): void {
    this.watch.headerBlock = performance.now() + this.options.headerTimeoutMs;
    this.watch.arm();
  }

  headerBlockEnds(): void {
    this.watch.headerBlock = 0;
  }

  settingsAcknowledged(): void {
    this.watch.settingsAck = 0;
  }

  firstSettingsReceived(): void {
    this.watch.opening = 0;
  }

  /** The peer has had its time for this. */
  protected graceIsOver(): void {}

  #late(): void {
    const { watch } = this;
    const nowMs = performance.now();
    if (isPast(watch.opening, nowMs)) this.fail(ErrorCode.PROTOCOL_ERROR, "no preface and SETTINGS in time");
    else if (isPast(watch.headerBlock, nowMs) || isPast(watch.cutFrame, nowMs))
      this.fail(ErrorCode.PROTOCOL_ERROR, "the rest of a frame or of a header block did not come in time");
    else if (isPast(watch.settingsAck, nowMs))
      this.fail(ErrorCode.SETTINGS_TIMEOUT, "SETTINGS were not acknowledged in time");
    else if (isPast(watch.goingAway, nowMs)) {
      watch.goingAway = 0;
      this.graceIsOver();
    }
  }

  // The end.

  /** RFC 9113, section 5.4.1: a mistake of the peer that the connection does not survive. */
  fail(code: number, message: string): void {
    if (this.closed) return;
    this.writeGoaway(this.lastProcessedStreamId(), code, message);
    this.finish(new Http2Error(code, message, "local"));
  }

  destroy(error?: Http2Error): void {
    if (this.closed) return;
    const code = error?.code ?? ErrorCode.NO_ERROR;
    this.writeGoaway(this.lastProcessedStreamId(), code, error?.message ?? "");
    this.finish(error ?? new Http2Error(ErrorCode.CANCEL, "the connection was closed here", "local"));
  }

  /** Ends all streams with the error, sends what is ready, and leaves the rest to the peer, for a while. */
  protected finish(error: Http2Error | undefined): void {
    if (!this.#end(error)) return;
    const { socket } = this;
    this.sender.output.flush();
    socket.end();
    this.#lingering = setTimeout(() => socket.destroy(), this.options.closeTimeoutMs);
    this.#lingering.unref();
  }

  #end(error: Http2Error | undefined): boolean {
    if (this.closed) return false;
    this.closed = true;
    this.#reader.stopped = true;
    this.watch.stop();
    const streamError = error ?? new Http2Error(ErrorCode.CANCEL, "the connection ended", "connection");
    for (const stream of this.streams()) this.closeStream(stream, ClosedBy.OUR_RESET, streamError);
    const pings = this.#pings;
    this.#pings = undefined;
    if (pings !== undefined) for (const ping of pings) ping.acknowledged(undefined);
    this.ended(error);
    return true;
  }

  #socketEnded(cause: Error | undefined): void {
    clearTimeout(this.#lingering);
    const orderly = cause === undefined && this.activeStreams === 0;
    const error = orderly
      ? undefined
      : (this.peerError ??
        new Http2Error(ErrorCode.INTERNAL_ERROR, cause?.message ?? "the connection was lost", "connection", { cause }));
    this.#end(error);
    this.socket.destroy();
  }

  #socketDrained(): void {
    const { output } = this.sender;
    output.socketFull = false;
    this.#queuedControlFrames = 0;
    this.scheduleFlush();
  }
}

interface PendingPing {
  readonly number: number;
  readonly sentAtMs: number;
  readonly acknowledged: (roundTripMs: number | undefined) => void;
}

function isPast(moment: number, nowMs: number): boolean {
  return moment !== 0 && moment <= nowMs;
}
