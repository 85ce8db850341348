import type { Socket } from "node:net";

import { LARGEST_BUFFER_BYTES, returnBuffer, takeBuffer } from "./buffer-pool.ts";
import { Flag, FRAME_HEADER_BYTES, FrameType, writeUint32 } from "./frame.ts";

/** Payloads up to this size are copied next to their frame header, which costs less than a vectored write. */
const COPIED_BYTES = 4096;

/** Of a connection that always has a write under way: the garbage collector takes the others. */
const MAX_KEPT_BUFFERS = 8;

/** What goes to the socket with the next write: small frames side by side in a pooled buffer, large payloads as they are. */
export class FrameOutput {
  /** Not yet given to the socket. */
  bytes = 0;
  /** The socket holds as much as it should: the next write waits for its `drain`. */
  socketFull = false;
  readonly #socket: Socket;
  #buffer: Uint8Array | undefined;
  /** In the buffer: what is before `from` was given to the socket, what is before `at` is written. */
  #from = 0;
  #at = 0;
  /** The stream whose DATA frame ends at `at`, where its header is, and its length: more of its data makes it longer. 0: none. */
  #dataStreamId = 0;
  #dataAt = 0;
  #dataBytes = 0;
  /** What comes before the buffer's unsent part. */
  #chunks: Uint8Array[] | undefined;
  #writesUnderWay = 0;
  /** Buffers that are full or were too small, and those of them that the socket may still read. */
  #used: Uint8Array[] | undefined;
  #sent: Uint8Array[] | undefined;
  #written: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  frameHeader(byteCount: number, type: number, flags: number, streamId: number): void {
    const at = this.#reserve(FRAME_HEADER_BYTES);
    const buffer = this.#buffer!;
    this.#dataStreamId = 0;
    buffer[at] = byteCount >>> 16;
    buffer[at + 1] = byteCount >>> 8;
    buffer[at + 2] = byteCount;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    writeUint32(buffer, at + 5, streamId);
  }

  /**
   * The header for so many bytes of DATA, whose payload comes next. What the same stream sends right behind its last DATA makes that frame
   * longer instead, up to `most`: the peer has one frame to look at for many small messages.
   */
  dataHeader(byteCount: number, endStream: boolean, streamId: number, most: number): void {
    const flags = endStream ? Flag.END_STREAM : 0;
    const total = this.#dataBytes + byteCount;
    const buffer = this.#buffer;
    if (this.#dataStreamId === streamId && total <= most && this.#at + byteCount <= buffer!.length) {
      const at = this.#dataAt;
      buffer![at] = total >>> 16;
      buffer![at + 1] = total >>> 8;
      buffer![at + 2] = total;
      buffer![at + 4] = flags;
      this.#dataBytes = total;
    } else {
      this.frameHeader(byteCount, FrameType.DATA, flags, streamId);
      this.#dataStreamId = streamId;
      this.#dataAt = this.#at - FRAME_HEADER_BYTES;
      this.#dataBytes = byteCount;
    }
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    writeUint32(this.#buffer!, at, value);
  }

  /** Bytes that the caller uses again: always copied. */
  copy(bytes: Uint8Array): void {
    let done = 0;
    while (bytes.length - done > LARGEST_BUFFER_BYTES) {
      this.#copyPiece(bytes.subarray(done, done + LARGEST_BUFFER_BYTES));
      done += LARGEST_BUFFER_BYTES;
    }
    this.#copyPiece(done === 0 ? bytes : bytes.subarray(done));
  }

  /** Bytes that do not change until they are sent. */
  payload(bytes: Uint8Array): void {
    if (bytes.length <= COPIED_BYTES) {
      this.#copyPiece(bytes);
      return;
    }
    this.#cutBuffer();
    (this.#chunks ??= []).push(bytes);
    this.bytes += bytes.length;
  }

  flush(): void {
    if (this.bytes === 0) return;
    this.bytes = 0;
    this.#dataStreamId = 0;
    const socket = this.#socket;
    const chunks = this.#chunks;
    const written = (this.#written ??= this.#afterWrite.bind(this));
    this.#writesUnderWay++;
    if (this.#used !== undefined) this.#usedIsSent(this.#used);
    if (chunks === undefined) {
      const batch = this.#buffer!.subarray(this.#from, this.#at);
      this.#from = this.#at;
      this.socketFull = !socket.write(batch, written);
      return;
    }
    this.#cutBuffer();
    this.#chunks = undefined;
    socket.cork();
    const last = chunks.length - 1;
    for (let index = 0; index < last; index++) socket.write(chunks[index]!);
    this.socketFull = !socket.write(chunks[last]!, written);
    socket.uncork();
  }

  #copyPiece(bytes: Uint8Array): void {
    const byteCount = bytes.length;
    const at = this.#reserve(byteCount);
    const buffer = this.#buffer!;
    if (byteCount > 48) {
      buffer.set(bytes, at);
      return;
    }
    for (let index = 0; index < byteCount; index++) buffer[at + index] = bytes[index]!;
  }

  /** The position of so many bytes of room, side by side. At most a buffer of the largest size. */
  #reserve(byteCount: number): number {
    let at = this.#at;
    if (this.#buffer === undefined || at + byteCount > this.#buffer.length) {
      this.#makeRoom(byteCount);
      at = this.#at;
    }
    this.#at = at + byteCount;
    this.bytes += byteCount;
    return at;
  }

  #makeRoom(byteCount: number): void {
    this.#dataStreamId = 0;
    const buffer = this.#buffer;
    if (buffer === undefined) {
      this.#buffer = takeBuffer(byteCount);
      return;
    }
    const unsent = this.#at - this.#from;
    let next: Uint8Array;
    if (buffer.length < LARGEST_BUFFER_BYTES && unsent + byteCount <= LARGEST_BUFFER_BYTES) {
      // The larger one begins with what this one had, so that all of it is one write.
      next = takeBuffer(Math.max(unsent + byteCount, buffer.length + 1));
      next.set(buffer.subarray(this.#from, this.#at));
      this.#at = unsent;
    } else {
      next = takeBuffer(LARGEST_BUFFER_BYTES);
      this.#cutBuffer();
      this.#at = 0;
    }
    (this.#used ??= []).push(buffer);
    this.#buffer = next;
    this.#from = 0;
  }

  #cutBuffer(): void {
    this.#dataStreamId = 0;
    if (this.#at === this.#from) return;
    (this.#chunks ??= []).push(this.#buffer!.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  #usedIsSent(used: Uint8Array[]): void {
    this.#used = undefined;
    if (this.#sent === undefined) this.#sent = used;
    else if (this.#sent.length < MAX_KEPT_BUFFERS) this.#sent.push(...used);
  }

  #afterWrite(): void {
    this.#writesUnderWay--;
    if (this.#writesUnderWay > 0) return;
    if (this.#sent !== undefined) {
      for (const buffer of this.#sent) returnBuffer(buffer);
      this.#sent = undefined;
    }
    if (this.bytes > 0) return;
    if (this.#buffer !== undefined) returnBuffer(this.#buffer);
    this.#buffer = undefined;
    this.#from = 0;
    this.#at = 0;
  }
}
