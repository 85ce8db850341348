import type { Socket } from "node:net";

import { expect, test } from "vitest";

import { Http1CallError } from "../../../src/http1/client/index.ts";
import { open, serveRaw, text } from "./peers.ts";

/** The same numbers for the same seed; what happens when is the machine's. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function later(work: () => void, ms: number): void {
  if (ms === 0) setImmediate(work);
  else setTimeout(work, ms);
}

/** Answers with the request's path, in many ways, good and bad ones. */
function misbehave(socket: Socket, request: string, random: (below: number) => number): void {
  const body = request.slice(request.indexOf("/"), request.indexOf(" HTTP"));
  const length = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const chunks = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const whole = random(2) === 0 ? length : chunks;
  const cut = random(whole.length);
  const send = (bytes: string): void => void (socket.writable && socket.write(bytes));
  switch (random(12)) {
    case 0:
      return void socket.end();
    case 1:
      return void socket.resetAndDestroy();
    case 2:
      send(whole.slice(0, cut));
      return later(() => socket.destroy(), random(3));
    case 3:
      send(whole.slice(0, cut));
      return later(() => send(whole.slice(cut)), random(4));
    case 4:
      return send(`${whole}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`);
    case 5:
      // One byte short of what it announces.
      return void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length + 1}\r\n\r\n${body}`);
    case 6:
      return void socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`);
    case 7:
      return void socket.end(whole.replace("200 OK\r\n", "200 OK\r\nconnection: close\r\n"));
    case 8:
      return later(() => send(`HTTP/1.1 103 Early Hints\r\n\r\n${whole}`), random(8));
    case 9:
      send(whole);
      return later(() => socket.end(), random(3));
    default:
      return send(whole);
  }
}

test(
  "whatever happens, each request has its own answer or an error, and nothing is left",
  { timeout: 60_000 },
  async () => {
    const random = randomly(20_261_123);
    const peer = await serveRaw((socket, request) => misbehave(socket, request, random));
    const client = open(peer.port, { maxConnections: 20, maxIdleConnections: 5 });
    const shared = new AbortController();
    let answered = 0;
    const failed: Record<string, number> = {};

    const one = async (id: number): Promise<void> => {
      const own = new AbortController();
      const path = `/${id}/${"x".repeat(random(100))}`;
      const giveUp = random(10) === 0;
      if (giveUp) later(() => own.abort(), random(6));
      try {
        const { status, body } = await client.send(client.prepare("POST", path), {
          body: Buffer.alloc(random(3) === 0 ? 30_000 : 10),
          signal: giveUp ? own.signal : shared.signal,
          timeoutMs: random(10) === 0 ? random(20) : undefined,
          repeatable: random(2) === 0,
        });
        answered++;
        expect([status, text(body)]).toEqual([200, path]);
      } catch (error) {
        if (!(error instanceof Http1CallError)) throw error;
        failed[error.code] = (failed[error.code] ?? 0) + 1;
      }
    };
    const worker = async (first: number): Promise<void> => {
      for (let id = first; id < 2000; id += 60) await one(id);
    };
    await Promise.all(Array.from({ length: 60 }, (_, first) => worker(first)));

    expect(answered).toBeGreaterThan(600);
    expect(new Set(Object.keys(failed))).toEqual(new Set(["broken", "cancelled", "timeout"]));
    await expect.poll(() => peer.sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(5);
    client.close();
    await expect.poll(() => peer.sockets.filter(({ destroyed }) => !destroyed)).toEqual([]);
  },
);
