import { request } from "node:http";
import { duplexPair } from "node:stream";
import { isDeepStrictEqual } from "node:util";

import { expect, test } from "vitest";

import { answerOf } from "./one-answer.ts";

// What ours takes, Node's own client (llhttp) reads in the same way, but for these cases. Ours may refuse more.
const differences = {
  "a tab behind a field's value, which belongs to the value for Node (RFC 9110, section 5.5: it does not)":
    /\t[ \t]*\r\n/,
  "a chunk's extension of another form, which is dropped": /\n[0-9a-f]+[ \t]*;/i,
  "an interim answer that closes the connection: that ends with the answer itself":
    /^HTTP\/1.(?:0 1\d\d|1 1\d\d[^]*connection: close)/i,
  "a trailer with a name that decides about bodies, which is dropped":
    /\r\n0\r\n[^]*(?:content-length|transfer-encoding):/i,
};

const seeds = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nSum: 1\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
  "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
  "HTTP/1.0 404 Not Found\r\nServer: old\r\n\r\nuntil the end",
  "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nEtag: "x"\r\nContent-Length: 10\r\n\r\n',
];

const words = [
  ..."\r\n|\n|\r|\r\n\r\n| |\t|:|;|,|0|1|9|a|f|\0|\x0b|\x7f|\xe9|+|-|x".split("|"),
  ..."Content-Length: 1\r\n|Content-Length: 3\r\n|Transfer-Encoding: chunked\r\n|Transfer-Encoding: identity\r\n".split(
    "|",
  ),
  ..."Connection: close\r\n|chunked|identity|HTTP/1.1|HTTP/1.0|200|100|0\r\n\r\n|5\r\nhello\r\n| folded\r\n".split("|"),
];

/** The same numbers for the same seed. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutated(random: (below: number) => number): Buffer {
  let answer = seeds[random(seeds.length)]!;
  for (let left = 1 + random(3); left > 0; left--) {
    const at = random(answer.length + 1);
    const to = at + [0, 0, 1, 1, 2, random(12)][random(6)]!;
    answer = answer.slice(0, at) + (random(4) === 0 ? "" : words[random(words.length)]!) + answer.slice(to);
  }
  return Buffer.from(answer, "latin1");
}

/** What follows an answer ends the connection, with ours; with Node also the answer, if it comes in the same piece. */
function answerBytes(bytes: Buffer): number {
  if (!answerOf([bytes]).ended) return bytes.length;
  let [short, enough] = [0, bytes.length];
  while (enough - short > 1) {
    const middle = (short + enough) >> 1;
    if (answerOf([bytes.subarray(0, middle)]).ended) enough = middle;
    else short = middle;
  }
  return enough;
}

interface Reading {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** Undefined: refused, or cut. */
function nodeReads(bytes: Buffer): Promise<Reading | undefined> {
  return new Promise((resolve) => {
    const [ours, theirs] = duplexPair();
    const call = request({ method: "GET", path: "/", host: "x", createConnection: () => ours });
    call.on("error", () => resolve(undefined));
    call.on("upgrade", () => resolve(undefined));
    call.on("response", (response) => {
      let body = "";
      response.setEncoding("latin1");
      response.on("data", (piece: string) => (body += piece));
      response.on("error", () => resolve(undefined));
      response.on("end", () => resolve({ status: response.statusCode!, headers: { ...response.headers }, body }));
    });
    call.end();
    theirs.on("error", () => undefined);
    theirs.resume();
    theirs.end(bytes);
  });
}

test("random answers", { timeout: 60_000 }, async () => {
  const seed = 20_261_123;
  const random = randomly(seed);
  let taken = 0;
  for (let count = 0; count < 20_000; count++) {
    const bytes = mutated(random);
    const ours = answerOf([bytes], { end: true });
    if (!ours.ended) continue;
    taken++;
    const nodes = await nodeReads(bytes.subarray(0, answerBytes(bytes)));
    const text = bytes.toString("latin1");
    const reading = { status: ours.status, headers: { ...ours.headers }, body: ours.body };
    if (isDeepStrictEqual(reading, nodes) || Object.values(differences).some((form) => form.test(text))) continue;
    expect(reading, `seed ${seed}, answer ${count}: ${JSON.stringify(text)}`).toEqual(nodes);
  }
  // Most are broken; those that are not must be many enough to say something.
  expect(taken).toBeGreaterThan(4000);
});
