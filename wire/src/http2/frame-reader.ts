import { EMPTY_BYTES, Flag, FRAME_HEADER_BYTES, FrameType, readUint31 } from "./frame.ts";

/** Takes what the reader found. Every method may set the reader's `stopped`. */
export interface FrameSink {
  /** A DATA frame begins: `byteCount` bytes of payload, of which `dataBytes` are data and the rest is padding. */
  dataBegins(streamId: number, byteCount: number, dataBytes: number, endStream: boolean): void;
  /** A piece of the data of the DATA frame that began last; `last` with its last piece, which is empty for a frame without data. */
  dataPiece(bytes: Uint8Array, last: boolean): void;
  /** Any other frame, whole: its payload is `bytes` from `start` to `end`. */
  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void;
  /** RFC 9113, section 4.2: longer than we allow, or too short for what it carries. */
  badFrameLength(type: number, byteCount: number): void;
  /** RFC 9113, section 6.1: more padding than payload. */
  badPadding(): void;
}

/**
 * Cuts what the socket read into frames (RFC 9113, section 4.1) in one pass. Payloads are views of the chunk they came in: only a frame
 * that is cut by a chunk's end is gathered, and of DATA only the header, since its data is passed on in pieces.
 */
export class FrameReader {
  /** Reads nothing more: what comes is dropped. */
  stopped = false;
  /** Frames that were cut, so far. */
  cutFrames = 0;
  readonly #sink: FrameSink;
  readonly #maxFrameBytes: number;
  /** The beginning of a frame that waits for more. */
  #cut: Uint8Array | undefined;
  #cutBytes = 0;
  /** Of the DATA frame under way. */
  #dataLeft = 0;
  #paddingLeft = 0;

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Whether a frame other than DATA waits for its rest. */
  get hasCutFrame(): boolean {
    return this.#cut !== undefined;
  }

  read(chunk: Uint8Array): void {
    const end = chunk.length;
    let at = this.#cut === undefined ? 0 : this.#resume(chunk);
    while (at < end && !this.stopped) {
      if (this.#dataLeft + this.#paddingLeft > 0) {
        at = this.#readData(chunk, at, end);
        continue;
      }
      if (end - at < FRAME_HEADER_BYTES) break;
      const next = this.#readFrame(chunk, at, end);
      if (next < 0) break;
      at = next;
    }
    if (at === end || this.stopped) return;
    if (this.#cut === undefined) this.cutFrames++;
    this.#append(chunk, at, end);
  }

  /** The position after the frame at `at`, or after a DATA frame's header; negative when more bytes are needed. */
  #readFrame(bytes: Uint8Array, at: number, end: number): number {
    const byteCount = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    if (byteCount > this.#maxFrameBytes) {
      this.#sink.badFrameLength(type, byteCount);
      return end;
    }
    const streamId = readUint31(bytes, at + 5);
    const start = at + FRAME_HEADER_BYTES;
    if (type === FrameType.DATA) return this.#beginData(bytes, start, end, flags, streamId, byteCount);
    if (end - start < byteCount) return -1;
    this.#sink.frame(type, flags, streamId, bytes, start, start + byteCount);
    return start + byteCount;
  }

  #beginData(
    bytes: Uint8Array,
    start: number,
    end: number,
    flags: number,
    streamId: number,
    byteCount: number,
  ): number {
    let dataBytes = byteCount;
    let position = start;
    if ((flags & Flag.PADDED) !== 0) {
      if (byteCount === 0) {
        this.#sink.badFrameLength(FrameType.DATA, byteCount);
        return end;
      }
      if (start === end) return -1;
      const padding = bytes[start]!;
      if (padding >= byteCount) {
        this.#sink.badPadding();
        return end;
      }
      this.#paddingLeft = padding;
      dataBytes = byteCount - padding - 1;
      position++;
    }
    this.#dataLeft = dataBytes;
    this.#sink.dataBegins(streamId, byteCount, dataBytes, (flags & Flag.END_STREAM) !== 0);
    if (dataBytes === 0 && !this.stopped) this.#sink.dataPiece(EMPTY_BYTES, true);
    return position;
  }

  #readData(chunk: Uint8Array, at: number, end: number): number {
    if (this.#dataLeft > 0) {
      const byteCount = Math.min(this.#dataLeft, end - at);
      this.#dataLeft -= byteCount;
      this.#sink.dataPiece(chunk.subarray(at, at + byteCount), this.#dataLeft === 0);
      return at + byteCount;
    }
    const byteCount = Math.min(this.#paddingLeft, end - at);
    this.#paddingLeft -= byteCount;
    return at + byteCount;
  }

  /** Completes the cut frame from the chunk; the position in the chunk after what was needed. */
  #resume(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length) {
      const to = Math.min(at + this.#cutFrameBytes() - this.#cutBytes, chunk.length);
      this.#append(chunk, at, to);
      at = to;
      if (this.#cutBytes < this.#cutFrameBytes()) continue;
      const whole = this.#cut!;
      const byteCount = this.#cutBytes;
      this.#cut = undefined;
      this.#cutBytes = 0;
      this.#readFrame(whole, 0, byteCount);
      break;
    }
    return at;
  }

  /** How much of the cut frame must be together before it can be read; only the header's, until that is complete. */
  #cutFrameBytes(): number {
    if (this.#cutBytes < FRAME_HEADER_BYTES) return FRAME_HEADER_BYTES;
    const cut = this.#cut!;
    const byteCount = (cut[0]! << 16) | (cut[1]! << 8) | cut[2]!;
    if (byteCount > this.#maxFrameBytes) return FRAME_HEADER_BYTES;
    if (cut[3] !== FrameType.DATA) return FRAME_HEADER_BYTES + byteCount;
    return FRAME_HEADER_BYTES + ((cut[4]! & Flag.PADDED) !== 0 && byteCount > 0 ? 1 : 0);
  }

  /** Grows with what really came, whatever length the frame's header claims. */
  #append(chunk: Uint8Array, from: number, to: number): void {
    const total = this.#cutBytes + to - from;
    let cut = this.#cut;
    if (cut === undefined || cut.length < total) {
      const grown = new Uint8Array(Math.max(total, 32, cut === undefined ? 0 : cut.length * 2));
      if (cut !== undefined) grown.set(cut.subarray(0, this.#cutBytes));
      this.#cut = cut = grown;
    }
    cut.set(chunk.subarray(from, to), this.#cutBytes);
    this.#cutBytes = total;
  }
}
