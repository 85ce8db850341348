import { once } from "node:events";
import { createServer, IncomingMessage, METHODS } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createHttp1Server } from "../../src/http1/index.ts";
import { conversation, randomOf } from "./conversation.ts";

/** One request as a server has read it. */
interface Reading {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly body: string;
}

const read: { ours: Reading[]; theirs: Reading[] } = { ours: [], theirs: [] };

const ours = createHttp1Server({
  async handle(request) {
    const { method, target, names, values } = request.head;
    const body = await request.body(0).catch(() => undefined);
    if (body !== undefined) {
      const fields = names.map((name, index) => `${name}: ${values[index]}`);
      read.ours.push({ method, target, fields, body: Buffer.from(body).toString("latin1") });
    }
    request.respond(body === undefined ? 400 : 204, [], undefined);
  },
});

/** Writes down what llhttp reads as it reads it: of a connection that breaks off, streams do not say all. */
class Recorded extends IncomingMessage {
  readonly #chunks: Buffer[] = [];

  override push(chunk: Buffer | null): boolean {
    if (chunk === null) {
      const { method = "", url: target = "", rawHeaders } = this;
      const fields: string[] = [];
      for (let index = 0; index < rawHeaders.length; index += 2)
        fields.push(`${rawHeaders[index]!.toLowerCase()}: ${rawHeaders[index + 1]}`);
      read.theirs.push({ method, target, fields, body: Buffer.concat(this.#chunks).toString("latin1") });
    } else this.#chunks.push(chunk);
    return super.push(chunk);
  }
}

const theirs = createServer({ IncomingMessage: Recorded }, (request, response) => {
  request.on("error", () => {});
  request.on("end", () => response.writeHead(204).end());
  request.resume();
});

beforeAll(async () => {
  for (const server of [ours.listener, theirs]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
});
afterAll(async () => {
  await ours.close(0);
  theirs.close();
});

async function say(server: { address(): unknown }, bytes: Buffer): Promise<void> {
  const socket = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  socket.on("error", () => {});
  socket.resume();
  socket.end(bytes);
  await once(socket, "close");
}

/** What both servers read in the same bytes. */
async function readings(bytes: Buffer): Promise<{ ours: Reading[]; theirs: Reading[] }> {
  read.ours = [];
  read.theirs = [];
  await Promise.all([say(ours.listener, bytes), say(theirs, bytes)]);
  return { ...read };
}

/** With another host in an address as the target, that one counts with us. */
function comparable({ fields, target, ...rest }: Reading): unknown {
  return {
    ...rest,
    target,
    fields: target.startsWith("/") ? fields : fields.filter((field) => !field.startsWith("host:")),
  };
}

/** Why ours may read what llhttp does not. */
function isOurs({ method, target, fields }: Reading, text: string): boolean {
  return (
    // llhttp knows a list of methods; service invocation takes any.
    !METHODS.includes(method) ||
    // Go's server takes bytes above ASCII in a path, and clients send them.
    /[\x80-\xff]/.test(target) ||
    // What stands in a chunk's extension, up to the line's end, or in trailers is of no use, so that their form alone is looked at.
    (fields.some((field) => field.startsWith("transfer-encoding:")) &&
      /\r\n[0-9a-f]+;|\r\n(transfer-encoding|content-length):/i.test(text))
  );
}

describe("what ours takes, llhttp reads in the same way", () => {
  it("in requests that are right", async () => {
    const random = randomOf(7);
    let count = 0;
    for (let index = 0; index < 150; index++) {
      const { bytes, requests } = conversation(random, 0);
      const both = await readings(bytes);
      expect(both.ours, bytes.toString("latin1")).toHaveLength(requests);
      expect(both.ours.map(comparable), bytes.toString("latin1")).toEqual(both.theirs.map(comparable));
      count += requests;
    }
    expect(count).toBeGreaterThan(200);
  });

  it("in requests with mistakes", async () => {
    const random = randomOf(Number(process.env["HTTP1_SEED"] ?? 11));
    const rounds = Number(process.env["HTTP1_ROUNDS"] ?? 1500);
    const counts = { refusedByBoth: 0, refusedByUs: 0, takenByBoth: 0 };
    for (let index = 0; index < rounds; index++) {
      const { bytes } = conversation(random, 1 + Math.floor(random() * 2));
      const both = await readings(bytes);
      const text = bytes.toString("latin1");
      for (const [at, mine] of both.ours.entries()) {
        const other = both.theirs[at];
        if (other === undefined && isOurs(mine, text)) break;
        expect(comparable(mine), JSON.stringify(text)).toEqual(other && comparable(other));
      }
      if (both.ours.length < both.theirs.length) counts.refusedByUs++;
      else if (both.ours.length === 0) counts.refusedByBoth++;
      else counts.takenByBoth++;
    }
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(rounds / 100);
  }, 600_000);
});
