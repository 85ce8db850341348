import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { type AddressInfo, connect as connectSocket, createServer as createNetServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import { Client, credentials, status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { createServer } from "../../src/grpc/server/create-server.ts";
import { GrpcJs, echo, framed, raw, rawSession, serve, temporaryFolder, text } from "./server-fixture.ts";

// For wire.test and 127.0.0.1, its own authority, valid until 2126.
const fixture = (name: string) => readFile(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
const certificate = await fixture("tls-certificate.pem");
const privateKey = await fixture("tls-key.pem");

const ended = (session: ClientHttp2Session): Promise<unknown> => new Promise((resolve) => session.on("close", resolve));
const goaway = (session: ClientHttp2Session): Promise<[code: number, text: string | undefined]> =>
  new Promise((resolve) => session.on("goaway", (code, _, data) => resolve([code, data?.toString()])));
const call = (session: ClientHttp2Session, path = "/test.Echo/Unary", body = "a") =>
  raw(session, { ":path": path }, (stream) => stream.end(framed(text(body))));

test("several addresses, of both kinds, and a port that is free", async () => {
  const { server, path } = await serve(echo);
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  expect(address).toMatchObject({ host: "127.0.0.1", port: expect.any(Number) });
  const tcp = connectHttp2(`http://127.0.0.1:${(address as { port: number }).port}`);
  onTestFinished(() => tcp.destroy());
  for (const session of [tcp, rawSession(path)]) expect((await call(session)).trailers["grpc-status"]).toBe("0");
  const second = createServer();
  await expect(second.listen(address)).rejects.toMatchObject({ code: "EADDRINUSE" });
  await second.close(0);
  await expect(second.listen({ host: "127.0.0.1", port: 0 })).rejects.toThrow("was closed");
});

test("another way to bind, and connections that somebody else accepted", async () => {
  const path = join(await temporaryFolder(), "own.sock");
  const asked: unknown[] = [];
  const server = createServer({
    bind: async (net, address) => {
      asked.push(address);
      net.listen({ path });
      await once(net, "listening");
    },
  });
  onTestFinished(() => server.close(0));
  echo(server);
  expect(await server.listen({ path: "/nowhere" })).toEqual({ path: "/nowhere" });
  expect(asked).toEqual([{ path: "/nowhere" }]);
  expect((await call(rawSession(path))).trailers["grpc-status"]).toBe("0");

  const other = join(await temporaryFolder(), "other.sock");
  const net = createNetServer((socket) => server.accept(socket)).listen({ path: other });
  onTestFinished(() => void net.close());
  await once(net, "listening");
  expect((await call(rawSession(other))).trailers["grpc-status"]).toBe("0");
});

async function secure(clientCa?: string): Promise<number> {
  const server = createServer({ tls: { certificate, privateKey, ...(clientCa !== undefined && { clientCa }) } });
  onTestFinished(() => server.close(0));
  echo(server);
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  return (address as { port: number }).port;
}

function tlsClient(port: number, key?: string): Promise<number | undefined> {
  const shown = key === undefined ? null : Buffer.from(certificate);
  const client = new Client(
    `127.0.0.1:${port}`,
    credentials.createSsl(Buffer.from(certificate), key === undefined ? null : Buffer.from(key), shown),
    { "grpc.ssl_target_name_override": "wire.test", "grpc.use_local_subchannel_pool": 1 },
  );
  onTestFinished(() => client.close());
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest("/test.Echo/Later", same, same, text("a"), (error) => resolve(error?.code));
  });
}

test("TLS, with and without certificates of callers", async () => {
  expect(await tlsClient(await secure())).toBeUndefined();
  const port = await secure(certificate);
  expect(await tlsClient(port, privateKey)).toBeUndefined();
  expect(await tlsClient(port)).toBe(status.UNAVAILABLE);
});

test("connections that are not TLS, or do not agree on h2, end and harm nobody", async () => {
  const port = await secure();
  const plain = connectSocket({ host: "127.0.0.1", port });
  plain.on("error", () => undefined).write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  plain.resume();
  await once(plain, "close");
  const tls = (options: ConnectionOptions) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    socket.on("error", () => undefined).resume();
    return new Promise((resolve) => socket.on("close", resolve));
  };
  await tls({ ALPNProtocols: ["http/1.1"] });
  await tls({});
  expect(await tlsClient(port)).toBeUndefined();
});

test("closing cuts handshakes under way, and lets calls over TLS finish", async () => {
  const server = createServer({ tls: { certificate, privateKey } });
  const began = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  server.unary("/test.Echo/Later", async (request) => {
    began.resolve();
    await finish.promise;
    return request;
  });
  const { port } = (await server.listen({ host: "127.0.0.1", port: 0 })) as { port: number };
  const silent = Promise.withResolvers<void>();
  const net = createNetServer((socket) => {
    server.accept(socket);
    silent.resolve();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void net.close());
  await once(net, "listening");
  const call = tlsClient(port);
  await began.promise;
  const shaking = connectSocket({ host: "127.0.0.1", port: (net.address() as AddressInfo).port });
  shaking.on("error", () => undefined).resume();
  await silent.promise;
  const closedAt = performance.now();
  const closed = server.close(60_000);
  await once(shaking, "close");
  // A handshake that is not cut has ten seconds.
  expect(performance.now() - closedAt).toBeLessThan(5_000);
  finish.resolve();
  expect(await call).toBeUndefined();
  await closed;
});

test("a certificate and a key that do not fit are refused at once", () => {
  expect(() => createServer({ tls: { certificate, privateKey: "rubbish" } })).toThrow();
});

test("close takes no new calls, lets those under way finish, and ends then", async () => {
  const release = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const { server, path } = await serve((each) =>
    each.unary("/test.Echo/Unary", async (request) => {
      began.resolve();
      await release.promise;
      return request;
    }),
  );
  const session = rawSession(path);
  const idle = rawSession(path);
  await once(idle, "remoteSettings");
  const slow = call(session);
  await began.promise;
  const told = goaway(session);
  const idleEnds = ended(idle);
  const closed = server.close(20_000);
  expect(server.close(20_000)).toBe(closed);
  await idleEnds;
  expect((await told)[0]).toBe(0);
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  release.resolve();
  expect((await slow).trailers["grpc-status"]).toBe("0");
  await closed;
});

test("close ends what does not finish in time", async () => {
  const aborted = Promise.withResolvers<unknown>();
  const began = Promise.withResolvers<void>();
  const { server, path } = await serve((each) =>
    each.unary("/test.Echo/Unary", async (_, { signal }) => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      began.resolve();
      return new Promise<never>(() => undefined);
    }),
  );
  const client = new GrpcJs(path);
  const stuck = client.unary("/test.Echo/Unary", text(""));
  await began.promise;
  // Nor does a connection that never says anything hold it back.
  const silent = connectSocket({ path });
  silent.on("error", () => undefined);
  await once(silent, "connect");
  const before = performance.now();
  await server.close(100);
  expect(performance.now() - before).toBeLessThan(5000);
  expect((await stuck).error?.code).toBe(status.UNAVAILABLE);
  expect(await aborted.promise).toMatchObject({ code: status.CANCELLED });
});

test("calls above the limit of a connection are refused, and come through later", async () => {
  let active = 0;
  let most = 0;
  const { path } = await serve(
    (server) =>
      server.unary("/test.Echo/Unary", async (request) => {
        most = Math.max(most, ++active);
        await sleep(5);
        active--;
        return request;
      }),
    { maxConcurrentStreams: 3 },
  );
  const client = new GrpcJs(path);
  await client.unary("/test.Echo/Unary", text("a"));
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.unary("/test.Echo/Unary", text("a"))));
  expect(answers.map(({ error }) => error)).toEqual(answers.map(() => undefined));
  expect(most).toBe(3);
});

test("headers above the limit end their call alone", async () => {
  const { path } = await serve(echo, { maxHeaderBytes: 4096 });
  const session = rawSession(path);
  const { resetCode } = await raw(session, { "x-large": "x".repeat(8192) });
  expect(resetCode).toBe(11);
  expect((await raw(session, { "x-small": "x".repeat(1024) }, (stream) => stream.end(framed(text("a"))))).body).toEqual(
    framed(text("a")),
  );
});

test("keepalive finds a peer that is gone, and leaves one that answers", async () => {
  const { path } = await serve(echo, { keepalive: { timeMs: 60, timeoutMs: 100 } });
  const alive = rawSession(path);
  await once(alive, "remoteSettings");
  // Speaks HTTP/2 once and never again.
  const dead = connectSocket({ path });
  dead.on("error", () => undefined).resume();
  dead.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  dead.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0]));
  const before = performance.now();
  await once(dead, "close");
  expect(performance.now() - before).toBeGreaterThan(100);
  await sleep(300);
  expect((await call(alive)).trailers["grpc-status"]).toBe("0");
});

test("a connection without calls ends after its time, and one with calls does not", async () => {
  const release = Promise.withResolvers<void>();
  const { path } = await serve(
    (server) =>
      server.unary("/test.Echo/Unary", async (request) => {
        await release.promise;
        return request;
      }),
    { maxConnectionIdleMs: 150 },
  );
  const busy = rawSession(path);
  const answer = call(busy);
  const idle = rawSession(path);
  const [code] = await goaway(idle);
  expect(code).toBe(0);
  await sleep(200);
  expect(busy.closed).toBe(false);
  const busyEnds = ended(busy);
  release.resolve();
  expect((await answer).trailers["grpc-status"]).toBe("0");
  await busyEnds;
});

test("a connection that is too old takes no more calls; those it has go on, for a grace", async () => {
  const { path } = await serve(
    (server) => {
      server.unary("/test.Echo/Short", async (request) => {
        await sleep(300);
        return request;
      });
      server.unary("/test.Echo/Never", () => new Promise<never>(() => undefined));
    },
    { maxConnectionAgeMs: 100, maxConnectionAgeGraceMs: 500 },
  );
  const session = rawSession(path);
  const told = goaway(session);
  const short = call(session, "/test.Echo/Short");
  const never = call(session, "/test.Echo/Never");
  expect((await told)[0]).toBe(0);
  expect((await short).trailers["grpc-status"]).toBe("0");
  expect((await never).trailers).toEqual({});
});

test("a caller that pings too often is told so", async () => {
  const { path } = await serve(echo, { pingPolicy: { minTimeMs: 10_000, withoutCalls: true } });
  const session = rawSession(path);
  await once(session, "remoteSettings");
  const told = goaway(session);
  for (let index = 0; index < 4; index++) session.ping(() => undefined);
  expect(await told).toEqual([11, "too_many_pings"]);
});

test("pings are answered without a policy, and with one while calls are answered in between", async () => {
  for (const options of [{}, { pingPolicy: { minTimeMs: 10_000, withoutCalls: true } }]) {
    const { path } = await serve(echo, options);
    const session = rawSession(path);
    for (let index = 0; index < 20; index++) {
      await call(session);
      await new Promise((resolve) => session.ping(resolve));
    }
    expect(session.closed).toBe(false);
  }
});
