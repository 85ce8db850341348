/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One to three requests on one connection, with so many mistakes in them. */
export function conversation(random: () => number, mistakes: number): { bytes: Buffer; requests: number } {
  const requests = 1 + Math.floor(random() * 3);
  let text = "";
  for (let index = 0; index < requests; index++) text += request(random);
  for (let index = 0; index < mistakes; index++) text = spoil(random, text);
  return { bytes: Buffer.from(text, "latin1"), requests };
}

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

function request(random: () => number): string {
  const method = pick(random, ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND"]);
  const target = pick(random, ["/", "/v1.0/state/s/k?metadata.a=b", "/a%20b/../c//d", "http://b:80/p?q", "/a;b=c"]);
  const lines = [`${method} ${target} HTTP/1.1`, "Host: a.example:3500"];
  for (let count = Math.floor(random() * 5); count > 0; count--)
    lines.push(
      pick(random, [
        "Accept: */*",
        "User-Agent:  Go-http-client/1.1 ",
        "x-empty:",
        "Cookie: a=b; c=d",
        "cookie: e=f",
        "X-Text: \xe9t\xe9\t.",
        "Connection: keep-alive",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "Content-Type: application/json",
      ]),
    );
  const body = pick(random, ["", "a", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "0\r\n\r\n", "x".repeat(300)]);
  const kind = random();
  if (kind < 0.3) lines.push(`Content-Length: ${body.length}`);
  else if (kind < 0.6) lines.push("Transfer-Encoding: chunked");
  // In the midst of the others as well.
  if (random() < 0.5) lines.push("X-Last: 1");
  const head = `${lines.join("\r\n")}\r\n\r\n`;
  return kind < 0.3 ? head + body : kind < 0.6 ? head + chunked(random, body) : head;
}

function chunked(random: () => number, body: string): string {
  let text = "";
  for (let at = 0; at < body.length;) {
    const size = 1 + Math.floor(random() * 40);
    const piece = body.slice(at, at + size);
    text += `${pick(random, ["", "0", "00"])}${piece.length.toString(16)}${pick(random, ["", "", ";a=b", ';c="d e"'])}\r\n${piece}\r\n`;
    at += size;
  }
  return `${text}0\r\n${pick(random, ["", "", "X-Trailer: 1\r\n"])}\r\n`;
}

const pieces = [
  ...'\r\n\t :;,/0123456789abcfx\0\x0b\x7f\x80"\\'.split(""),
  "\r\n",
  "\r\n\r\n",
  "\r\n ",
  " \r\n",
  "Content-Length: 1\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: identity\r\n",
  "transfer-encoding:\tchunked\r\n",
  "Host: b\r\n",
  "Connection: close\r\n",
  "Expect: 100-continue\r\n",
  "HTTP/1.0",
  "GET / HTTP/1.1\r\nHost: c\r\n\r\n",
];

/** Puts something in, takes something out, replaces or doubles something; rather at an end of a line than elsewhere. */
function spoil(random: () => number, text: string): string {
  let at = Math.floor(random() * (text.length + 1));
  if (random() < 0.6) {
    const end = text.indexOf("\r\n", at);
    if (end >= 0) at = end + Math.floor(random() * 3);
  }
  const length = Math.floor(random() * 4);
  const kind = random();
  if (kind < 0.4) return text.slice(0, at) + pick(random, pieces) + text.slice(at);
  if (kind < 0.6) return text.slice(0, at) + text.slice(at + 1 + length);
  if (kind < 0.9) return text.slice(0, at) + pick(random, pieces) + text.slice(at + 1);
  return text.slice(0, at) + text.slice(Math.max(at - 10 * length, 0), at) + text.slice(at);
}
