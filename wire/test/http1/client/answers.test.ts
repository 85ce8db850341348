import { describe, expect, test } from "vitest";

import { answerOf, type Outcome } from "./one-answer.ts";

interface Good {
  readonly name: string;
  readonly bytes: string;
  readonly method?: string;
  readonly status?: number;
  readonly body: string;
  readonly kept: boolean;
  /** Ends with its connection. */
  readonly untilClose?: boolean;
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const good: readonly Good[] = [
  { name: "a length", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello", body: "hello", kept: true },
  { name: "no body", bytes: "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", body: "", kept: true },
  { name: "no reason", bytes: "HTTP/1.1 500\r\nContent-Length: 1\r\n\r\n!", status: 500, body: "!", kept: true },
  { name: "an empty reason", bytes: "HTTP/1.1 204 \r\n\r\n", status: 204, body: "", kept: true },
  {
    name: "304 with a length",
    bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    status: 304,
    body: "",
    kept: true,
  },
  {
    name: "HEAD",
    method: "HEAD",
    bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    body: "",
    kept: true,
  },
  {
    name: "chunks",
    bytes: `${chunked}5\r\nhello\r\n0A\r\n0123456789\r\n0\r\n\r\n`,
    body: "hello0123456789",
    kept: true,
  },
  { name: "no chunk", bytes: `${chunked}0\r\n\r\n`, body: "", kept: true },
  {
    name: "chunks with extensions and trailers",
    bytes: `${chunked}3;a=b;c="d"\r\nabc\r\n00;x\r\nSum: 1\r\nTwo: 2\r\n\r\n`,
    body: "abc",
    kept: true,
  },
  {
    name: "interim answers",
    bytes:
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
    status: 201,
    body: "ok",
    kept: true,
  },
  {
    name: "close",
    bytes: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    body: "ok",
    kept: false,
  },
  { name: "1.0", bytes: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok", kept: false },
  {
    name: "1.0 that stays",
    bytes: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
    body: "ok",
    kept: true,
  },
  {
    name: "until the end",
    bytes: "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nall of it",
    body: "all of it",
    kept: false,
    untilClose: true,
  },
  { name: "until the end, with 1.1", bytes: "HTTP/1.1 200 OK\r\n\r\n12", body: "12", kept: false, untilClose: true },
];

function expectGood({ name, status = 200, body, kept }: Good, outcome: Outcome): void {
  expect({ name, ...outcome, headers: undefined }).toEqual({
    name,
    status,
    body,
    kept,
    ended: true,
    error: undefined,
    headers: undefined,
  });
}

describe.each(good)("$name", (answer) => {
  const bytes = Buffer.from(answer.bytes, "latin1");
  const options = { method: answer.method ?? "GET", end: answer.untilClose === true };

  test("in one piece", () => expectGood(answer, answerOf([bytes], options)));

  test("split at every byte", () => {
    for (let at = 1; at < bytes.length; at++)
      expectGood(answer, answerOf([bytes.subarray(0, at), bytes.subarray(at)], options));
  });

  test("split at every two bytes", () => {
    for (let first = 1; first < bytes.length - 1; first++) {
      for (let second = first + 1; second < bytes.length; second++) {
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expectGood(answer, answerOf(pieces, options));
      }
    }
  });

  test("byte by byte", () => {
    expectGood(
      answer,
      answerOf(
        Array.from(bytes, (byte) => Buffer.of(byte)),
        options,
      ),
    );
  });

  test("cut at every byte: an error, never a short body", () => {
    // Of a body that ends with its connection nobody can tell.
    const end = answer.untilClose === true ? bytes.indexOf("\r\n\r\n") + 4 : bytes.length;
    for (let at = 0; at < end; at++) {
      for (const pieces of [[bytes.subarray(0, at)], Array.from(bytes.subarray(0, at), (byte) => Buffer.of(byte))]) {
        const outcome = answerOf(at === 0 ? [] : pieces, { ...options, end: true });
        expect([at, outcome.ended, outcome.kept, outcome.error?.code]).toEqual([at, false, false, "broken"]);
      }
    }
  });

  test("one byte more is no part of it, and ends the connection", () => {
    if (answer.untilClose) return;
    const more = Buffer.concat([bytes, Buffer.from("H")]);
    expectGood({ ...answer, kept: false }, answerOf([more], options));
    expectGood({ ...answer, kept: false }, answerOf([bytes, Buffer.from("H")], options));
  });
});

const bad: Readonly<Record<string, string>> = {
  "not HTTP": "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  "HTTP/0.9": "<html>hello</html>\r\n\r\n",
  "HTTP/2": "HTTP/2.0 200 OK\r\n\r\n",
  "a version in lower case": "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "a status of two digits": "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
  "a status of four digits": "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
  "a status of letters": "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
  "a status below 100": "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
  "a signed status": "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n",
  "two spaces": "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
  "LF alone": "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
  "LF alone within": "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 0\r\n\r\n",
  "CR alone": "HTTP/1.1 200 OK\r\nX: y\rContent-Length: 0\r\n\r\n",
  NUL: "HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n",
  "NUL in the reason": "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n",
  "a folded line": "HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 0\r\n\r\n",
  "a space before the colon": "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
  "a field without a name": "HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 0\r\n\r\n",
  "a field without a colon": "HTTP/1.1 200 OK\r\nOdd\r\nContent-Length: 0\r\n\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
  "a list of lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na",
  "a signed length": "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
  "a negative length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na",
  "a length in hexadecimal": "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\na",
  "an endless length": "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na",
  "an empty length": "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
  "a length and chunks": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "chunks twice": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
  "a coding that is unknown": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  "chunks that are not last": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
  "chunks in 1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "a switch of protocols": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
  "a chunk without a size": `${chunked}\r\n\r\n`,
  "a chunk of a signed size": `${chunked}+1\r\na\r\n0\r\n\r\n`,
  "a chunk of a size with 0x": `${chunked}0x1\r\na\r\n0\r\n\r\n`,
  "a chunk with a space before its size": `${chunked} 1\r\na\r\n0\r\n\r\n`,
  "a chunk with a space behind its size": `${chunked}1 \r\na\r\n0\r\n\r\n`,
  "a chunk of an endless size": `${chunked}fffffffffffffffff\r\na\r\n0\r\n\r\n`,
  "a chunk longer than its size": `${chunked}1\r\nab\r\n0\r\n\r\n`,
  "a chunk shorter than its size": `${chunked}3\r\na\r\n0\r\n\r\n`,
  "a chunk that ends with LF": `${chunked}1\na\n0\n\n`,
  "a bad trailer": `${chunked}0\r\nbad trailer\r\n\r\n`,
  "a trailer with NUL": `${chunked}0\r\nx: \0\r\n\r\n`,
};

test.each(Object.entries(bad))("refused: %s", (_, answer) => {
  const bytes = Buffer.from(answer, "latin1");
  const splits = Array.from({ length: bytes.length }, (__, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  for (const pieces of [[bytes], ...splits.slice(1), Array.from(bytes, (byte) => Buffer.of(byte))]) {
    const { ended, kept, error } = answerOf(pieces, { end: true });
    expect({ ended, kept, code: error?.code }).toEqual({ ended: false, kept: false, code: "malformed" });
    expect(error!.message).toMatch(/^\w.{8,}/);
  }
});

const long = "x".repeat(2000);

test.each([
  ["a head", `HTTP/1.1 200 OK\r\nA: ${long}\r\nB: ${long}\r\nC: ${long}\r\n\r\n`],
  ["a head without an end", `HTTP/1.1 200 ${"x".repeat(10_000)}`],
  ["more fields than anybody has", `HTTP/1.1 200 OK\r\n${"a:\r\n".repeat(1022)}\r\n`],
  ["many interim answers", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(200)],
  ["trailers", `${chunked}0\r\nA: ${long}\r\nB: ${long}\r\nC: ${long}\r\n\r\n`],
])("larger than its limit: %s", (_, answer) => {
  const bytes = Buffer.from(answer, "latin1");
  for (const pieces of [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))]) {
    const { ended, kept, error } = answerOf(pieces);
    expect({ ended, kept, code: error?.code }).toEqual({ ended: false, kept: false, code: "too-large" });
  }
});

test("extensions of chunks that never end", () => {
  const bytes = Buffer.from(chunked + "1;extension=of-some-length\r\na\r\n".repeat(2000), "latin1");
  expect(answerOf([bytes])).toMatchObject({ ended: false, kept: false, error: { code: "malformed" } });
});
