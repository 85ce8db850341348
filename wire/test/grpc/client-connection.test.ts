import { execFile } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:http2";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { RpcCode, RpcError, connect } from "@trilby/wire/grpc";
import type { ConnectOptions } from "@trilby/wire/grpc";
import { answer, bytes, grpcHeaders, nodePeer, received, socketPath, text } from "./node-server.ts";

const method = "/test.Echo/Unary";
const failure = (promise: Promise<unknown>): Promise<RpcError> =>
  promise.then(
    () => expect.fail("the call should have failed"),
    (error: unknown) => (error instanceof RpcError ? error : expect.fail(String(error))),
  );

test("one connection carries all calls, and is made by the first", async () => {
  const { channel, sessions } = await nodePeer((stream) => answer(stream, [bytes("x")]));
  await sleep(20);
  expect(sessions).toHaveLength(0);
  await Promise.all(Array.from({ length: 100 }, () => channel.unary(method, bytes(""))));
  expect(sessions).toHaveLength(1);
});

test("after GOAWAY new calls go to a new connection, and those under way finish on the old one", async () => {
  const first = Promise.withResolvers<() => void>();
  let held = false;
  const { channel, sessions } = await nodePeer((stream, _headers, number) => {
    const finish = (): void => answer(stream, [bytes(String(number))]);
    if (held) finish();
    else first.resolve(finish);
    held = true;
  });
  const old = channel.unary(method, bytes(""));
  const finish = await first.promise;
  // The new call may be on its way when it comes: the peer says that it takes none after the first.
  sessions[0]!.goaway(constants.NGHTTP2_NO_ERROR, 1);
  expect(text(await channel.unary(method, bytes(""), { timeoutMs: 5000 }))).toBe("2");
  finish();
  expect(text(await old)).toBe("1");
  expect(sessions).toHaveLength(2);
});

test("a call that the peer refused is sent again, some times", async () => {
  const seen = new Map<string, number>();
  const { channel } = await nodePeer(async (stream, headers) => {
    const path = headers[":path"]!;
    const count = (seen.get(path) ?? 0) + 1;
    seen.set(path, count);
    if (path === "/never" || (path === "/later" && count < 3)) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else answer(stream, [(await received(stream)).subarray(5)]);
  });
  expect(text(await channel.unary("/later", bytes("payload")))).toBe("payload");
  expect((await failure(channel.unary("/never", bytes("")))).code).toBe(RpcCode.UNAVAILABLE);
  expect(Object.fromEntries(seen)).toEqual({ "/later": 3, "/never": 3 });
});

test("a stream that the peer refused is sent again, with its messages", async () => {
  let count = 0;
  const { channel } = await nodePeer(async (stream) => {
    if (++count === 1) setTimeout(() => stream.close(constants.NGHTTP2_REFUSED_STREAM), 20);
    else answer(stream, [(await received(stream)).subarray(5)]);
  });
  const stream = channel.stream(method);
  await stream.send(bytes("hello"));
  await sleep(60);
  stream.end();
  const seen: string[] = [];
  for await (const message of stream.messages) seen.push(text(message));
  expect(seen).toEqual(["hello"]);
  expect(count).toBe(2);
});

test("a call that the peer may have begun with is never sent again", async () => {
  let count = 0;
  const { channel, sessions } = await nodePeer(() => {
    count++;
    sessions[0]!.destroy();
  });
  expect((await failure(channel.unary(method, bytes("")))).code).toBe(RpcCode.UNAVAILABLE);
  await sleep(50);
  expect(count).toBe(1);
});

test("calls wait for one of the streams that the peer allows, in order, and no more than may", async () => {
  let open = 0;
  let most = 0;
  const { channel } = await nodePeer(
    async (stream) => {
      most = Math.max(most, ++open);
      const body = (await received(stream)).subarray(5);
      await sleep(5);
      open--;
      answer(stream, [body]);
    },
    { server: { settings: { maxConcurrentStreams: 3 } }, client: { maxWaitingCalls: 20 } },
  );
  await channel.ready(5000);
  const order: string[] = [];
  const calls = Array.from({ length: 23 }, async (_, index) => {
    order.push(text(await channel.unary(method, bytes(String(index).padStart(2, "0")))));
  });
  const refused = await failure(channel.unary(method, bytes("")));
  expect(refused.code).toBe(RpcCode.RESOURCE_EXHAUSTED);
  expect(refused.message).toContain("maxWaitingCalls");
  await Promise.all(calls);
  expect(most).toBe(3);
  expect(order).toHaveLength(23);
  expect(order.indexOf("22")).toBeGreaterThan(order.indexOf("03"));
});

test("a waiting call can be cancelled and can be late", async () => {
  const { channel } = await nodePeer(() => undefined, { server: { settings: { maxConcurrentStreams: 1 } } });
  await channel.ready(5000);
  const first = failure(channel.unary(method, bytes("")));
  const abort = new AbortController();
  const cancelled = failure(channel.unary(method, bytes(""), { signal: abort.signal }));
  const late = failure(channel.unary(method, bytes(""), { timeoutMs: 30 }));
  abort.abort();
  expect((await cancelled).code).toBe(RpcCode.CANCELLED);
  expect((await late).code).toBe(RpcCode.DEADLINE_EXCEEDED);
  channel.close();
  expect((await first).code).toBe(RpcCode.CANCELLED);
});

test("what is left of a waiting call's time is sent as its timeout", async () => {
  const release = Promise.withResolvers<void>();
  const { channel } = await nodePeer(
    async (stream, headers) => {
      if (headers[":path"] === "/first") await release.promise;
      answer(stream, [bytes(String(headers["grpc-timeout"]))]);
    },
    { server: { settings: { maxConcurrentStreams: 1 } } },
  );
  await channel.ready(5000);
  const first = channel.unary("/first", bytes(""));
  const second = channel.unary(method, bytes(""), { timeoutMs: 10_000 });
  await sleep(50);
  release.resolve();
  await first;
  expect(Number.parseInt(text(await second), 10)).toBeLessThan(10_000);
});

test("calls fail fast while nobody answers, naming the target, and one attempt follows the other", async () => {
  const path = socketPath();
  const channel = connect({ path }, { maxReconnectMs: 100 });
  onTestFinished(() => channel.close());
  const error = await failure(channel.unary(method, bytes("")));
  expect(error.code).toBe(RpcCode.UNAVAILABLE);
  expect(error.message).toContain(`Nobody answers at ${path}`);
  expect(error.message).toContain("ENOENT");
  await expect(channel.ready(30)).rejects.toThrow(`Nobody answers at ${path} after 30 ms`);
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  onTestFinished(() => void server.close());
  let connections = 0;
  server.on("connection", () => connections++);
  await expect.poll(() => connections).toBeGreaterThan(2);
  expect((await failure(channel.unary(method, bytes("")))).code).toBe(RpcCode.UNAVAILABLE);
});

/** A peer that accepts, sends what is given and says nothing else. */
async function mute(first: Uint8Array, options: ConnectOptions) {
  const path = socketPath();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.resume();
    socket.write(first);
  });
  server.listen(path);
  await once(server, "listening");
  const channel = connect({ path }, options);
  onTestFinished(() => {
    channel.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { channel, sockets };
}

const emptySettings = new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]);

test("a peer that accepts and never speaks HTTP/2 is no connection", async () => {
  const { channel } = await mute(new Uint8Array(0), { connectTimeoutMs: 100 });
  const error = await failure(channel.unary(method, bytes("")));
  expect(error.code).toBe(RpcCode.UNAVAILABLE);
  expect(error.message).toContain("no HTTP/2 connection within 100 ms");
});

test("a peer that speaks something else is no connection", async () => {
  const { channel } = await mute(bytes("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), {});
  expect((await failure(channel.unary(method, bytes("")))).code).toBe(RpcCode.UNAVAILABLE);
});

test("pings find a peer that stands still, while calls are under way", async () => {
  const { channel, sockets } = await mute(emptySettings, { keepalive: { timeMs: 50, timeoutMs: 50 } });
  await channel.ready(5000);
  await sleep(200);
  expect(sockets).toHaveLength(1);
  expect(sockets[0]!.destroyed).toBe(false);
  const error = await failure(channel.unary(method, bytes("")));
  expect(error.code).toBe(RpcCode.UNAVAILABLE);
  expect(error.message).toContain("ping");
});

test("pings find it also without calls, when asked to, and trouble nobody who answers", async () => {
  const keepalive = { timeMs: 30, timeoutMs: 2000, whenIdle: true };
  const { channel, sessions } = await nodePeer((stream) => answer(stream, [bytes("x")]), { client: { keepalive } });
  await channel.ready(5000);
  let pings = 0;
  sessions[0]!.on("ping", () => pings++);
  await expect.poll(() => pings).toBeGreaterThan(2);
  expect(sessions).toHaveLength(1);
  const still = await mute(emptySettings, { keepalive: { timeMs: 50, timeoutMs: 50, whenIdle: true } });
  await still.channel.ready(5000);
  await once(still.sockets[0]!, "close");
});

test("many calls with a deadline, cancelled and finished, leave nothing behind on the connection", async () => {
  const { channel, sessions } = await nodePeer((stream, headers) => {
    if (headers[":path"] === "/answer") answer(stream, [bytes("x")]);
  });
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        if (index % 2 === 0) return channel.unary("/answer", bytes(""), { timeoutMs: 10_000 });
        const abort = new AbortController();
        const call = failure(channel.unary("/wait", bytes(""), { signal: abort.signal }));
        setImmediate(() => abort.abort());
        return call;
      }),
    );
  }
  await expect.poll(() => sessions[0]!.state.localWindowSize).toBeGreaterThan(0);
  expect(sessions).toHaveLength(1);
  expect(text(await channel.unary("/answer", bytes("")))).toBe("x");
});

test("an open channel without calls keeps no process alive; a waiting call does", async () => {
  const { path } = await nodePeer((stream) => answer(stream, [bytes("x")]));
  const program = (body: string): string =>
    `import { connect } from "@trilby/wire/grpc"; const channel = connect({ path: ${JSON.stringify(path)} }); ${body}`;
  const run = async (body: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@trilby/source", "--input-type=module", "--eval", program(body)],
      { cwd: import.meta.dirname, timeout: 15_000 },
    );
    return stdout.trim();
  };
  expect(
    await run(`
      for (let index = 0; index < 3; index++) {
        const answer = await channel.unary("/a", new Uint8Array(0), { timeoutMs: 60_000 });
        console.log(new TextDecoder().decode(answer));
        await new Promise((resolve) => setTimeout(resolve, 30));
      }`),
  ).toBe("x\nx\nx");
});

test("a response's headers that are too large end their call and not the connection", async () => {
  const { channel, sessions } = await nodePeer(
    (stream, headers) =>
      answer(stream, [bytes("x")], undefined, {
        ...grpcHeaders,
        ...(headers[":path"] === "/large" && { "x-large": "x".repeat(3000) }),
      }),
    { client: { maxHeaderBytes: 2000 } },
  );
  expect((await failure(channel.unary("/large", bytes("")))).code).toBe(RpcCode.RESOURCE_EXHAUSTED);
  expect(text(await channel.unary("/small", bytes("")))).toBe("x");
  expect(sessions).toHaveLength(1);
});
