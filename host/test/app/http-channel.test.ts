import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { afterEach, describe, expect, test } from "vitest";

import type { HttpAppChannel } from "../../src/app/channel.ts";
import { createAppChannel } from "../../src/app/create-app-channel.ts";
import type { AppOptions } from "../../src/options/options.ts";
import { answer, startHttpApp, type HttpApp } from "./http-app.ts";
import { recordingLog, recordingMetrics } from "./recorders.ts";

const log = recordingLog();
const metrics = recordingMetrics();
const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
  log.lines.length = metrics.records.length = 0;
});

async function openApp(...options: Parameters<typeof startHttpApp>): Promise<HttpApp> {
  const app = await startHttpApp(...options);
  opened.push(app);
  return app;
}

async function openChannel(port: number, options: Partial<AppOptions> = {}): Promise<HttpAppChannel> {
  const channel = await createAppChannel(
    {
      port,
      protocol: "http",
      host: "127.0.0.1",
      token: undefined,
      maxConcurrency: 0,
      health: undefined,
      bindingOptionsTimeoutMs: 1000,
      ...options,
    },
    { log, metrics, maxBodyBytes: 1000, maxHeaderBytes: 4096 },
  );
  opened.push({
    async close() {
      await channel!.stop();
      channel!.close();
    },
  });
  return channel as HttpAppChannel;
}

const json = { contentType: "application/json" };

describe.each(["http", "h2c"] as const)("over %s", (protocol) => {
  const h2c = protocol === "h2c";

  test("a call carries method, path, body and headers, and brings back the answer", async () => {
    const app = await openApp({ "POST /a/b": answer(201, { ok: true }) }, { h2c });
    const channel = await openChannel(app.port, { protocol, token: "secret" });
    await channel.start();
    const response = await channel.route("POST", "a/b", { fixed: "yes" }).call({
      body: Buffer.from("hello"),
      contentType: "text/plain",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      headers: { Mine: "grüß", fixed: "no", "dapr-api-token": "guess" },
    });
    expect(response.status).toBe(201);
    expect(Buffer.from(response.body).toString()).toBe('{"ok":true}');
    expect(response.headers["content-type"]).toBe("application/json");
    const [seen] = app.seen;
    expect(seen).toMatchObject({ method: "POST", path: "/a/b" });
    expect(seen!.body.toString()).toBe("hello");
    expect(seen!.headers).toMatchObject({
      "content-type": "text/plain",
      "content-length": "5",
      "dapr-api-token": "secret",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      fixed: "yes",
    });
    expect(Buffer.from(seen!.headers["mine"] as string, "latin1").toString()).toBe("grüß");
    expect(metrics.records).toContain("app POST /a/b 201");
  });

  test("headers that must not travel are left out, and what cannot be a header is named once", async () => {
    const app = await openApp({ "POST /a": answer(200) }, { h2c });
    const channel = await openChannel(app.port, { protocol });
    await channel.start();
    const headers = {
      Connection: "close",
      "Transfer-Encoding": "chunked",
      ":path": "/evil",
      "grpc-trace-bin": "x",
      "grpc-timeout": "1",
      "own-bin": "x",
      "destination-app-id": "x",
      "Content-Length": "99",
      "two words": "x",
      line: "a\r\nb: c",
      kept: "v",
    };
    const route = channel.route("POST", "/a");
    await route.call({ ...json, body: Buffer.from("{}"), headers });
    await route.call({ ...json, body: Buffer.from("{}"), headers });
    expect(app.seen).toHaveLength(2);
    const { headers: got } = app.seen[0]!;
    expect(got).toMatchObject({ kept: "v", "dapr-grpc-timeout": "1", "content-length": "2" });
    for (const name of [
      "own-bin",
      "transfer-encoding",
      "grpc-trace-bin",
      "destination-app-id",
      "two words",
      "line",
      "b",
    ]) {
      expect(got).not.toHaveProperty(name);
    }
    expect(log.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      expect.stringContaining('"two words"'),
      expect.stringContaining('"line"'),
    ]);
  });

  test("redirects are answers, not orders", async () => {
    const app = await openApp(
      { "GET /from": (_request, response) => void response.writeHead(302, { location: "/to" }).end() },
      { h2c },
    );
    const channel = await openChannel(app.port, { protocol });
    await channel.start();
    expect((await channel.route("GET", "/from").call(json)).status).toBe(302);
    expect(app.seen).toHaveLength(1);
  });

  test("an answer larger than the limit is no answer", async () => {
    const app = await openApp(
      { "GET /big": answer(200, "x".repeat(1001)), "GET /fits": answer(200, "x".repeat(1000)) },
      { h2c },
    );
    const channel = await openChannel(app.port, { protocol });
    await channel.start();
    await expect(channel.route("GET", "/big").call(json)).rejects.toMatchObject({
      name: "AppError",
      code: "bad-answer",
    });
    expect((await channel.route("GET", "/fits").call(json)).body).toHaveLength(1000);
  });

  test("an application that dies in the middle of its answer gives none", async () => {
    const app = await openApp(
      {
        "GET /half": (_request, response) => {
          response.writeHead(200, { "content-length": "100" });
          response.write("half");
          setTimeout(() => app.cutConnections(), 20);
        },
      },
      { h2c },
    );
    const channel = await openChannel(app.port, { protocol });
    await channel.start();
    await expect(channel.route("GET", "/half").call(json)).rejects.toMatchObject({ code: "unreachable" });
  });

  test("a call ends when its time is over or its caller gives up", async () => {
    const app = await openApp({ "GET /never": () => undefined }, { h2c });
    const channel = await openChannel(app.port, { protocol });
    await channel.start();
    const route = channel.route("GET", "/never");
    await expect(route.call({ ...json, timeoutMs: 30 })).rejects.toMatchObject({ code: "timeout" });
    const caller = new AbortController();
    const call = route.call({ ...json, signal: caller.signal });
    await app.reached("/never", 2);
    caller.abort();
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
    await expect(route.call({ ...json, signal: caller.signal })).rejects.toMatchObject({ code: "cancelled" });
  });

  test("nothing listening is an error; the next call finds a restarted application", async () => {
    const first = await startHttpApp({ "GET /a": answer(200) }, { h2c });
    const channel = await openChannel(first.port, { protocol });
    await channel.start();
    const route = channel.route("GET", "/a");
    await route.call(json);
    await first.close();
    await expect(route.call({ ...json, repeatable: true })).rejects.toMatchObject({ code: "unreachable" });
    await openApp({ "GET /a": answer(200) }, { h2c, port: first.port });
    expect((await route.call(json)).status).toBe(200);
  });

  test("a connection that the application closed while idle is replaced", async () => {
    const app = await openApp({ "POST /a": answer(200) }, { h2c });
    const channel = await openChannel(app.port, { protocol });
    await channel.start();
    const route = channel.route("POST", "/a");
    for (let round = 0; round < 20; round++) {
      await route.call({ ...json, body: Buffer.from("x"), repeatable: true });
      app.cutConnections();
    }
    expect(app.seen).toHaveLength(20);
  });

  test("no more calls are under way than the application takes, and waiting ones can give up", async () => {
    const answers: (() => void)[] = [];
    const app = await openApp(
      { "POST /slow": (_request, response) => void answers.push(() => response.end()) },
      { h2c },
    );
    const channel = await openChannel(app.port, { protocol, maxConcurrency: 1 });
    await channel.start();
    const route = channel.route("POST", "/slow");
    const first = route.call(json);
    const second = route.call(json);
    const caller = new AbortController();
    const third = route.call({ ...json, signal: caller.signal });
    await app.reached("/slow");
    caller.abort();
    await expect(third).rejects.toMatchObject({ code: "cancelled" });
    expect(answers).toHaveLength(1);
    answers[0]!();
    await first;
    await app.reached("/slow", 2);
    answers[1]!();
    await second;
    // The one who gave up left no gap in the line.
    const fourth = route.call(json);
    await app.reached("/slow", 3);
    answers[2]!();
    await fourth;
    expect(app.seen).toHaveLength(3);
  });
});

test("the host waits for the application's port", async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const channel = await openChannel(port);
  const told: string[] = [];
  channel.onHealthy(() => void told.push("healthy"));
  const started = channel.start();
  expect(channel.healthy).toBe(false);
  await expect(channel.route("GET", "/a").call(json)).rejects.toMatchObject({
    code: "unhealthy",
    message: "app is not in a healthy state",
  });
  const app = await openApp({ "GET /a": answer(200) }, { port });
  await started;
  expect(told).toEqual(["healthy"]);
  expect((await channel.route("GET", "/a").call(json)).status).toBe(200);
  expect(app.seen).toHaveLength(1);
  expect(log.lines.map(({ message }) => message)).toContain(`application discovered on port ${port}`);
});

test("waiting for the port ends with stop", async () => {
  const channel = await openChannel(1);
  const started = channel.start();
  await channel.stop();
  await started;
  expect(channel.healthy).toBe(false);
});

describe("health probing", () => {
  const health = { path: "/healthz", intervalMs: 20, timeoutMs: 5_000, threshold: 3 };

  test("failures in a row make the application unhealthy, one success brings it back", async () => {
    let status = 500;
    const app = await openApp({
      "GET /healthz": (_request, response) => void response.writeHead(status).end(),
      "GET /a": answer(200),
    });
    const channel = await openChannel(app.port, { health, token: "secret" });
    const told: string[] = [];
    const change = Promise.withResolvers<void>();
    let wake = change.resolve;
    const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    channel.onHealthy(() => (told.push("healthy"), wake()));
    channel.onUnhealthy(() => (told.push("unhealthy"), wake()));
    await channel.start();
    await app.reached("/healthz", 3);
    expect(told).toEqual([]);
    expect(app.seen[0]!.headers).not.toHaveProperty("dapr-api-token");

    let changed = next();
    status = 204;
    await changed;
    expect((await channel.route("GET", "/a").call(json)).status).toBe(200);

    changed = next();
    const before = app.seen.length;
    status = 503;
    await changed;
    expect(app.seen.slice(before).filter(({ path }) => path === "/healthz").length).toBeGreaterThanOrEqual(3);
    await expect(channel.route("GET", "/a").call(json)).rejects.toMatchObject({ code: "unhealthy" });

    changed = next();
    status = 200;
    await changed;
    expect(told).toEqual(["healthy", "unhealthy", "healthy"]);
    expect(metrics.records).toContain("probe 503");
  });

  test("a probe that takes too long failed", async () => {
    const app = await openApp({ "GET /healthz": answer(200) });
    const channel = await openChannel(app.port, { health: { ...health, timeoutMs: 100 } });
    const unhealthy = new Promise<void>((resolve) => channel.onUnhealthy(resolve));
    const healthy = new Promise<void>((resolve) => channel.onHealthy(resolve));
    await channel.start();
    await healthy;
    app.on.set("GET /healthz", () => undefined);
    await unhealthy;
    expect(channel.healthy).toBe(false);
  });

  test("calls that waited for a place are not made once the application is unhealthy", async () => {
    let status = 200;
    const responses: (() => void)[] = [];
    const app = await openApp({
      "GET /healthz": (_request, response) => void response.writeHead(status).end(),
      "POST /slow": (_request, response) => void responses.push(() => response.end()),
    });
    const channel = await openChannel(app.port, { health, maxConcurrency: 1 });
    const healthy = new Promise<void>((resolve) => channel.onHealthy(resolve));
    const unhealthy = new Promise<void>((resolve) => channel.onUnhealthy(resolve));
    await channel.start();
    await healthy;
    const route = channel.route("POST", "/slow");
    const first = route.call(json);
    const second = route.call(json);
    await app.reached("/slow");
    status = 500;
    await unhealthy;
    responses[0]!();
    expect((await first).status).toBe(200);
    await expect(second).rejects.toMatchObject({ code: "unhealthy" });
    expect(app.seen.filter(({ path }) => path === "/slow")).toHaveLength(1);
  });

  test("a probe that was under way at the stop changes nothing", async () => {
    const responses: (() => void)[] = [];
    const app = await openApp({ "GET /healthz": (_request, response) => void responses.push(() => response.end()) });
    const channel = await openChannel(app.port, { health: { ...health, timeoutMs: 1000, intervalMs: 1000 } });
    const told: string[] = [];
    channel.onHealthy(() => void told.push("healthy"));
    await channel.start();
    await app.reached("/healthz");
    await channel.stop();
    responses[0]!();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([told, channel.healthy]).toEqual([[], false]);
  });

  test("starting and stopping never overlap, and a failing listener does not stop the others", async () => {
    let status = 200;
    const app = await openApp({ "GET /healthz": (_request, response) => void response.writeHead(status).end() });
    const channel = await openChannel(app.port, { health });
    const steps: string[] = [];
    const slow = Promise.withResolvers<void>();
    channel.onHealthy(async () => {
      steps.push("starting");
      await slow.promise;
      steps.push("started");
      throw new Error("boom");
    });
    channel.onHealthy(() => void steps.push("second"));
    const stopped = new Promise<void>((resolve) =>
      channel.onUnhealthy(() => {
        steps.push("stopped");
        resolve();
      }),
    );
    await channel.start();
    await app.reached("/healthz", 1);
    status = 500;
    await app.reached("/healthz", 6);
    slow.resolve();
    await stopped;
    expect(steps).toEqual(["starting", "started", "second", "stopped"]);
    expect(log.lines.some(({ level, message }) => level === "error" && message.includes("boom"))).toBe(true);
  });
});
