import type { Connection } from "./connection.ts";
import { EMPTY_BYTES, Flag, FrameType, MAX_31_BITS } from "./frame.ts";
import { FrameOutput } from "./frame-output.ts";
import { HeaderListError } from "./header-list.ts";
import { HeaderWriter } from "./header-writer.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import { type OutgoingHeaders, SendQueue } from "./send-queue.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from "./settings.ts";
import { StreamList } from "./stream-list.ts";
import type { StreamRecord } from "./stream-record.ts";

/** More than this is not made ready for one write; the streams keep it. */
const WRITE_BYTES = 262_144;

/** Longer frames than this are not sent even where the peer takes them: streams share the connection. */
const LONGEST_SENT_FRAME_BYTES = 65_536;

/**
 * The sending half of a connection: flow control on both levels (RFC 9113, section 5.2), and whose turn it is. What can be sent at once goes straight to
 * the output; the rest waits with its stream, and the streams take turns, a frame each.
 */
export class Sender {
  readonly output: FrameOutput;
  readonly headers: HeaderWriter;
  /** Of the connection: what the peer lets us send. */
  window = DEFAULT_WINDOW_BYTES;
  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE. */
  initialWindowBytes = DEFAULT_WINDOW_BYTES;
  readonly #connection: Connection;
  readonly #sendBufferBytes: number;
  /** Of all streams. */
  #queuedBytes = 0;
  #maxFrameBytes = DEFAULT_FRAME_BYTES;
  /** Streams that have something to send and may. */
  #ready: StreamList | undefined;
  /** Streams that have data while the connection's window is used up. */
  #starved: StreamList | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sendBufferBytes = connection.options.sendBufferBytes;
    this.output = new FrameOutput(connection.socket);
    this.headers = new HeaderWriter(this.output);
  }

  setMaxFrameBytes(bytes: number): void {
    this.#maxFrameBytes = Math.min(bytes, LONGEST_SENT_FRAME_BYTES);
  }

  /** Throws a TypeError for a field that may not be sent, a `HeaderListError` for more than the peer takes, and has done nothing then. */
  writeHeaders(streamId: number, headers: OutgoingHeaders, endStream: boolean): void {
    this.headers.write(streamId, headers, endStream, this.#maxFrameBytes);
  }

  sendHeaders(stream: StreamRecord, headers: OutgoingHeaders, endStream: boolean): void {
    if (stream.localEnding || stream.closed) return;
    if (endStream) stream.localEnding = true;
    if (this.#isCongested() || hasQueue(stream)) {
      queueOf(stream).add(headers);
      this.#queued(stream, endStream);
      return;
    }
    if (!this.#tryHeaders(stream, headers, endStream)) return;
    this.#connection.scheduleFlush();
    if (endStream) this.#connection.localEnd(stream);
  }

  sendData(stream: StreamRecord, endStream: boolean, parts: readonly Uint8Array[]): boolean {
    if (stream.localEnding || stream.closed) return true;
    if (endStream) stream.localEnding = true;
    let byteCount = 0;
    for (let index = 0; index < parts.length; index++) byteCount += parts[index]!.length;
    if (byteCount === 0 && !endStream) return !stream.wantsDrain;
    if (this.#fits(stream, byteCount)) {
      this.#takeWindow(stream, byteCount);
      this.output.dataHeader(byteCount, endStream, stream.id, this.#maxFrameBytes);
      for (let index = 0; index < parts.length; index++) this.output.payload(parts[index]!);
      this.#connection.scheduleFlush();
      if (endStream) this.#connection.localEnd(stream);
      return true;
    }
    if (!this.#mayQueue(stream, byteCount)) return true;
    const queue = queueOf(stream);
    for (let index = 0; index < parts.length; index++) if (parts[index]!.length > 0) queue.add(parts[index]!);
    if (byteCount === 0) queue.add(EMPTY_BYTES);
    this.#queued(stream, endStream);
    if (stream.bufferedBytes <= this.#sendBufferBytes) return true;
    stream.wantsDrain = true;
    return false;
  }

  respond(
    stream: StreamRecord,
    headers: OutgoingHeaders,
    prefix: Uint8Array,
    body: Uint8Array,
    trailers: OutgoingHeaders,
  ): void {
    if (stream.localEnding || stream.closed) return;
    const byteCount = prefix.length + body.length;
    if (this.#fits(stream, byteCount)) {
      if (!this.#tryHeaders(stream, headers, false)) return;
      this.#takeWindow(stream, byteCount);
      const { output } = this;
      output.frameHeader(byteCount, FrameType.DATA, 0, stream.id);
      output.payload(prefix);
      output.payload(body);
      if (!this.#tryHeaders(stream, trailers, true)) return;
      stream.localEnding = true;
      this.#connection.scheduleFlush();
      this.#connection.localEnd(stream);
      return;
    }
    if (!this.#mayQueue(stream, byteCount)) return;
    stream.localEnding = true;
    const queue = queueOf(stream);
    queue.add(headers);
    if (prefix.length > 0) queue.add(prefix);
    if (body.length > 0) queue.add(body);
    queue.add(trailers);
    this.#queued(stream, true);
  }

  /** The peer's SETTINGS_INITIAL_WINDOW_SIZE: RFC 9113, section 6.9.2. False: a window would be larger than 31 bits can say. */
  setInitialWindow(bytes: number, streams: Iterable<StreamRecord>): boolean {
    const difference = bytes - this.initialWindowBytes;
    this.initialWindowBytes = bytes;
    if (difference === 0) return true;
    for (const stream of streams) if (!this.widen(stream, difference)) return false;
    return true;
  }

  /** The peer's WINDOW_UPDATE for the stream. False: the window would be larger than 31 bits can say. */
  widen(stream: StreamRecord, increment: number): boolean {
    if (stream.sendWindow + increment > MAX_31_BITS) return false;
    stream.sendWindow += increment;
    if (stream.list === undefined && hasQueue(stream)) this.#makeReady(stream);
    return true;
  }

  /** The peer's WINDOW_UPDATE for the connection. */
  widenConnection(increment: number): boolean {
    if (this.window + increment > MAX_31_BITS) return false;
    this.window += increment;
    const starved = this.#starved;
    let stream = starved?.first;
    while (stream !== undefined) {
      starved!.remove(stream);
      this.#makeReady(stream);
      stream = starved!.first;
    }
    return true;
  }

  /** What the stream has queued is not sent any more. */
  drop(stream: StreamRecord): void {
    stream.list?.remove(stream);
    stream.outgoing = undefined;
    this.#queuedBytes -= stream.bufferedBytes;
    stream.bufferedBytes = 0;
  }

  /** Whether streams wait for the next write. */
  get hasMore(): boolean {
    return this.#ready?.first !== undefined;
  }

  /** Fills the next write with what the streams have, in turn. */
  fill(): void {
    const ready = this.#ready;
    if (ready === undefined) return;
    while (!this.#isCongested()) {
      const stream = ready.first;
      if (stream === undefined) return;
      ready.remove(stream);
      this.#sendNext(stream);
    }
  }

  #sendNext(stream: StreamRecord): void {
    const queue = stream.outgoing!;
    const headers = queue.nextHeaders();
    if (headers !== undefined) {
      queue.skipHeaders();
      const ends = queue.ends && queue.isEmpty;
      if (!this.#tryHeaders(stream, headers, ends)) return;
      this.#afterTurn(stream, queue, ends);
      return;
    }
    const waiting = queue.nextDataBytes(this.#maxFrameBytes);
    const byteCount = Math.min(waiting, Math.max(0, stream.sendWindow), Math.max(0, this.window));
    if (byteCount === 0 && waiting > 0) {
      if (stream.sendWindow > 0) (this.#starved ??= new StreamList()).add(stream);
      return;
    }
    this.#takeWindow(stream, byteCount);
    stream.bufferedBytes -= byteCount;
    this.#queuedBytes -= byteCount;
    const { output } = this;
    const frame = takenParts;
    queue.takeData(byteCount, addTakenPart);
    const ends = queue.ends && queue.isEmpty;
    output.frameHeader(byteCount, FrameType.DATA, ends ? Flag.END_STREAM : 0, stream.id);
    for (let index = 0; index < frame.length; index++) output.payload(frame[index]!);
    frame.length = 0;
    this.#afterTurn(stream, queue, ends);
  }

  #afterTurn(stream: StreamRecord, queue: SendQueue, ended: boolean): void {
    if (ended) {
      this.#connection.localEnd(stream);
      return;
    }
    if (!queue.isEmpty) this.#ready!.add(stream);
    if (stream.wantsDrain && stream.bufferedBytes <= this.#sendBufferBytes / 2) {
      stream.wantsDrain = false;
      stream.tellDrained();
    }
  }

  /** False: a field cannot be sent; the stream was reset. */
  #tryHeaders(stream: StreamRecord, headers: OutgoingHeaders, endStream: boolean): boolean {
    try {
      this.writeHeaders(stream.id, headers, endStream);
      return true;
    } catch (cause) {
      const message = cause instanceof HeaderListError ? cause.message : "a header field cannot be sent";
      this.#connection.resetByUs(
        stream,
        ErrorCode.INTERNAL_ERROR,
        new Http2Error(ErrorCode.INTERNAL_ERROR, message, "local", { cause }),
      );
      return false;
    }
  }

  #takeWindow(stream: StreamRecord, byteCount: number): void {
    stream.sendWindow -= byteCount;
    this.window -= byteCount;
    if (byteCount > 0) this.#connection.limits.usefulFrames++;
  }

  /** Whether so much data can go out at once, in one frame, past nobody. */
  #fits(stream: StreamRecord, byteCount: number): boolean {
    return (
      byteCount <= this.#maxFrameBytes &&
      byteCount <= stream.sendWindow &&
      byteCount <= this.window &&
      !this.#isCongested() &&
      !hasQueue(stream) &&
      this.#starved?.first === undefined
    );
  }

  /** Counts it. False: too much waits already, and the stream was reset. */
  #mayQueue(stream: StreamRecord, byteCount: number): boolean {
    if (this.#queuedBytes > this.#connection.options.maxQueuedBytes) {
      const code = ErrorCode.ENHANCE_YOUR_CALM;
      this.#connection.resetByUs(stream, code, new Http2Error(code, "too much waits for the peer to read it", "local"));
      return false;
    }
    this.#queuedBytes += byteCount;
    stream.bufferedBytes += byteCount;
    return true;
  }

  #isCongested(): boolean {
    return this.output.socketFull || this.output.bytes >= WRITE_BYTES;
  }

  #queued(stream: StreamRecord, ends: boolean): void {
    if (ends) stream.outgoing!.ends = true;
    if (stream.list === undefined) this.#makeReady(stream);
  }

  #makeReady(stream: StreamRecord): void {
    (this.#ready ??= new StreamList()).add(stream);
    this.#connection.scheduleFlush();
  }
}

/** The pieces of the frame that is being made. One for all: nothing else runs meanwhile. */
const takenParts: Uint8Array[] = [];

function addTakenPart(bytes: Uint8Array): void {
  takenParts.push(bytes);
}

function queueOf(stream: StreamRecord): SendQueue {
  return (stream.outgoing ??= new SendQueue());
}

function hasQueue(stream: StreamRecord): boolean {
  return stream.outgoing !== undefined && !stream.outgoing.isEmpty;
}
