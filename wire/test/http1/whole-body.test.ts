import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";

import { WholeBody } from "../../src/http1/whole-body.ts";

test("pieces of every size make the body that was sent", () => {
  const content = randomBytes(1_000_000);
  for (const length of [-1, content.length]) {
    const body = new WholeBody(length);
    for (let at = 0, turn = 0; at < content.length; turn++) {
      const size = [1, 5_000, 2_047, 2_048, 1, 1, 16_384, 700][turn % 8]!;
      body.bodyBytes(content.subarray(at, at + size));
      at += size;
    }
    expect(body.byteCount).toBe(content.length);
    expect(body.take().equals(content)).toBe(true);
  }
});

test("a body of tiny pieces takes little more memory than its bytes", () => {
  const count = 2_000_000;
  const chunk = Buffer.alloc(65_536, "x");
  const before = process.memoryUsage();
  const body = new WholeBody(-1);
  for (let at = 0; at < count; at++) body.bodyBytes(chunk.subarray(at % chunk.length, (at % chunk.length) + 1));
  const after = process.memoryUsage();
  expect(body.take().length).toBe(count);
  expect(after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers).toBeLessThan(80_000_000);
});
