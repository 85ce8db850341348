import { once } from "node:events";
import { spawn } from "node:child_process";
import { join } from "node:path";

import { expect, test } from "vitest";

import { open, serveRaw, text } from "./peers.ts";

const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

test.each(["FIN", "RST"])("a connection that the peer closed while it was idle (%s) is replaced", async (how) => {
  const peer = await serveRaw((socket) => socket.write(ok));
  const client = open(peer.port);
  const prepared = client.prepare("POST", "/");
  for (let round = 0; round < 20; round++) {
    await client.send(prepared, { body: Buffer.from("x") });
    const socket = peer.sockets.at(-1)!;
    if (how === "RST") socket.resetAndDestroy();
    else socket.end();
    await once(socket, "close");
    // The loop looks at the client's end of it too.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(peer.requests).toHaveLength(20);
  expect(peer.sockets).toHaveLength(20);
});

/** Answers the first request of a connection and closes at the second, which is the moment that cannot be seen before. */
const closesAtSecond =
  (how: "end" | "resetAndDestroy") =>
  (socket: import("node:net").Socket, _request: string, count: number): void => {
    if (count === 1) socket.write(ok);
    else socket[how]();
  };

test.each(["end", "resetAndDestroy"] as const)(
  "closed when it was taken (%s): sent again, once, if it may",
  async (how) => {
    const peer = await serveRaw(closesAtSecond(how));
    const client = open(peer.port);
    const prepared = client.prepare("POST", "/");
    await client.send(prepared, {});
    const again = await client.send(prepared, { repeatable: true, body: Buffer.from("body") });
    expect(text(again.body)).toBe("ok");
    expect(peer.requests.slice(1)).toEqual([peer.requests[1], peer.requests[1]]);
    expect(peer.sockets).toHaveLength(2);

    await expect(client.send(prepared, { repeatable: false })).rejects.toMatchObject({
      code: "broken",
      answerBegan: false,
    });
    expect(peer.requests).toHaveLength(4);
  },
);

test.each(["end", "resetAndDestroy"] as const)(
  "a fresh connection that closes at once (%s) is an error",
  async (how) => {
    const peer = await serveRaw((socket) => void socket[how]());
    const client = open(peer.port);
    const sent = client.send(client.prepare("POST", "/"), { repeatable: true });
    await expect(sent).rejects.toMatchObject({ code: "broken" });
    expect(peer.requests).toHaveLength(1);
  },
);

test("sent again only once: the second connection is a fresh one, and its end is an error", async () => {
  let refusing = false;
  const peer = await serveRaw((socket) => {
    if (refusing) socket.end();
    else socket.write(ok);
  });
  const client = open(peer.port);
  const prepared = client.prepare("POST", "/");
  // Several idle connections, all of which the peer will close at the next request.
  await Promise.all([1, 2, 3].map(() => client.send(prepared, {})));
  refusing = true;
  const before = peer.requests.length;
  await expect(client.send(prepared, { repeatable: true })).rejects.toMatchObject({ code: "broken" });
  expect(peer.requests.length - before).toBe(2);
  expect(peer.sockets).toHaveLength(4);
});

test.each(["H", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", "HTTP/1.1 103 Early Hints\r\n\r\n"])(
  "after a byte of an answer nothing is sent again: %j",
  async (piece) => {
    const peer = await serveRaw((socket, _request, count) => {
      if (count === 1) socket.write(ok);
      else socket.end(piece);
    });
    const client = open(peer.port);
    const prepared = client.prepare("POST", "/");
    await client.send(prepared, {});
    await expect(client.send(prepared, { repeatable: true })).rejects.toMatchObject({ code: "broken" });
    expect(peer.requests).toHaveLength(2);
  },
);

test("sent again where all connections are taken: an idle one makes room", async () => {
  const peer = await serveRaw(closesAtSecond("end"));
  const client = open(peer.port, { maxConnections: 2 });
  const prepared = client.prepare("POST", "/");
  await Promise.all([client.send(prepared, {}), client.send(prepared, {})]);
  expect(text((await client.send(prepared, { repeatable: true })).body)).toBe("ok");
});

test("kept connections keep no process alive", async () => {
  const peer = await serveRaw((socket) => socket.write(ok));
  const child = spawn(process.execPath, [
    "--conditions=@trilby/source",
    join(import.meta.dirname, "one-request.ts"),
    String(peer.port),
  ]);
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(0);
  expect(peer.requests).toHaveLength(2);
});
