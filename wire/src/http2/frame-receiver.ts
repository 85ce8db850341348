import { ClosedBy } from "./closed-streams.ts";
import type { Connection } from "./connection.ts";
import {
  goawayFrame,
  pingFrame,
  priorityFrame,
  resetFrame,
  settingsFrame,
  windowUpdateFrame,
} from "./control-frames.ts";
import { Flag, FrameType, readUint31 } from "./frame.ts";
import type { FrameSink } from "./frame-reader.ts";
import { HeaderBlock } from "./header-block.ts";
import { HeaderDecoder } from "./hpack/index.ts";
import { ErrorCode, Http2Error } from "./http2-error.ts";
import type { StreamRecord } from "./stream-record.ts";

/** What frames mean: RFC 9113, sections 5.1 and 6. Sections 6.1, 6.2 and 6.10 are here, the others in `control-frames.ts`. */
export class FrameReceiver implements FrameSink {
  readonly #connection: Connection;
  #hasSettings = false;
  #decoder: HeaderDecoder | undefined;
  #settingsAcknowledged = false;
  /** Begun, and not ended yet: nothing else may come in between. */
  #block: HeaderBlock | undefined;
  /** Of the DATA frame under way; undefined when its data is dropped. */
  #dataStream: StreamRecord | undefined;
  #dataEndsStream = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  dataBegins(streamId: number, byteCount: number, dataBytes: number, endStream: boolean): void {
    const connection = this.#connection;
    this.#dataStream = undefined;
    if (!this.#isInOrder(FrameType.DATA, streamId)) return;
    if (streamId === 0) {
      connection.fail(ErrorCode.PROTOCOL_ERROR, "DATA without a stream");
      return;
    }
    if (!connection.receiveWindow.take(byteCount)) {
      connection.fail(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the connection's window allows");
      return;
    }
    const paddingBytes = byteCount - dataBytes;
    if (paddingBytes > 0) connection.giveBack(paddingBytes);
    const stream = connection.streams.find(streamId);
    if (stream === undefined) {
      this.#lateFrame(streamId, "DATA", dataBytes);
      return;
    }
    if (!this.#acceptsData(stream, byteCount, dataBytes, endStream)) return;
    if (paddingBytes > 0) connection.giveBackToStream(stream, paddingBytes);
    if (dataBytes > 0) connection.limits.usefulFrames++;
    else if (!endStream && !connection.limits.controlFrame()) return;
    this.#dataStream = stream;
    this.#dataEndsStream = endStream;
  }

  dataPiece(bytes: Uint8Array, last: boolean): void {
    const stream = this.#dataStream;
    const connection = this.#connection;
    if (stream === undefined || stream.closed) {
      connection.giveBack(bytes.length);
      return;
    }
    // An idle connection holds nothing of the last call.
    if (last) this.#dataStream = undefined;
    const ends = last && this.#dataEndsStream;
    if (bytes.length === 0 && !ends) return;
    stream.unconsumedBytes += bytes.length;
    if (ends) stream.remoteEnded = true;
    stream.tellData(bytes, ends);
    if (ends) connection.remoteEnd(stream);
  }

  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isInOrder(type, streamId)) return;
    switch (type) {
      case FrameType.HEADERS:
        this.#headersFrame(flags, streamId, bytes, start, end);
        break;
      case FrameType.CONTINUATION:
        this.#continuationFrame(flags, streamId, bytes, start, end);
        break;
      case FrameType.WINDOW_UPDATE:
        windowUpdateFrame(this.#connection, streamId, bytes, start, end);
        break;
      case FrameType.RST_STREAM:
        resetFrame(this.#connection, streamId, bytes, start, end);
        break;
      case FrameType.PING:
        pingFrame(this.#connection, flags, streamId, bytes, start, end);
        break;
      case FrameType.SETTINGS:
        this.#settingsFrame(flags, streamId, bytes, start, end);
        break;
      case FrameType.PRIORITY:
        priorityFrame(this.#connection, streamId, bytes, start, end);
        break;
      case FrameType.GOAWAY:
        goawayFrame(this.#connection, streamId, bytes, start, end);
        break;
      case FrameType.PUSH_PROMISE:
        this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE where push is off");
        break;
      default:
        // RFC 9113, section 4.1: a type that is not known is ignored.
        this.#connection.limits.controlFrame();
    }
  }

  badFrameLength(type: number, byteCount: number): void {
    const message = this.#hasSettings
      ? `a frame of type ${type} cannot have ${byteCount} bytes`
      : "what came first is not HTTP/2";
    this.#connection.fail(ErrorCode.FRAME_SIZE_ERROR, message);
  }

  badPadding(): void {
    this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "more padding than payload");
  }

  #isInOrder(type: number, streamId: number): boolean {
    if (this.#block !== undefined) {
      if (type === FrameType.CONTINUATION && streamId === this.#block.streamId) return true;
      this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "another frame in the middle of a header block");
      return false;
    }
    if (this.#hasSettings || type === FrameType.SETTINGS) return true;
    this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "the first frame is not SETTINGS");
    return false;
  }

  /** A DATA or HEADERS frame for a stream that is not open: RFC 9113, section 5.1. */
  #lateFrame(streamId: number, what: string, dataBytes: number): void {
    const connection = this.#connection;
    if (connection.isIdle(streamId)) {
      connection.fail(ErrorCode.PROTOCOL_ERROR, `${what} on a stream that nobody opened`);
      return;
    }
    const by = connection.streams.howClosed(streamId);
    if (by === ClosedBy.END_STREAM) connection.fail(ErrorCode.STREAM_CLOSED, `${what} on a stream that has ended`);
    else if (by === ClosedBy.PEER_RESET)
      connection.failStream(streamId, undefined, ErrorCode.STREAM_CLOSED, `${what} on a stream that was reset`);
    // Data was under way when we reset the stream: no more than the windows allow.
    else if (dataBytes === 0) connection.limits.controlFrame();
  }

  #acceptsData(stream: StreamRecord, byteCount: number, dataBytes: number, endStream: boolean): boolean {
    const connection = this.#connection;
    if (stream.remoteEnded) {
      connection.failStream(stream.id, stream, ErrorCode.STREAM_CLOSED, "DATA after END_STREAM");
      return false;
    }
    if (!stream.hasHeaders) {
      connection.failStream(stream.id, stream, ErrorCode.PROTOCOL_ERROR, "DATA before headers");
      return false;
    }
    stream.receiveWindow -= byteCount;
    if (stream.receiveWindow < 0) {
      connection.failStream(stream.id, stream, ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the window allows");
      return false;
    }
    if (stream.expectedBytes < 0) return true;
    stream.receivedBytes += dataBytes;
    const { receivedBytes, expectedBytes } = stream;
    if (receivedBytes <= expectedBytes && (!endStream || receivedBytes === expectedBytes)) return true;
    connection.failStream(stream.id, stream, ErrorCode.PROTOCOL_ERROR, "DATA is not what content-length says");
    return false;
  }

  #headersFrame(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    const connection = this.#connection;
    if (streamId === 0) {
      connection.fail(ErrorCode.PROTOCOL_ERROR, "HEADERS without a stream");
      return;
    }
    let from = start;
    let to = end;
    if ((flags & Flag.PADDED) !== 0) {
      if (from === to) {
        this.badFrameLength(FrameType.HEADERS, 0);
        return;
      }
      to -= bytes[from]!;
      from++;
    }
    let dependsOnItself = false;
    if ((flags & Flag.PRIORITY) !== 0) {
      if (end - from < 5) {
        this.badFrameLength(FrameType.HEADERS, end - start);
        return;
      }
      dependsOnItself = readUint31(bytes, from) === streamId;
      from += 5;
    }
    if (from > to) {
      this.badPadding();
      return;
    }
    const endStream = (flags & Flag.END_STREAM) !== 0;
    if ((flags & Flag.END_HEADERS) !== 0) {
      this.#headerBlock(streamId, bytes.subarray(from, to), endStream, dependsOnItself);
      return;
    }
    this.#block = new HeaderBlock(streamId, endStream, dependsOnItself);
    this.#block.add(bytes.subarray(from, to));
    connection.watch.headerBlock(true);
  }

  #continuationFrame(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    const connection = this.#connection;
    const block = this.#block;
    if (block === undefined) {
      connection.fail(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without HEADERS");
      return;
    }
    block.add(bytes.subarray(start, end));
    const { maxContinuationFrames, maxHeaderListBytes } = connection.options;
    if (++block.continuationFrames > maxContinuationFrames || block.byteCount > 2 * maxHeaderListBytes) {
      connection.fail(ErrorCode.ENHANCE_YOUR_CALM, "a header block without end");
      return;
    }
    if ((flags & Flag.END_HEADERS) === 0) return;
    this.#block = undefined;
    connection.watch.headerBlock(false);
    this.#headerBlock(streamId, block.bytes(), block.endStream, block.dependsOnItself);
  }

  #headerBlock(streamId: number, block: Uint8Array, endStream: boolean, dependsOnItself: boolean): void {
    const connection = this.#connection;
    if (block.length > 2 * connection.options.maxHeaderListBytes) {
      connection.fail(ErrorCode.ENHANCE_YOUR_CALM, "a header block that is much too large");
      return;
    }
    let headers;
    try {
      headers = (this.#decoder ??= this.#makeDecoder()).decode(block);
    } catch (error) {
      const message = error instanceof Http2Error ? error.message : "a header block cannot be decoded";
      connection.fail(ErrorCode.COMPRESSION_ERROR, message);
      return;
    }
    const stream = connection.streams.find(streamId);
    if (stream === undefined) {
      if (!connection.isIdle(streamId)) {
        const known = connection.streams.howClosed(streamId);
        if (known !== ClosedBy.UNKNOWN || !connection.refusesOldStreams) this.#lateFrame(streamId, "HEADERS", 0);
        else connection.fail(ErrorCode.PROTOCOL_ERROR, "a stream identifier smaller than one before");
        return;
      }
    } else if (stream.remoteEnded) {
      connection.failStream(streamId, stream, ErrorCode.STREAM_CLOSED, "HEADERS after END_STREAM");
      return;
    }
    connection.headersReceived(
      streamId,
      stream,
      headers,
      endStream,
      dependsOnItself ? "a stream that depends on itself" : undefined,
    );
  }

  #settingsFrame(flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    const acknowledges = (flags & Flag.ACK) !== 0;
    const first = !this.#hasSettings;
    if (first && acknowledges) {
      this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "the first frame is not SETTINGS");
      return;
    }
    settingsFrame(this.#connection, acknowledges, streamId, bytes, start, end);
    if (this.#connection.closed) return;
    this.#hasSettings = true;
    if (acknowledges) this.#acknowledged();
    else {
      if (first) this.#connection.watch.settingsCame();
      this.#connection.settingsReceived(first);
    }
  }

  #acknowledged(): void {
    if (this.#settingsAcknowledged) return;
    this.#settingsAcknowledged = true;
    this.#connection.initialReceiveWindow = this.#connection.options.initialWindowBytes;
    this.#connection.watch.settingsAcknowledged();
    this.#decoder?.settingsAcknowledged();
  }

  #makeDecoder(): HeaderDecoder {
    const { headerTableBytes, maxHeaderListBytes } = this.#connection.options;
    const decoder = new HeaderDecoder({ maxTableBytes: headerTableBytes, maxListBytes: maxHeaderListBytes });
    if (this.#settingsAcknowledged) decoder.settingsAcknowledged();
    return decoder;
  }
}
