import { Flag, FrameType } from "./frame.ts";
import type { FrameOutput } from "./frame-output.ts";
import { HeaderEncoder } from "./hpack/index.ts";
import type { OutgoingHeaders } from "./send-queue.ts";

/** Makes HEADERS frames, and CONTINUATION frames for what is longer than a frame: RFC 9113, sections 6.2 and 6.10. */
export class HeaderWriter {
  readonly #output: FrameOutput;
  readonly #encoder = new HeaderEncoder();

  constructor(output: FrameOutput) {
    this.#output = output;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableBytes(bytes: number): void {
    this.#encoder.setMaxTableBytes(bytes);
  }

  /** Throws a TypeError for a field that may not be sent, and has done nothing then. */
  write(streamId: number, headers: OutgoingHeaders, endStream: boolean, maxFrameBytes: number): void {
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
