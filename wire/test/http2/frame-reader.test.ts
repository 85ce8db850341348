import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FrameReader, type FrameSink } from "../../src/http2/frame-reader.ts";
import { Flag, frame, Type } from "../raw/frames.ts";

/** Writes down what it is told; data joined, since chunks cut it anywhere. */
class Notes implements FrameSink {
  readonly lines: string[] = [];
  #data = "";

  dataBegins(streamId: number, byteCount: number, dataBytes: number, endStream: boolean): void {
    this.lines.push(`data ${streamId} ${byteCount} ${dataBytes} ${endStream}`);
    this.#data = "";
  }

  dataPiece(bytes: Uint8Array, last: boolean): void {
    this.#data += Buffer.from(bytes).toString("hex");
    if (last) this.lines.push(`is ${this.#data}`);
  }

  frame(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): void {
    this.lines.push(`frame ${type} ${flags} ${streamId} ${Buffer.from(bytes.subarray(start, end)).toString("hex")}`);
  }

  badFrameLength(type: number, byteCount: number): void {
    this.lines.push(`too long ${type} ${byteCount}`);
  }

  badPadding(): void {
    this.lines.push("padding");
  }
}

const payload = fc.uint8Array({ maxLength: 300 });
const aFrame = fc.oneof(
  fc
    .record({ type: fc.integer({ min: 1, max: 12 }), flags: fc.integer({ min: 0, max: 255 }), payload })
    .map(({ type, flags, payload }) => frame(type, flags, 3, payload)),
  fc
    .record({ payload, end: fc.boolean() })
    .map(({ payload, end }) => frame(Type.DATA, end ? Flag.END_STREAM : 0, 5, payload)),
  fc
    .record({ payload, padding: fc.integer({ min: 0, max: 255 }) })
    .map(({ payload, padding }) =>
      frame(Type.DATA, Flag.PADDED, 7, Buffer.concat([Buffer.of(padding), payload, Buffer.alloc(padding)])),
    ),
);

function read(chunks: readonly Uint8Array[]): string[] {
  const notes = new Notes();
  const reader = new FrameReader(notes, 16_384);
  for (const chunk of chunks) reader.read(chunk);
  return notes.lines;
}

describe("the frame reader", () => {
  it("reads the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(aFrame, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames);
          const chunks: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const length = cuts[turn % cuts.length]!;
            chunks.push(bytes.subarray(at, at + length));
            at += length;
          }
          expect(read(chunks)).toEqual(read(bytes.length === 0 ? [] : [bytes]));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("passes data on without copying it", () => {
    const chunk = frame(Type.DATA, 0, 1, Buffer.from("abc"));
    let seen: Uint8Array | undefined;
    const notes = new Notes();
    notes.dataPiece = (bytes) => void (seen = bytes);
    new FrameReader(notes, 16_384).read(chunk);
    expect(seen!.buffer).toBe(chunk.buffer);
    expect(seen!.byteOffset).toBe(chunk.byteOffset + 9);
  });
});
