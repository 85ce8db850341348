import { describe, expect, it } from "vitest";

import { HeadReader } from "../../src/http1/head-reader.ts";
import { Http1Error } from "../../src/http1/http1-error.ts";
import { parseRequest, type RequestHead } from "../../src/http1/request-head.ts";
import { parseResponse } from "../../src/http1/response-head.ts";

const MAX_BYTES = 2000;

/** What a reader makes of the chunks: a head and what follows it, or the status of the refusal, or that it waits for more. */
function readRequest(chunks: readonly Buffer[]): string {
  const reader = new HeadReader(parseRequest, MAX_BYTES);
  try {
    for (const [index, chunk] of chunks.entries()) {
      const head = reader.read(chunk, 0);
      if (head === undefined) {
        expect(reader.next).toBe(chunk.length);
        continue;
      }
      const rest = Buffer.concat([chunk.subarray(reader.next), ...chunks.slice(index + 1)]);
      expect(reader.isPartial).toBe(false);
      return show(head, rest);
    }
    return "more";
  } catch (error) {
    if (!(error instanceof Http1Error)) throw error;
    return `${error.status}`;
  }
}

function show(head: RequestHead, rest: Buffer): string {
  const fields = head.names.map((name, index) => `${name}=${head.values[index]}`);
  const body = head.chunked ? "chunked" : head.contentLength;
  const flags = [head.closes && "closes", head.saysUpgrade && "upgrade", head.expectsContinue && "continue"].filter(
    Boolean,
  );
  return [head.method, head.target, `1.${head.minorVersion}`, body, ...flags, ...fields, rest.toString("latin1")].join(
    "|",
  );
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

const good: [text: string, is: string][] = [
  ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET|/|1.1|-1|host=a|"],
  ["GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET|/|1.1|-1|host=|"],
  ["\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nrest", "GET|/|1.1|-1|host=a|rest"],
  ["GET / HTTP/1.0\r\n\r\n", "GET|/|1.0|-1|closes|"],
  ["GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET|/|1.0|-1|connection=Keep-Alive|"],
  ["GET / HTTP/1.1\r\nhost: a\r\nconnection: foo, CLOSE\r\n\r\n", "GET|/|1.1|-1|closes|host=a|connection=foo, CLOSE|"],
  ["QUERY /a?b=c#d HTTP/1.1\r\nHOST: [::1]:80\r\n\r\n", "QUERY|/a?b=c#d|1.1|-1|host=[::1]:80|"],
  [
    "POST /\xc3\xa9 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET",
    "POST|/\xc3\xa9|1.1|3|host=a|content-length=3|abcGET",
  ],
  [
    "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nHost: a\r\n\r\n",
    "POST|/|1.1|chunked|transfer-encoding=Chunked|host=a|",
  ],
  [
    "PUT / HTTP/1.1\r\nHost: a\r\nexpect: 100-Continue\r\nContent-length: 007\r\n\r\n",
    "PUT|/|1.1|7|continue|host=a|expect=100-Continue|content-length=007|",
  ],
  [
    "PUT / HTTP/1.0\r\nexpect: 100-continue\r\nContent-length: 7\r\n\r\n",
    "PUT|/|1.0|7|closes|expect=100-continue|content-length=7|",
  ],
  [
    "GET / HTTP/1.1\r\nX: \t a\tb \xe9 \t\r\nX-Empty: \t \r\nhost: a\r\n\r\n",
    "GET|/|1.1|-1|x=a\tb \xe9|x-empty=|host=a|",
  ],
  ["GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09aZ: v:w\r\n\r\n", "GET|/|1.1|-1|host=a|!#$%&'*+-.^_`|~09az=v:w|"],
  [
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\n\r\n",
    "GET|/|1.1|-1|upgrade|host=a|connection=upgrade, http2-settings|upgrade=h2c|",
  ],
  ["OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS|*|1.1|-1|host=a|"],
  ["GET http://b:1/p?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET|http://b:1/p?q|1.1|-1|host=b:1|"],
  ["GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET|HTTPS://b|1.1|-1|host=b|"],
];

const bad: [status: number, text: string][] = [
  [400, "GARBAGE\r\n\r\n"],
  [400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  [400, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"],
  [400, "GET / a HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET /\r\n\r\n"],
  [400, "GET / \r\n\r\n"],
  [400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET http://u@b/p HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET ftp://b/p HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET / http/1.1\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"],
  [400, "GET / HTTP/1.1\nHost: a\n\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\n\rX: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"],
  [400, "GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX\xe9: b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x0b\r\n\r\n"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n"],
  [417, "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n"],
  [501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"],
  [501, "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [400, "PRI / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ...["", "+1", "-1", "1, 1", "1,1", "0x1", "1e1", "1.0", "1 1", "9007199254740992", "99999999999999999999", "a"].map(
    (length): [number, string] => [400, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`],
  ),
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"],
  [400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ...[
    "",
    "identity",
    "gzip",
    "chunked, identity",
    "chunked, gzip",
    "chunked, chunked",
    ", chunked",
    "chunked,",
    "chunked;a=b",
    "xchunked",
    '"chunked"',
    "chunked\x0b",
  ].map((coding): [number, string] => [400, `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${coding}\r\n\r\n`]),
  [400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"],
  [501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
  [501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"],
  [431, `GET /${"x".repeat(MAX_BYTES)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  [431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(MAX_BYTES)}\r\n\r\n`],
  [431, `GET / HTTP/1.1\r\nHost: a\r\n${"x: a\r\n".repeat(MAX_BYTES / 6)}\r\n`],
];

describe("a request's head", () => {
  it.each(good)("is read: %j", (text, is) => {
    expect(readRequest([bytes(text)])).toBe(is);
  });

  it.each(bad)("is refused with %i: %j", (status, text) => {
    expect(readRequest([bytes(text)])).toBe(`${status}`);
  });

  it("is the same wherever its bytes are cut", () => {
    for (const [text, is] of good) {
      const all = bytes(text);
      for (let at = 1; at < all.length; at++)
        expect(readRequest([all.subarray(0, at), all.subarray(at)]), `${text} cut at ${at}`).toBe(is);
      expect(readRequest(Array.from(all, (byte) => Buffer.of(byte)))).toBe(is);
    }
    for (const [status, text] of bad) {
      const all = bytes(text);
      for (let at = 1; at < all.length; at++)
        expect(readRequest([all.subarray(0, at), all.subarray(at)]), `${text} cut at ${at}`).toBe(`${status}`);
      expect(readRequest(Array.from(all, (byte) => Buffer.of(byte)))).toBe(`${status}`);
    }
  });

  it("is waited for until it is whole", () => {
    for (const [text] of good) {
      const end = text.indexOf("\r\n\r\n", 2) + 4;
      for (let at = 1; at < end; at++) expect(readRequest([bytes(text.slice(0, at))]), text).toBe("more");
    }
  });

  it("may have a thousand fields", () => {
    const request = (count: number): Buffer => bytes(`GET / HTTP/1.0\r\n${"a:\r\n".repeat(count)}\r\n`);
    const read = (chunk: Buffer) => new HeadReader(parseRequest, 100_000).read(chunk, 0);
    expect(read(request(1000))?.names).toHaveLength(1000);
    expect(() => read(request(1001))).toThrow("more than 1000 header fields");
  });

  it("is not read beyond, and the next one after it", () => {
    const reader = new HeadReader(parseRequest, MAX_BYTES);
    const all = bytes("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\nGET");
    expect(reader.read(all, 0)?.target).toBe("/a");
    expect(reader.read(all, reader.next)?.target).toBe("/b");
    expect(reader.read(all, reader.next)).toBeUndefined();
    expect(reader.read(bytes(" /c HTTP/1.1\r\nHost: c\r\n\r\nmore"), 0)?.target).toBe("/c");
    expect(reader.next).toBe(25);
  });

  it("joins fields of one name where they are lists", () => {
    const text =
      "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nCookie: c\r\nContent-Type: x\r\na: 2\r\n__proto__: p\r\ncookie: d\r\ncontent-type: y\r\nA: 3\r\n\r\n";
    const head = new HeadReader(parseRequest, MAX_BYTES).read(bytes(text), 0)!;
    const all = Object.assign(Object.create(null), { host: "a", a: "1, 2, 3", cookie: "c; d", "content-type": "x" });
    all["__proto__"] = "p";
    expect(head.headers()).toEqual(all);
    for (const name of Object.keys(all)) expect(head.header(name)).toBe(all[name]);
    head.remove("a");
    expect(head.header("a")).toBeUndefined();
    expect(Object.keys(head.headers())).toEqual(["host", "cookie", "content-type", "__proto__"]);
  });

  it("knows a name by its bytes, not by its hash", () => {
    // "hou6" has the hash of "host".
    const head = new HeadReader(parseRequest, MAX_BYTES).read(
      bytes("GET / HTTP/1.1\r\nHost: a\r\nhou6: b\r\n\r\n"),
      0,
    )!;
    expect(head.names).toEqual(["host", "hou6"]);
  });
});

describe("a response's head", () => {
  const read = (text: string) => {
    const head = new HeadReader(parseResponse, MAX_BYTES).read(bytes(text), 0);
    return (
      head && [head.status, head.reason, head.minorVersion, head.chunked ? "chunked" : head.contentLength, head.closes]
    );
  };

  it.each([
    ["HTTP/1.1 200 OK\r\n\r\n", [200, "OK", 1, -1, false]],
    ["HTTP/1.1 200 \r\n\r\n", [200, "", 1, -1, false]],
    ["HTTP/1.1 404\r\n\r\n", [404, "", 1, -1, false]],
    ["HTTP/1.0 999 a b\t\xe9\r\nContent-Length: 5\r\n\r\n", [999, "a b\t\xe9", 0, 5, true]],
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", [100, "Continue", 1, -1, false]],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", [200, "OK", 1, "chunked", true]],
  ])("is read: %j", (text, is) => {
    expect(read(text)).toEqual(is);
    const reader = (cut: number) => {
      const each = new HeadReader(parseResponse, MAX_BYTES);
      return each.read(bytes(text.slice(0, cut)), 0) ?? each.read(bytes(text.slice(cut)), 0);
    };
    const end = text.indexOf("\r\n\r\n") + 4;
    for (let cut = 1; cut < end; cut++) expect([reader(cut)?.status, reader(cut)?.reason]).toEqual([is[0], is[1]]);
  });

  it.each([
    "HTTP/1.1 200 OK\n\n\n\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 -20 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "HTTP/1.1200 OK\r\n\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1 200 O\x00K\r\n\r\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\rX: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
  ])("is refused: %j", (text) => {
    expect(() => read(text)).toThrow(Http1Error);
  });
});
