import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { duplexPair } from "node:stream";
import { expect, it } from "vitest";

import { type AcceptedSocket, readAccepted, type SocketListener } from "../../src/http1/accepted-socket.ts";

it("reads a connection in memory that is used again, until it is released", async () => {
  let seen = "";
  const memory = new Set<ArrayBufferLike>();
  const accepted = Promise.withResolvers<AcceptedSocket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
    accepted.resolve(
      readAccepted(
        socket,
        listener((bytes) => {
          seen += bytes.toString();
          memory.add(bytes.buffer);
        }),
      ),
    ),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port);
  client.write("a");
  const { socket, release } = await accepted.promise;
  for (const text of ["b", "c"]) {
    const before = seen.length;
    client.write(text);
    while (seen.length === before) await new Promise((resolve) => setImmediate(resolve));
  }
  expect([seen.at(-1), memory.size]).toEqual(["c", 1]);
  expect(socket.remoteAddress).toBe("127.0.0.1");

  // Paused, what comes stays in the kernel.
  socket.pause();
  client.write("d");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toBe("abc");
  release();
  let released = "";
  socket.on("data", (chunk: Buffer) => (released += chunk.toString()));
  socket.resume();
  client.end("e");
  await once(socket, "end");
  expect([seen, released]).toEqual(["abc", "de"]);
  socket.end("f");
  const [answer] = (await once(client, "data")) as [Buffer];
  expect(answer.toString()).toBe("f");
  // The listener knows that it is gone.
  await new Promise((resolve) => server.close(resolve));
});

it("reads what cannot be moved as it comes", async () => {
  const [near, far] = duplexPair();
  const seen: string[] = [];
  const { socket, release } = readAccepted(
    near as Socket,
    listener((bytes) => void seen.push(bytes.toString())),
  );
  expect(socket).toBe(near);
  far.write("a");
  await new Promise((resolve) => setImmediate(resolve));
  release();
  near.on("data", (chunk: Buffer) => seen.push(`released ${chunk.toString()}`));
  far.write("b");
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual(["a", "released b"]);
});

function listener(data: (bytes: Buffer) => void): SocketListener {
  return { data, end() {}, drain() {}, close() {} };
}
