import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { open, serveHttp, serveRaw, text } from "./peers.ts";

const pieces = ["HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\n", "content-length: 4\r\n\r\n", "bo", "dy"];

/** Sends its answer piece by piece, each when the test says so. */
async function serveStepwise() {
  let socket: Socket | undefined;
  const peer = await serveRaw((asked) => (socket = asked));
  return {
    peer,
    asked: () => expect.poll(() => socket).toBeDefined(),
    async send(count: number): Promise<Socket> {
      for (const piece of pieces.slice(0, count)) {
        socket!.write(piece);
        await turn();
      }
      return socket!;
    },
  };
}

describe.each([0, 1, 2, 3, 4])("after %i pieces of the answer", (count) => {
  test("the caller gives up: the connection is closed, and the next request has its own", async () => {
    const { peer, asked, send } = await serveStepwise();
    const client = open(peer.port);
    const caller = new AbortController();
    const sent = client.send(client.prepare("GET", "/"), { signal: caller.signal, repeatable: true });
    await asked();
    const socket = await send(count);
    caller.abort(new Error("enough"));
    await expect(sent).rejects.toMatchObject({ code: "cancelled", cause: { message: "enough" } });
    if (!socket.destroyed) await once(socket, "close");
    expect(peer.requests).toHaveLength(1);
  });

  test("the time is over", async () => {
    const peer = await serveRaw(async (socket) => {
      for (const piece of pieces.slice(0, count)) {
        socket.write(piece);
        await turn();
      }
    });
    const client = open(peer.port);
    const sent = client.send(client.prepare("GET", "/"), { timeoutMs: 100, repeatable: true });
    await expect(sent).rejects.toMatchObject({ code: "timeout", message: "no whole answer within 100 ms" });
    await expect.poll(() => peer.sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
    expect(peer.requests.length).toBeLessThanOrEqual(1);
  });

  test("the peer dies", async () => {
    const { peer, asked, send } = await serveStepwise();
    const client = open(peer.port);
    const sent = client.send(client.prepare("GET", "/"), { repeatable: true });
    await asked();
    (await send(count)).resetAndDestroy();
    await expect(sent).rejects.toMatchObject({ code: "broken" });
    expect(peer.requests).toHaveLength(1);
  });
});

test("given up before it was sent, or while it connects", async () => {
  const peer = await serveRaw((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  const client = open(peer.port);
  const prepared = client.prepare("GET", "/");
  await expect(client.send(prepared, { signal: AbortSignal.abort("early") })).rejects.toMatchObject({
    code: "cancelled",
    cause: "early",
  });
  expect(peer.sockets).toHaveLength(0);
  const caller = new AbortController();
  const sent = client.send(prepared, { signal: caller.signal });
  caller.abort();
  await expect(sent).rejects.toMatchObject({ code: "cancelled" });
  expect((await client.send(prepared, {})).status).toBe(200);
  expect(peer.requests).toHaveLength(1);
});

test("one signal for many requests has one listener, and cancels them all; none is left behind", async () => {
  const port = await serveHttp((request, response) => {
    if (request.url === "/now") response.end("now");
  });
  const client = open(port);
  const caller = new AbortController();
  const { signal } = caller;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, given);
  };
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, given);
  };
  const now = client.prepare("GET", "/now");
  for (let round = 0; round < 10; round++) await client.send(now, { signal });
  await Promise.all(Array.from({ length: 10 }, () => client.send(now, { signal })));
  expect(listeners).toBe(1);
  // Of many signals without requests that of one stays.
  for (let round = 0; round < 10; round++) await client.send(now, { signal: new AbortController().signal });
  expect(listeners).toBe(0);
  const sent = Array.from({ length: 10 }, () => client.send(client.prepare("GET", "/never"), { signal }));
  expect(listeners).toBe(1);
  caller.abort();
  for (const each of sent) await expect(each).rejects.toMatchObject({ code: "cancelled" });
  expect((await client.send(now, {})).status).toBe(200);
});

test("a signal that cancels requests under way and waiting ones opens no connections on the way", async () => {
  const peer = await serveRaw(() => undefined);
  let opened = 0;
  const count = (): void => void opened++;
  subscribe("net.client.socket", count);
  try {
    const client = open(peer.port, { maxConnections: 2 });
    const caller = new AbortController();
    const prepared = client.prepare("GET", "/");
    const sent = Array.from({ length: 50 }, () => client.send(prepared, { signal: caller.signal }));
    await expect.poll(() => peer.requests.length).toBe(2);
    caller.abort();
    for (const each of sent) await expect(each).rejects.toMatchObject({ code: "cancelled" });
    expect(opened).toBe(2);
  } finally {
    unsubscribe("net.client.socket", count);
  }
});

test("a request that has its answer hears nothing of its signal or its time any more", async () => {
  const port = await serveHttp((_request, response) => response.end("x"));
  const client = open(port);
  const caller = new AbortController();
  const answer = await client.send(client.prepare("GET", "/"), { signal: caller.signal, timeoutMs: 1000 });
  caller.abort();
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect(text(answer.body)).toBe("x");
  expect((await client.send(client.prepare("GET", "/"), {})).status).toBe(200);
});

describe("a body larger than its limit", () => {
  test.each([
    ["announced", { "content-length": "101" }],
    ["in chunks", {}],
    ["until the end", { connection: "close" }],
  ])("%s", async (_, headers: Record<string, string>) => {
    let written = 0;
    const port = await serveHttp((request, response) => {
      const size = Number(request.url!.slice(1));
      if (headers["content-length"] !== undefined) headers = { "content-length": String(size) };
      response.writeHead(200, headers);
      for (let at = 0; at < size; at += 10) response.write("x".repeat(Math.min(10, size - at)));
      response.end();
      written++;
    });
    const client = open(port, { maxBodyBytes: 100 });
    expect((await client.send(client.prepare("GET", "/100"), {})).body).toHaveLength(100);
    await expect(client.send(client.prepare("GET", "/101"), {})).rejects.toMatchObject({
      code: "too-large",
      message: "the answer is larger than the limit of 100 bytes",
    });
    expect((await client.send(client.prepare("GET", "/99"), {})).body).toHaveLength(99);
    expect(written).toBe(3);
  });

  test("without an end: it is not read any further", async () => {
    const peer = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
      };
      socket.on("drain", more);
      more();
    });
    const client = open(peer.port, { maxBodyBytes: 1_000_000 });
    await expect(client.send(client.prepare("GET", "/"), {})).rejects.toMatchObject({ code: "too-large" });
    await expect.poll(() => peer.sockets[0]!.destroyed).toBe(true);
  });

  test("announced and never sent: no memory is taken for it", async () => {
    const peer = await serveRaw((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4000000000\r\n\r\nfew"));
    const client = open(peer.port, { maxBodyBytes: -1 });
    const before = process.memoryUsage().arrayBuffers;
    const sent = Array.from({ length: 20 }, () => client.send(client.prepare("GET", "/"), {}));
    const failed = Promise.allSettled(sent);
    await expect.poll(() => peer.requests.length).toBe(20);
    for (let count = 0; count < 10; count++) await turn();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
    client.close();
    for (const { status } of await failed) expect(status).toBe("rejected");
  });
});
