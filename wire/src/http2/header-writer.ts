import { Flag, FrameType } from "./frame.ts";
import type { FrameOutput } from "./frame-output.ts";
import { HeaderListError, listBytes, PreparedHeaders } from "./header-list.ts";
import { HeaderEncoder } from "./hpack/index.ts";
import type { OutgoingHeaders } from "./send-queue.ts";

/** Makes HEADERS frames, and CONTINUATION frames for what is longer than a frame: RFC 9113, sections 6.2 and 6.10. */
export class HeaderWriter {
  /** The peer's SETTINGS_MAX_HEADER_LIST_SIZE. */
  maxListBytes = Infinity;
  readonly #output: FrameOutput;
  readonly #encoder = new HeaderEncoder();

  constructor(output: FrameOutput) {
    this.#output = output;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableBytes(bytes: number): void {
    this.#encoder.setMaxTableBytes(bytes);
  }

  /** Whether the peer takes header lists of this size. */
  fits(headers: OutgoingHeaders): boolean {
    return this.maxListBytes === Infinity || bytesOf(headers) <= this.maxListBytes;
  }

  /** Throws a TypeError for a field that may not be sent, a `HeaderListError` for more than the peer takes, and has done nothing then. */
  write(streamId: number, headers: OutgoingHeaders, endStream: boolean, maxFrameBytes: number): void {
    if (!this.fits(headers)) {
      throw new HeaderListError(`${bytesOf(headers)} bytes of headers, of which the peer takes ${this.maxListBytes}`);
    }
    const block = this.#encoder.encode(headers);
    const output = this.#output;
    const flags = endStream ? Flag.END_STREAM : 0;
    const byteCount = block.length;
    if (byteCount <= maxFrameBytes) {
      output.frameHeader(byteCount, FrameType.HEADERS, flags | Flag.END_HEADERS, streamId);
      output.copy(block);
      return;
    }
    output.frameHeader(maxFrameBytes, FrameType.HEADERS, flags, streamId);
    output.copy(block.subarray(0, maxFrameBytes));
    for (let at = maxFrameBytes; at < byteCount; at += maxFrameBytes) {
      const length = Math.min(maxFrameBytes, byteCount - at);
      const last = at + length === byteCount;
      output.frameHeader(length, FrameType.CONTINUATION, last ? Flag.END_HEADERS : 0, streamId);
      output.copy(block.subarray(at, at + length));
    }
  }
}

function bytesOf(headers: OutgoingHeaders): number {
  return headers instanceof PreparedHeaders ? headers.listBytes : listBytes(headers);
}
