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
});
