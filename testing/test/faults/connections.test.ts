import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, test } from "vitest";

import { field, frame, type GrpcClient, openGrpcClient } from "./grpc-frames.ts";
import { account } from "./account.ts";
import { component, createTrilbyd, type Trilbyd } from "./trilbyd.ts";

// Many clients, slow ones, and ones that never finish: everyone else is served, and memory does not grow with them.

let host: Trilbyd;
let idleMegabytes: number;
const open = new Set<{ destroy(): void }>();

const largeBytes = 3 * 1024 * 1024;
/** Generous: what was once needed is not given back at once. Without bounds it would be gigabytes. */
const mostGrowthMegabytes = 400;

beforeAll(async () => {
  host = await createTrilbyd({
    resources: { "store.yaml": component("store", "state.in-memory", { keyPrefix: "none" }) },
  });
  await host.start();
  const items = [
    { key: "small", value: "found" },
    { key: "large", value: "x".repeat(largeBytes) },
  ];
  const response = await fetch(`${host.url}/v1.0/state/store`, { method: "POST", body: JSON.stringify(items) });
  assert.equal(response.status, 204);
  idleMegabytes = residentMegabytes();
});

afterEach(() => {
  for (const each of open) each.destroy();
  open.clear();
});

afterAll(() => host.stop());

const get = "GET /v1.0/state/store/small HTTP/1.1\r\nhost: x\r\n\r\n";

test("1,000 connections that stay open, each with ten requests", { timeout: 60_000 }, async () => {
  const clients = await Promise.all(Array.from({ length: 1000 }, () => openClient()));
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(clients.map((client) => client.request(get)));
    assert.equal(answers.filter((answer) => /^HTTP\/1.1 200 [^]*"found"$/.test(answer)).length, 1000);
  }
  report("1,000 HTTP connections");
});

test("100 gRPC connections, each with 50 calls at once", { timeout: 60_000 }, async () => {
  const callers = await Promise.all(Array.from({ length: 100 }, () => openCaller(host.grpcPort)));
  const statuses = await Promise.all(callers.flatMap((caller) => Array.from({ length: 50 }, () => getState(caller))));
  assert.equal(
    statuses.filter((status) => status === "0").length,
    5000,
    statuses.find((status) => status !== "0"),
  );
  report("100 gRPC connections");
});

test(
  "clients that send their headers byte by byte are cut off, others are served meanwhile",
  { timeout: 60_000 },
  async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => openClient()));
    const closed = Promise.all(slow.map(isClosed));
    for (const { socket } of slow) socket.write("GET / HTTP/1.1\r\nhost: x\r\na: ");
    const drip = setInterval(() => {
      for (const { socket } of slow) if (!socket.destroyed) socket.write("a");
    }, 200);
    try {
      await isServed();
      const beganAt = performance.now();
      await closed;
      assert.ok(performance.now() - beganAt < 25_000);
      await isServed();
    } finally {
      clearInterval(drip);
    }
    report("200 slow headers");
  },
);

test("connections on which nothing comes are closed", { timeout: 60_000 }, async () => {
  const silent = await Promise.all(Array.from({ length: 200 }, () => openClient()));
  await Promise.all(silent.map(isClosed));
  await isServed();
  report("200 silent connections");
});

test(
  "bodies that come byte by byte are taken when they are whole, others are served meanwhile",
  { timeout: 60_000 },
  async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => openClient()));
    const body = '[{"key":"slow","value":1}]';
    const head = `POST /v1.0/state/store HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
    const answers = Promise.all(clients.map((client) => client.request(head)));
    for (const byte of body) {
      for (const { socket } of clients) socket.write(byte);
      await isServed();
    }
    for (const answer of await answers) assert.match(answer, /^HTTP\/1.1 204 /);
    report("200 slow bodies");
  },
);

test("bodies that never end hold up nobody, not even the end", { timeout: 60_000 }, async () => {
  const clients = await Promise.all(Array.from({ length: 200 }, () => openClient()));
  const part = "x".repeat(100_000);
  for (const { socket } of clients)
    socket.write(`POST /v1.0/state/store HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n${part}`);
  await isServed();
  report("200 bodies of which 100 kB came");
  for (const { socket } of clients) socket.destroy();
  await isServed();
});

test("a client that opens and resets 20,000 calls harms nobody", { timeout: 60_000 }, async () => {
  for (const port of [host.httpPort, host.grpcPort]) {
    const { session } = await openCaller(port);
    for (let count = 0; count < 20_000 && !session.destroyed; count++) {
      const stream = session.request({ ":path": "/v1.0/state/store/small" });
      stream.on("error", () => {});
      stream.close(8);
      if (count % 500 === 0) await isServed();
    }
    session.destroy();
    await isServed();
    assert.equal(await getState(await openCaller(host.grpcPort)), "0");
  }
  report("20,000 calls reset on each port");
});

test("a client that has nothing more to say still gets its answer", async () => {
  const socket = connect({ port: host.httpPort, host: "127.0.0.1", allowHalfOpen: true });
  open.add(socket);
  let received = "";
  socket.on("data", (part: Buffer) => (received += part.toString()));
  socket.end(get);
  await once(socket, "end");
  assert.match(received, /^HTTP\/1.1 200 [^]*"found"/);
});

test("clients that do not read what they asked for do not fill the memory", { timeout: 60_000 }, async () => {
  const clients = await Promise.all(Array.from({ length: 50 }, () => openClient()));
  const request = "GET /v1.0/state/store/large HTTP/1.1\r\nhost: x\r\n\r\n";
  for (const { socket } of clients) {
    socket.pause();
    socket.write(request.repeat(100));
  }
  for (let round = 0; round < 20; round++) {
    await isServed();
    await delay(50);
  }
  report("50 clients that ask 100 times for 3 MB and do not read");
});

test("after all of it the same process serves, with the memory it may have", async () => {
  await isServed();
  report("at the end");
  assert.deepEqual(
    host.output.filter((line) => /level=(error|fatal)/.test(line)),
    [],
  );
});

interface Client {
  readonly socket: Socket;
  /** Resolves to the first answer, whole. */
  request(text: string): Promise<string>;
}

function isClosed({ socket }: Client): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

async function openClient(): Promise<Client> {
  const socket = connect({ port: host.httpPort, host: "127.0.0.1" });
  open.add(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return {
    socket,
    request: (text) =>
      new Promise((resolve, reject) => {
        let received = "";
        const take = (part: Buffer): void => {
          received += part.toString("latin1");
          const head = received.indexOf("\r\n\r\n");
          if (head === -1) return;
          const length = Number(/content-length: *(\d+)/i.exec(received.slice(0, head))?.[1] ?? 0);
          if (received.length < head + 4 + length) return;
          socket.off("data", take);
          socket.off("close", gone);
          resolve(received);
        };
        const gone = (): void => reject(new Error(`closed after ${JSON.stringify(received)}`));
        socket.on("data", take);
        socket.on("close", gone);
        socket.write(text);
      }),
  };
}

async function openCaller(port: number): Promise<GrpcClient> {
  const client = await openGrpcClient(port);
  open.add(client.session);
  return client;
}

async function getState(client: GrpcClient): Promise<string> {
  const { status, message } = await client.call(
    "GetState",
    frame(Buffer.concat([field(1, "store"), field(2, "small")])),
  );
  return `${status} ${message}`.trim();
}

async function isServed(): Promise<void> {
  const response = await fetch(`${host.url}/v1.0/state/store/small`, { signal: AbortSignal.timeout(5000) });
  assert.equal(await response.text(), '"found"');
}

function residentMegabytes(): number {
  const kilobytes = execFileSync("ps", ["-o", "rss=", "-p", String(host.pid)], { encoding: "utf8" });
  return Math.round(Number(kilobytes) / 1024);
}

/** Prints what the host's memory is now, and fails when it has grown too far. */
function report(what: string): void {
  const now = residentMegabytes();
  account(`${what}: ${idleMegabytes} MB before, ${now} MB now`);
  assert.ok(now - idleMegabytes <= mostGrowthMegabytes, `${what}: memory grew by ${now - idleMegabytes} MB`);
}
