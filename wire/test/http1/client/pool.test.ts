import { once } from "node:events";
import type { Socket } from "node:net";

import { expect, test } from "vitest";

import { open, serveRaw, text } from "./peers.ts";

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** A peer that holds its answers back; each connection says its number. */
async function serveHeld() {
  const held: (() => void)[] = [];
  const numbers = new Map<Socket, number>();
  const peer = await serveRaw(
    (socket) => {
      const body = String(numbers.get(socket));
      held.push(() => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
    },
    (socket) => numbers.set(socket, numbers.size),
  );
  const release = (): void => {
    for (const answer of held.splice(0)) answer();
  };
  return { peer, held, release };
}

test("requests one after the other share a connection", async () => {
  const peer = await serveRaw((socket) => socket.write(ok));
  const client = open(peer.port);
  const prepared = client.prepare("GET", "/");
  for (let round = 0; round < 50; round++) await client.send(prepared, {});
  expect(peer.sockets).toHaveLength(1);
});

test("the connection that was used last is used first", async () => {
  const { peer, held, release } = await serveHeld();
  const client = open(peer.port);
  const prepared = client.prepare("GET", "/");
  const both = [client.send(prepared, {}), client.send(prepared, {})];
  await expect.poll(() => held.length).toBe(2);
  const [first, second] = held.splice(0);
  second!();
  await both[1];
  first!();
  const last = text((await both[0]!).body);
  for (let round = 0; round < 5; round++) {
    const next = client.send(prepared, {});
    await expect.poll(() => held.length).toBe(1);
    release();
    expect(text((await next).body)).toBe(last);
  }
});

test("no more connections are open than allowed; the rest waits in order, and not too many", async () => {
  const { peer, held, release } = await serveHeld();
  const client = open(peer.port, { maxConnections: 3, maxWaitingRequests: 4 });
  const settled: number[] = [];
  const sent = Array.from({ length: 7 }, (_, index) =>
    client.send(client.prepare("GET", `/${index}`), {}).then(() => settled.push(index)),
  );
  await expect(client.send(client.prepare("GET", "/7"), {})).rejects.toMatchObject({ code: "overloaded" });
  await expect.poll(() => held.length).toBe(3);
  release();
  await expect.poll(() => held.length).toBe(3);
  release();
  await expect.poll(() => held.length).toBe(1);
  release();
  await Promise.all(sent);
  expect(peer.sockets).toHaveLength(3);
  const asked = peer.requests.map((request) => Number(request[5]));
  expect(new Set(asked.slice(0, 3))).toEqual(new Set([0, 1, 2]));
  expect(new Set(asked.slice(3, 6))).toEqual(new Set([3, 4, 5]));
  expect(asked[6]).toBe(6);
});

test("who waits can give up, and leaves no gap", async () => {
  const { peer, held, release } = await serveHeld();
  const client = open(peer.port, { maxConnections: 1 });
  const prepared = client.prepare("GET", "/");
  const caller = new AbortController();
  const first = client.send(prepared, {});
  const gone = client.send(prepared, { signal: caller.signal });
  const late = client.send(prepared, { timeoutMs: 20 });
  const last = client.send(prepared, {});
  caller.abort(new Error("enough"));
  await expect(gone).rejects.toMatchObject({ code: "cancelled", cause: { message: "enough" } });
  await expect(late).rejects.toMatchObject({ code: "timeout" });
  await expect.poll(() => held.length).toBe(1);
  release();
  await first;
  await expect.poll(() => held.length).toBe(1);
  release();
  await last;
  expect(peer.requests).toHaveLength(2);
});

test("no more connections are kept than allowed", async () => {
  const { peer, held, release } = await serveHeld();
  const client = open(peer.port, { maxIdleConnections: 2 });
  const sent = Array.from({ length: 8 }, () => client.send(client.prepare("GET", "/"), {}));
  await expect.poll(() => held.length).toBe(8);
  release();
  await Promise.all(sent);
  await expect.poll(() => peer.sockets.filter(({ destroyed }) => !destroyed).length).toBe(2);
});

test.each([
  ["Connection: close", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", 3],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 3],
  ["HTTP/1.0 with keep-alive", "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", 1],
  ["bytes behind the answer", `${ok}HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad`, 3],
  ["a body behind 204", "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok", 3],
  ["no time to wait", "HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\nok", 3],
  ["time to wait", "HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100\r\ncontent-length: 2\r\n\r\nok", 1],
])("%s: three requests", async (_, answer, connections) => {
  const peer = await serveRaw((socket) => socket.write(answer));
  const client = open(peer.port);
  const prepared = client.prepare("GET", "/");
  for (let round = 0; round < 3; round++) {
    const { status, body } = await client.send(prepared, {});
    expect([status, text(body)]).toEqual(status === 204 ? [204, ""] : [200, "ok"]);
  }
  expect(peer.sockets).toHaveLength(connections);
});

test("an answer that ends with its connection", async () => {
  const peer = await serveRaw((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
  const client = open(peer.port);
  for (let round = 0; round < 3; round++)
    expect(text((await client.send(client.prepare("GET", "/"), {})).body)).toBe("all of it");
  expect(peer.sockets).toHaveLength(3);
});

test("a connection about to be closed, by what the peer said, is not used", async () => {
  const peer = await serveRaw((socket) =>
    socket.write("HTTP/1.1 200 OK\r\nkeep-alive: timeout=2\r\ncontent-length: 0\r\n\r\n"),
  );
  const client = open(peer.port);
  const prepared = client.prepare("GET", "/");
  await client.send(prepared, {});
  await client.send(prepared, {});
  expect(peer.sockets).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 1020));
  await client.send(prepared, {});
  expect(peer.sockets).toHaveLength(2);
});

test("an answer that nobody asked for ends its connection, and is nobody's answer", async () => {
  const peer = await serveRaw((socket) => socket.write(ok));
  const client = open(peer.port);
  const prepared = client.prepare("GET", "/");
  for (let round = 0; round < 10; round++) {
    expect(text((await client.send(prepared, {})).body)).toBe("ok");
    const socket = peer.sockets.at(-1)!;
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
    await once(socket, "close");
  }
});

test("an answer that comes before the request has gone out ends the connection", async () => {
  const peer = await serveRaw(
    () => undefined,
    (socket) => {
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
    },
  );
  const client = open(peer.port);
  const prepared = client.prepare("POST", "/");
  // More than the kernel takes for both of them.
  const body = Buffer.alloc(32 * 1024 * 1024);
  expect((await client.send(prepared, { body })).status).toBe(413);
  expect((await client.send(prepared, { body })).status).toBe(413);
  expect(peer.sockets).toHaveLength(2);
});

test("closing ends requests under way, those that wait, and idle connections", async () => {
  const { peer, held, release } = await serveHeld();
  const client = open(peer.port, { maxConnections: 2 });
  const prepared = client.prepare("GET", "/");
  const once = [client.send(prepared, {}), client.send(prepared, {})];
  await expect.poll(() => held.length).toBe(2);
  release();
  await Promise.all(once);
  const sent = [1, 2, 3].map(() => client.send(prepared, { repeatable: true }));
  await expect.poll(() => held.length).toBe(2);
  client.close();
  for (const each of sent) await expect(each).rejects.toMatchObject({ code: "closed" });
  await expect(client.send(prepared, {})).rejects.toMatchObject({ code: "closed" });
  await expect.poll(() => peer.sockets.every(({ destroyed }) => destroyed)).toBe(true);
  expect(peer.sockets).toHaveLength(2);
});
