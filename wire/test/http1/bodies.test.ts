import { describe, expect, it } from "vitest";

import { type BodyReader, CHUNKED, createBodyReader, UNTIL_CLOSE } from "../../src/http1/body-reader.ts";
import { Http1Error } from "../../src/http1/http1-error.ts";
import { WholeBody } from "../../src/http1/whole-body.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

/** The body and what follows it, or "refused", or that there must be more. */
function read(length: number, chunks: readonly Buffer[]): string {
  const body = new WholeBody(length);
  const reader: BodyReader = createBodyReader(length, body, 100);
  try {
    for (const [index, chunk] of chunks.entries()) {
      const next = reader.read(chunk, 0);
      if (reader.isDone)
        return `${body.take().toString("latin1")}|${Buffer.concat([chunk.subarray(next), ...chunks.slice(index + 1)]).toString("latin1")}`;
      expect(next).toBe(chunk.length);
    }
    reader.connectionEnded();
    return `${body.take().toString("latin1")}|closed`;
  } catch (error) {
    if (!(error instanceof Http1Error)) throw error;
    return error.message === "the connection ended within a body" ? "more" : "refused";
  }
}

function everyCut(length: number, text: string, is: string): void {
  const all = bytes(text);
  expect(read(length, [all])).toBe(is);
  for (let at = 1; at < all.length; at++)
    expect(read(length, [all.subarray(0, at), all.subarray(at)]), `cut at ${at}`).toBe(is);
  expect(
    read(
      length,
      Array.from(all, (byte) => Buffer.of(byte)),
    ),
  ).toBe(is);
}

describe("a chunked body", () => {
  it.each([
    ["0\r\n\r\n", "|"],
    ["3\r\nabc\r\n0\r\n\r\nrest", "abc|rest"],
    ["3\r\nabc\r\n00002\r\nde\r\n000\r\n\r\n", "abcde|"],
    ["a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a|"],
    ['3;a=b;c="d e"\r\nabc\r\n0;x\r\n\r\n', "abc|"],
    ["3;\r\nabc\r\n0\r\nA: b\r\nC:\r\n\r\nrest", "abc|rest"],
    ["2\r\n\r\n\r\n0\r\n\r\n", "\r\n|"],
  ])("is read: %j", (text, is) => {
    everyCut(CHUNKED, text, is);
    const end = text.length - (text.endsWith("rest") ? 4 : 0);
    for (let at = 1; at < end; at++) expect(read(CHUNKED, [bytes(text.slice(0, at))])).toBe("more");
  });

  it.each([
    "\r\nabc\r\n0\r\n\r\n",
    "+3\r\nabc\r\n0\r\n\r\n",
    "-3\r\nabc\r\n0\r\n\r\n",
    " 3\r\nabc\r\n0\r\n\r\n",
    "3 \r\nabc\r\n0\r\n\r\n",
    "3\t;a\r\nabc\r\n0\r\n\r\n",
    "0x3\r\nabc\r\n0\r\n\r\n",
    "g\r\nabc\r\n0\r\n\r\n",
    ";a\r\nabc\r\n0\r\n\r\n",
    "3\nabc\r\n0\r\n\r\n",
    "3\rabc\r\n0\r\n\r\n",
    "3;a\nabc\r\n0\r\n\r\n",
    "3;a\rb\r\nabc\r\n0\r\n\r\n",
    "3\r\nabcd\r\n0\r\n\r\n",
    "3\r\nabc\n0\r\n\r\n",
    "3\r\nabc\r0\r\n\r\n",
    "3\r\nabc0\r\n\r\n",
    "3\r\nabc\r\n0\r\n\n",
    "3\r\nabc\r\n0\r\nA : b\r\n\r\n",
    "3\r\nabc\r\n0\r\n A: b\r\n\r\n",
    "3\r\nabc\r\n0\r\nA: b\n\r\n",
    "00000000000003\r\nabc\r\n0\r\n\r\n",
    "ffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    `3\r\nabc\r\n0\r\nA: ${"b".repeat(100)}\r\n\r\n`,
    `3;${"b".repeat(17_000)}\r\nabc\r\n0\r\n\r\n`,
  ])("is refused: %j", (text) => {
    const all = bytes(text);
    expect(read(CHUNKED, [all])).toBe("refused");
    for (let at = 1; at < Math.min(all.length, 200); at++)
      expect(read(CHUNKED, [all.subarray(0, at), all.subarray(at)]), `cut at ${at}`).toBe("refused");
    expect(
      read(
        CHUNKED,
        Array.from(all, (byte) => Buffer.of(byte)),
      ),
    ).toBe("refused");
  });

  it("may have only so many bytes in the extensions of all its chunks", () => {
    const body = (count: number): Buffer => bytes(`${"1;abcdefg\r\nx\r\n".repeat(count)}0\r\n\r\n`);
    expect(read(CHUNKED, [body(2000)])).toBe(`${"x".repeat(2000)}|`);
    expect(read(CHUNKED, [body(3000)])).toBe("refused");
  });
});

describe("a body of known length", () => {
  it("is as long as that", () => {
    everyCut(5, "abcderest", "abcde|rest");
    everyCut(5, "abcde", "abcde|");
    for (let at = 0; at < 5; at++) expect(read(5, [bytes("abcde".slice(0, at))])).toBe("more");
  });

  it("is a copy: what was read may be written over", () => {
    for (const length of [5, CHUNKED]) {
      const body = new WholeBody(length);
      const chunk = bytes(length === CHUNKED ? "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" : "abcde");
      createBodyReader(length, body, 100).read(chunk, 0);
      chunk.fill(0);
      expect(body.take().toString()).toBe("abcde");
    }
  });

  it("does not get memory for what is only announced", () => {
    const body = new WholeBody(1e15);
    const reader = createBodyReader(1e15, body, 100);
    for (let count = 0; count < 3; count++) reader.read(Buffer.alloc(1000), 0);
    expect(body.byteCount).toBe(3000);
    expect(body.take()).toHaveLength(3000);
  });
});

it("a body until the connection closes is all that comes", () => {
  expect(read(UNTIL_CLOSE, [bytes("abc"), bytes("de")])).toBe("abcde|closed");
  expect(read(UNTIL_CLOSE, [])).toBe("|closed");
});
