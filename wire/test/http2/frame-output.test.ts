import type { Socket } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FrameOutput } from "../../src/http2/frame-output.ts";

/** Takes writes as the kernel does: it reads the bytes when it gets to it, not when it is given them. */
class SlowSocket {
  readonly taken: Buffer[] = [];
  readonly #waiting: { chunk: Uint8Array; written: (() => void) | undefined }[] = [];

  write(chunk: Uint8Array, written?: () => void): boolean {
    this.#waiting.push({ chunk, written });
    return true;
  }

  cork(): void {}
  uncork(): void {}

  take(count: number): void {
    for (const { chunk, written } of this.#waiting.splice(0, count)) {
      this.taken.push(Buffer.from(chunk));
      written?.();
    }
  }
}

type Step = { kind: "frame" | "copy" | "payload" | "flush" | "take"; size: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("frame", "copy", "payload", "flush", "take"),
  size: fc.oneof(
    fc.integer({ min: 0, max: 60 }),
    fc.integer({ min: 0, max: 6000 }),
    fc.constant(40_000),
    fc.constant(140_000),
  ),
});

describe("what is gathered for the socket", () => {
  it("arrives in order and unchanged, whenever the socket gets to it", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), (steps) => {
        const socket = new SlowSocket();
        const output = new FrameOutput(socket as unknown as Socket);
        const expected: Buffer[] = [];
        let filler = 1;
        for (const { kind, size } of steps) {
          filler = (filler * 7 + 3) % 251;
          const bytes = Buffer.alloc(size, filler);
          if (kind === "frame") {
            output.frameHeader(size, filler % 10, filler, filler * 1000);
            output.uint32(filler);
            const header = Buffer.alloc(13);
            header.writeUIntBE(size, 0, 3);
            header[3] = filler % 10;
            header[4] = filler;
            header.writeUInt32BE(filler * 1000, 5);
            header.writeUInt32BE(filler, 9);
            expected.push(header);
          } else if (kind === "copy") {
            output.copy(bytes);
            expected.push(Buffer.from(bytes));
            bytes.fill(0);
          } else if (kind === "payload") {
            output.payload(bytes);
            expected.push(bytes);
          } else if (kind === "flush") output.flush();
          else socket.take(size % 4);
        }
        output.flush();
        expect(output.bytes).toBe(0);
        socket.take(Infinity);
        expect(Buffer.concat(socket.taken).equals(Buffer.concat(expected))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("lengthens the DATA frame before, as long as it is the last and short enough", () => {
    const socket = new SlowSocket();
    const output = new FrameOutput(socket as unknown as Socket);
    const send = (stream: number, size: number, end = false): void => {
      output.dataHeader(size, end, stream, most);
      output.payload(Buffer.alloc(size, size));
    };
    const most = 100;
    send(1, 30);
    send(1, 30);
    send(1, 40);
    send(1, 1);
    send(3, 2);
    send(1, 3);
    output.frameHeader(4, 8, 0, 1);
    output.uint32(5);
    send(1, 4);
    output.flush();
    send(1, 5);
    send(1, 0, true);
    output.flush();
    socket.take(Infinity);
    const frames = framesOf(Buffer.concat(socket.taken));
    expect(frames.map(({ type, flags, stream, payload }) => [type, flags, stream, payload.length])).toEqual([
      [0, 0, 1, 100],
      [0, 0, 1, 1],
      [0, 0, 3, 2],
      [0, 0, 1, 3],
      [8, 0, 1, 4],
      [0, 0, 1, 4],
      [0, 1, 1, 5],
    ]);
    expect([...frames[0]!.payload]).toEqual([...filled(30), ...filled(30), ...filled(40)]);
  });

  it("keeps data and all else in order, in frames that are not too long, whatever is sent", () => {
    const most = 16_384;
    fc.assert(
      fc.property(fc.array(dataStep, { minLength: 40, maxLength: 120 }), (steps) => {
        const socket = new SlowSocket();
        const output = new FrameOutput(socket as unknown as Socket);
        const expected: Sent[] = [];
        let filler = 0;
        for (const { kind, stream, size } of steps) {
          filler = (filler + 1) % 251;
          if (kind === "flush") output.flush();
          else if (kind === "take") socket.take(size % 4);
          else if (kind === "control") {
            output.frameHeader(4, 8, 0, stream);
            output.uint32(filler);
            expected.push({ type: 8, stream, payload: Buffer.from([0, 0, 0, filler]) });
          } else {
            const prefix = Buffer.alloc(5, filler);
            const bytes = Buffer.alloc(size, filler);
            output.dataHeader(5 + size, false, stream, most);
            output.payload(prefix);
            output.payload(bytes);
            expected.push({ type: 0, stream, payload: Buffer.concat([prefix, bytes]) });
          }
        }
        output.flush();
        socket.take(Infinity);
        const frames = framesOf(Buffer.concat(socket.taken));
        for (const { payload } of frames) expect(payload.length).toBeLessThanOrEqual(most);
        expect(joined(frames)).toEqual(joined(expected));
      }),
      { numRuns: 100 },
    );
  });
});

interface Sent {
  readonly type: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const dataStep = fc.record({
  kind: fc.constantFrom("data", "data", "data", "data", "data", "control", "flush", "take"),
  stream: fc.constantFrom(1, 1, 1, 3),
  size: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 6000 }), fc.constant(16_000)),
});

function framesOf(bytes: Buffer): (Sent & { readonly flags: number })[] {
  const frames = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    const stream = bytes.readUInt32BE(at + 5);
    frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}

/** What comes right after another of the same stream is one with it. */
function joined(frames: readonly Sent[]): string[] {
  const runs: { of: string; payload: string }[] = [];
  for (const { type, stream, payload } of frames) {
    const of = `${type} of ${stream}: `;
    const last = runs.at(-1);
    if (last?.of === of) last.payload += payload.toString("hex");
    else runs.push({ of, payload: payload.toString("hex") });
  }
  return runs.map((run) => run.of + run.payload);
}

function filled(size: number): Uint8Array {
  return new Uint8Array(size).fill(size);
}
