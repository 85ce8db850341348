import type { Random } from "./random.ts";
import type { Conversation } from "./reading.ts";

/** What a client says on one connection: one to three requests, right or nearly so, and in most cases changed at random places. */
export function makeConversation(random: Random): Conversation {
  let text = "";
  for (let left = 1 + random.below(3); left > 0; left--) text += makeRequest(random);
  if (random.chance(0.2)) return Buffer.from(text, "latin1");
  for (let changes = 1 + random.below(3); changes > 0; changes--) text = change(text, random);
  return Buffer.from(text, "latin1");
}

function makeRequest(random: Random): string {
  const fields = random.chance(0.97) ? ["Host: localhost"] : [];
  while (random.chance(0.4)) fields.push(random.of(plainFields));
  if (random.chance(0.2)) fields.push(random.of(oddFields));
  let body = "";
  if (random.chance(0.6)) {
    const content = random.of(contents);
    if (random.chance(0.5)) {
      body = content;
      fields.push(`Content-Length: ${content.length}`);
    } else {
      body = inChunks(content, random);
      fields.push("Transfer-Encoding: chunked");
    }
    if (random.chance(0.05)) fields.push(random.of(framingFields));
  }
  if (random.chance(0.3)) fields.push(fields.shift() ?? "X: y");
  return `${random.of(methods)} ${random.of(targets)} ${random.of(versions)}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n${body}`;
}

function inChunks(content: string, random: Random): string {
  let chunks = "";
  for (let at = 0; at < content.length;) {
    const size = Math.min(1 + random.below(20), content.length - at);
    const digits = random.chance(0.2) ? size.toString(16).toUpperCase().padStart(4, "0") : size.toString(16);
    const extension = random.chance(0.1) ? random.of([";a", ";a=b", ';a="b"', "; a=b"]) : "";
    chunks += `${digits}${extension}\r\n${content.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${chunks}0\r\n${random.chance(0.1) ? "X-Trailer: 1\r\n" : ""}\r\n`;
}

function change(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const length = random.of([1, 1, 1, 2, 4, 10]);
  const end = Math.min(text.length, at + length);
  switch (random.below(10)) {
    case 0:
      return text.slice(0, at) + random.of(odd) + text.slice(end);
    case 1:
      return text.slice(0, at) + random.of(odd) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(end);
    case 3:
      return text.slice(0, end) + text.slice(at);
    case 4:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 5:
      return text.slice(0, at);
    case 6: {
      // At a line's end, where most is decided.
      const line = text.indexOf("\r\n", at);
      return line < 0 ? text : text.slice(0, line) + random.of(odd) + text.slice(line + random.below(3));
    }
    case 7: {
      const line = text.indexOf("\r\n", at);
      const field = random.of([...framingFields, ...oddFields]);
      return line < 0 ? text : `${text.slice(0, line)}\r\n${field}${text.slice(line)}`;
    }
    case 8: {
      // What 32 and 64 bits do not hold of it.
      const digit = text.slice(at).search(/[0-9a-f]+\r\n/);
      return digit < 0
        ? text
        : text.slice(0, at + digit) + random.of(["10000000", "1000000000000000"]) + text.slice(at + digit);
    }
    default: {
      const digit = text.slice(at).search(/\d/);
      if (digit < 0) return text;
      return (
        text.slice(0, at + digit) +
        random.of(["", "0", "00", "1", "a", "+1", "-1", "1 ", " 1", "99999999999"]) +
        text.slice(at + digit + 1)
      );
    }
  }
}

const methods = ["GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
const targets = [
  "/",
  "/v1.0/state/store",
  "/v1.0/state/store/key?metadata.partitionKey=a",
  "/a%20b/c",
  "/caf%C3%A9",
  "/a//b/../c",
  "/?q",
  "*",
  "http://localhost/v1.0/x",
  "http://other:80/y?z",
];
const versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"];
const plainFields = [
  "Accept: */*",
  "User-Agent: judge/1.0",
  "Content-Type: application/json",
  "content-type: text/plain; charset=utf-8",
  "X-Empty:",
  "X-Tabs:\tvalue\t",
  "X-Latin: caf\xe9",
  "Cookie: a=b; c=d",
  "Cookie: e=f",
  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "dapr-api-token: secret",
  "Accept-Encoding: gzip, deflate, br",
];
const oddFields = [
  "Connection: close",
  "Connection: keep-alive",
  "Connection: Keep-Alive, X",
  "Expect: 100-continue",
  "Host: other",
  "X-Long: " + "a".repeat(300),
  "__proto__: x",
  "TE: trailers",
  "Keep-Alive: timeout=5",
  "Date: Mon, 23 Nov 2026 12:00:00 GMT",
  "Referer: http://localhost/",
];
const framingFields = [
  "Content-Length: 5",
  "Content-Length: 0",
  "Content-Length:5",
  "Content-Length: 5, 5",
  "content-length: 05",
  "Content-Length: +5",
  "Content-Length: 5 ",
  "Content-Length: -1",
  "Content-Length: ",
  "Content-Length : 5",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding:chunked ",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding: \x0bchunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding: chunked\r\n , identity",
  "Transfer_Encoding: chunked",
  "Trailer: Content-Length",
];
const contents = [
  "",
  "x",
  "hello",
  '[{"key":"a","value":1}]',
  "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "0\r\n\r\n",
  "\r\n\r\n",
  "a".repeat(200),
  "\x00\xff\r\n",
];
const odd = [
  "\r",
  "\n",
  "\r\n",
  "\n\n",
  "\r\r\n",
  "\n\r",
  "\0",
  " ",
  "\t",
  "  ",
  "\x0b",
  "\x0c",
  "\x7f",
  "\x80",
  "\xff",
  ":",
  ";",
  ",",
  '"',
  "/",
  "0",
  "1",
  "f",
  "-",
  "+",
  "0x",
  "\r\n ",
  "\r\n\t",
  "\r\n\r\n",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "HTTP/1.1",
  "GET / HTTP/1.1\r\n",
  "chunked",
  "close",
];
