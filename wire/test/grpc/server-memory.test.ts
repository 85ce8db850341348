import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { framed, raw, rawSession, temporaryFolder } from "./server-fixture.ts";

// Callers that mean harm to the layer of gRPC, against a server in a process of its own; what lives in it is watched meanwhile.

const mebibyte = 1024 * 1024;
let child: ChildProcess;
let path: string;
let escaped: string[];

beforeEach(async () => {
  path = join(await temporaryFolder(), "memory.sock");
  escaped = [];
  child = fork(join(import.meta.dirname, "memory-process.ts"), [path], {
    execArgv: ["--expose-gc", "--conditions=@trilby/source"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  child.on("message", (message: { escaped?: string }) => message.escaped && escaped.push(message.escaped));
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  // What everything costs once.
  const session = rawSession(path);
  await Promise.all(Array.from({ length: 200 }, () => call(session, "Unary", framed(Buffer.alloc(100)))));
  session.destroy();
});

async function memory(): Promise<{ liveBytes: number; handled: number }> {
  child.send("memory");
  const [answer] = (await once(child, "message")) as [{ liveBytes: number; handled: number }];
  return answer;
}

/** The most that lives while something goes on that does not end by itself. */
async function peakWhile(milliseconds: number): Promise<number> {
  let peak = 0;
  for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(50)) {
    peak = Math.max(peak, (await memory()).liveBytes);
  }
  return peak;
}

function call(session: ClientHttp2Session, method: string, body: Buffer, headers: Record<string, string> = {}) {
  return raw(session, { ":path": `/test.Echo/${method}`, ...headers }, (stream) => stream.end(body));
}

function open(session: ClientHttp2Session, method: string, headers: Record<string, string> = {}): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": `/test.Echo/${method}`,
    "content-type": "application/grpc",
    ...headers,
  });
  return stream.on("error", () => undefined);
}

test.each(["Unary", "Listener"])(
  "%s: large messages that never end hold no more than the connection may",
  async (method) => {
    const before = (await memory()).liveBytes;
    const session = rawSession(path);
    const almost = framed(Buffer.alloc(4 * mebibyte)).subarray(0, -1);
    for (let index = 0; index < 300; index++) open(session, method).write(almost);
    const peak = await peakWhile(1500);
    // It did come: the budget of 64 MiB is used, and the windows of 256 KiB each.
    expect(peak - before).toBeGreaterThan(60 * mebibyte);
    expect(peak - before).toBeLessThan((64 + 300 / 4 + 30) * mebibyte);
    session.destroy();
    await expect.poll(async () => (await memory()).liveBytes - before).toBeLessThan(4 * mebibyte);
    expect(escaped).toEqual([]);
  },
);

test("large messages that wait for each other all come through", async () => {
  const session = rawSession(path);
  const body = framed(Buffer.alloc(4 * mebibyte - 1000, 7));
  const answers = Promise.all(
    Array.from({ length: 60 }, (_, index) => call(session, index % 2 === 0 ? "Unary" : "Listener", body)),
  );
  for (const { trailers } of await answers) expect(trailers["grpc-status"]).toBe("0");
  const bomb = framed(gzipSync(Buffer.alloc(4 * mebibyte - 1000)), 1);
  const inflated = Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      call(session, index % 2 === 0 ? "Unary" : "Listener", bomb, { "grpc-encoding": "gzip" }),
    ),
  );
  for (const { trailers } of await inflated) expect(trailers["grpc-status"]).toBe("0");
  expect(escaped).toEqual([]);
});

test("compressed messages that become large hold no more than the connection may", async () => {
  const before = (await memory()).liveBytes;
  const session = rawSession(path);
  const bomb = framed(gzipSync(Buffer.alloc(4 * mebibyte)), 1);
  for (let index = 0; index < 300; index++) void call(session, "Never", bomb, { "grpc-encoding": "gzip" });
  const peak = await peakWhile(1500);
  expect((await memory()).handled).toBeGreaterThanOrEqual(10);
  expect(peak - before).toBeLessThan(110 * mebibyte);
  session.destroy();
  await expect.poll(async () => (await memory()).liveBytes - before).toBeLessThan(4 * mebibyte);
});

test("calls that are cancelled leave nothing, though their deadlines are far", async () => {
  const before = (await memory()).liveBytes;
  const session = rawSession(path);
  for (let round = 0; round < 50; round++) {
    const streams = Array.from({ length: 20 }, (_, index) =>
      open(session, index % 2 === 0 ? "Aborted" : "Deaf", { "grpc-timeout": "10H" }),
    );
    for (const stream of streams) stream.end(framed(Buffer.alloc(1000)));
    const handled = (round + 1) * 20;
    await expect.poll(async () => (await memory()).handled).toBe(handled);
    for (const stream of streams) stream.close(8);
  }
  await expect.poll(async () => (await memory()).liveBytes - before).toBeLessThan(mebibyte);
  expect(escaped).toEqual([]);
  session.destroy();
});

test("a handler that does not read is sent no more than a window, in pieces however small", async () => {
  const before = (await memory()).liveBytes;
  const session = rawSession(path);
  const stream = open(session, "Deaf");
  const piece = framed(Buffer.alloc(1));
  let taken = 0;
  const pump = (): void => {
    stream.write(piece, (error) => {
      if (error) return;
      taken += piece.byteLength;
      setImmediate(pump);
    });
  };
  pump();
  const peak = await peakWhile(1500);
  expect(taken).toBeLessThan(400 * 1024);
  expect(peak - before).toBeLessThan(4 * mebibyte);
  session.destroy();
});

test("callers that do not read hold what they are sent to a small buffer each", async () => {
  const before = (await memory()).liveBytes;
  const session = rawSession(path);
  for (let index = 0; index < 200; index++) open(session, "Talker").pause();
  const peak = await peakWhile(1000);
  expect((await memory()).handled).toBe(200);
  expect(peak - before).toBeLessThan(40 * mebibyte);
  session.destroy();
  await expect.poll(async () => (await memory()).liveBytes - before).toBeLessThan(2 * mebibyte);
  expect(escaped).toEqual([]);
});
