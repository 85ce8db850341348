import type { ServerResponse } from "node:http";

import { ComponentError } from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import { afterEach, describe, expect, test } from "vitest";

import { ApiError } from "../../src/api/error.ts";
import { createAppChannel } from "../../src/app/create-app-channel.ts";
import { createBindingsBlock, type BindingsBlock, type BindingsSettings } from "../../src/blocks/bindings/block.ts";
import type { StateToSave } from "../../src/blocks/bindings/state-saver.ts";
import type { AppOptions } from "../../src/options/options.ts";
import { startGrpcApp, type GrpcApp, type GrpcHandlers } from "../app/grpc-app.ts";
import { answer, startHttpApp, type Handler, type HttpApp } from "../app/http-app.ts";
import { recordingLog, recordingMetrics, type RecordingLog, type RecordingMetrics } from "../app/recorders.ts";
import { createRegistry, type TestRegistry } from "./broker.ts";
import { bindingComponent, createLink, type TestLink } from "./links.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

interface Setting {
  readonly link: TestLink;
  readonly target: TestLink;
  readonly block: BindingsBlock;
  readonly registry: TestRegistry;
  readonly log: RecordingLog;
  readonly metrics: RecordingMetrics;
  readonly saved: { store: string; items: readonly (Omit<StateToSave, "value"> & { value: string })[] }[];
}

interface Options {
  readonly app?: Partial<AppOptions>;
  readonly properties?: Record<string, string>;
  readonly block?: Partial<BindingsSettings>;
  readonly prepare?: (link: TestLink) => void;
}

async function connect(port: number, options: Options): Promise<Setting> {
  const log = recordingLog();
  const metrics = recordingMetrics();
  const registry = createRegistry();
  const link = createLink();
  const target = createLink();
  const saved: Setting["saved"] = [];
  options.prepare?.(link);
  const channel = (await createAppChannel(
    {
      port,
      protocol: "http",
      host: "127.0.0.1",
      token: undefined,
      maxConcurrency: 0,
      health: undefined,
      bindingOptionsTimeoutMs: 1000,
      ...options.app,
    },
    { log, metrics, maxBodyBytes: 100_000, maxHeaderBytes: 4096 },
  ))!;
  const block = createBindingsBlock({
    registry,
    channel,
    async saveState(store, items) {
      if (store === "nope")
        throw new ApiError({ httpStatus: 400, grpcCode: 9, errorCode: "E", message: "state store nope is not found" });
      if (store === "down") throw new ComponentError("unavailable", "store is down");
      saved.push({ store, items: items.map((item) => ({ ...item, value: Buffer.from(item.value).toString() })) });
    },
    probeTimeoutMs: 200,
    metrics,
    log,
    ...options.block,
  });
  channel.onHealthy(block.start);
  channel.onUnhealthy(block.stop);
  await registry.add(bindingComponent("link", link.binding, options.properties));
  const { read: _read, ...output } = target.binding;
  await registry.add(bindingComponent("target", output));
  await registry.add(bindingComponent("target2", output));
  await channel.start();
  opened.push({
    async close() {
      await channel.stop();
      await block.shutdown();
      channel.close();
    },
  });
  return { link, target, block, registry, log, metrics, saved };
}

async function overHttp(handlers: Record<string, Handler>, options: Options = {}): Promise<Setting & { app: HttpApp }> {
  const app = await startHttpApp(handlers);
  opened.push(app);
  return { ...(await connect(app.port, options)), app };
}

async function overGrpc(handlers: GrpcHandlers, options: Options = {}): Promise<Setting & { app: GrpcApp }> {
  const app = await startGrpcApp(handlers);
  opened.push(app);
  return { ...(await connect(app.port, { ...options, app: { protocol: "grpc", ...options.app } })), app };
}

describe("whether the application wants a binding", () => {
  test.each([
    ["2xx", answer(204), true],
    ["405", answer(405), true],
    ["404", answer(404), false],
    ["500", answer(500), false],
  ])("OPTIONS answered with %s", async (_what, handler, wanted) => {
    const { link, app, log } = await overHttp({ "OPTIONS /link": handler });
    expect(link.isRead).toBe(wanted);
    expect(app.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(["OPTIONS /link"]);
    if (!wanted)
      expect(log.lines).toContainEqual({ level: "info", message: "app has not subscribed to binding link." });
  });

  test.each([
    ["input", true],
    ["output, Input", true],
    ["output", false],
  ])("direction %s says it without asking", async (direction, wanted) => {
    const { link, app } = await overHttp({ "OPTIONS /link": answer(404) }, { properties: { direction } });
    expect(link.isRead).toBe(wanted);
    expect(app.seen).toEqual([]);
  });

  test("its route is asked and used", async () => {
    const { link, app } = await overHttp(
      { "OPTIONS /in/here": answer(200), "POST /in/here": answer(200) },
      { properties: { route: "in/here" } },
    );
    await link.send("x");
    expect(app.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(["OPTIONS /in/here", "POST /in/here"]);
  });

  test("an application that does not answer the question is asked again", async () => {
    let asked = 0;
    const { link, block } = await overHttp({
      "OPTIONS /link": (_request, response) => void (asked++ > 0 && response.end()),
    });
    expect(block.problems()).toMatchObject([
      { name: "link", reason: expect.stringContaining("did not answer within 200 ms") },
    ]);
    await expect.poll(() => link.isRead, { timeout: 5000 }).toBe(true);
  });

  test("gRPC applications list them", async () => {
    expect((await overGrpc({ inputBindings: () => ["link"] })).link.isRead).toBe(true);
    expect((await overGrpc({ inputBindings: () => ["other"] })).link.isRead).toBe(false);
    expect((await overGrpc({})).link.isRead).toBe(false);
  });
});

test("a source that cannot be read is tried again, and one that comes late is read", async () => {
  const { link, log, registry } = await overHttp(
    { "OPTIONS /link": answer(200), "OPTIONS /late": answer(200) },
    { prepare: (each) => (each.readFailures = 1) },
  );
  expect(log.lines.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual([
    "Failed to start the reading of input binding link: no connection. Will retry.",
  ]);
  await expect.poll(() => link.isRead, { timeout: 5000 }).toBe(true);
  const late = createLink();
  await registry.add(bindingComponent("late", late.binding));
  expect(late.isRead).toBe(true);
  await registry.remove("late");
  expect(late.isRead).toBe(false);
});

describe("an event over HTTP", () => {
  test("is posted as it is, with its metadata as headers, and the answer goes back", async () => {
    const { link, app, metrics } = await overHttp(
      { "POST /link": answer(200, "done") },
      { properties: { direction: "input" }, app: { token: "secret" } },
    );
    const bytes = Buffer.from([0, 255]);
    expect(await link.send(bytes, { readTime: "now", "bad name": "x" })).toEqual({ answered: "done" });
    const [{ body, headers }] = app.seen as [HttpApp["seen"][number]];
    expect(body).toEqual(bytes);
    expect(headers).toMatchObject({ "content-type": "application/json", readtime: "now", "dapr-api-token": "secret" });
    expect(headers["traceparent"]).toMatch(/^00-/);
    expect(metrics.records).toContain("input_binding link true");
  });

  test.each([
    ["200", answer(200), true],
    ["204", answer(204), true],
    ["302", answer(302), false],
    ["404", answer(404), false],
    ["500", answer(500, "boom"), false],
    ["a broken connection", (_request: unknown, response: ServerResponse) => void response.socket!.destroy(), false],
    ["too much", answer(200, "x".repeat(100_001)), false],
  ])("%s", async (_what, handler, acknowledged) => {
    const { link, metrics } = await overHttp({ "POST /link": handler }, { properties: { direction: "input" } });
    const fate = await link.send("x");
    expect(fate).toHaveProperty(acknowledged ? "answered" : "refused");
    expect(metrics.records).toContain(`input_binding link ${acknowledged}`);
  });

  test("the error says what the application said", async () => {
    const { link } = await overHttp({ "POST /link": answer(500, "boom") }, { properties: { direction: "input" } });
    expect(await link.send("x")).toEqual({
      refused: "fails to send binding event to http app channel, status code: 500 body: boom",
    });
  });
});

describe("what the application wants done with its answer", () => {
  const input = { properties: { direction: "input" } };

  test("HTTP: state is saved, data goes to bindings in order", async () => {
    const body = {
      storeName: "store",
      state: [
        {
          key: "k",
          value: { b: 1, a: 2 },
          etag: "7",
          metadata: { ttlInSeconds: "9" },
          options: { concurrency: "first-write" },
        },
      ],
      to: ["target", "target2"],
      data: { n: 1 },
    };
    const { link, target, saved } = await overHttp({ "POST /link": answer(200, body) }, input);
    expect(await link.send("x")).toEqual({ answered: JSON.stringify(body) });
    expect(saved).toEqual([
      {
        store: "store",
        items: [
          expect.objectContaining({
            key: "k",
            value: '{"a":2,"b":1}',
            etag: "7",
            metadata: { ttlInSeconds: "9" },
            options: { concurrency: "first-write", consistency: "" },
          }),
        ],
      },
    ]);
    expect(target.invoked.map(({ operation, data }) => `${operation} ${Buffer.from(data).toString()}`)).toEqual([
      'create {"n":1}',
      'create {"n":1}',
    ]);
  });

  test.each([
    ["text", "OK"],
    ["other JSON", { total: 1 }],
    ["no list of names", { to: "target", data: 1 }],
    ["no store", { state: [{ key: "k" }] }],
    ["an empty list", { to: [], data: 1 }],
    ["broken JSON", '{"to":["target"]'],
  ])("HTTP: %s means nothing", async (_what, body) => {
    const { link, target, saved, log } = await overHttp({ "POST /link": answer(200, body) }, input);
    expect(await link.send("x")).toHaveProperty("answered");
    expect([target.invoked, saved]).toEqual([[], []]);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test.each([
    ["a binding that is not there", { to: ["nope", "target"], data: 1 }, 1],
    ["a store that is not there", { storeName: "nope", state: [{ key: "k" }], to: ["target"], data: 1 }, 1],
  ])(
    "%s is told, the rest is done and the event acknowledged: it would be the same again",
    async (_what, body, sent) => {
      const { link, target, log } = await overHttp({ "POST /link": answer(200, body) }, input);
      expect(await link.send("x")).toHaveProperty("answered");
      expect(target.invoked).toHaveLength(sent);
      expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
    },
  );

  test.each(["sequential", "parallel"])("what fails for now (%s) is not acknowledged", async (concurrency) => {
    const { link, target } = await overHttp(
      { "POST /link": answer(200, { to: ["target", "target2"], data: 1, concurrency }) },
      input,
    );
    target.answer = () => {
      throw new ComponentError("unavailable", "target is down");
    };
    expect(await link.send("x")).toMatchObject({ refused: expect.stringContaining("target is down") });
    expect(target.invoked).toHaveLength(concurrency === "parallel" ? 2 : 1);
    const other = await overHttp({ "POST /link": answer(200, { storeName: "down", state: [{ key: "k" }] }) }, input);
    expect(await other.link.send("x")).toMatchObject({ refused: expect.stringContaining("store is down") });
  });

  test("gRPC: the same, with bytes as they are", async () => {
    const { link, target, saved, app } = await overGrpc(
      {
        bindingEvent: () => ({
          storeName: "store",
          states: [
            {
              key: "k",
              value: Buffer.from([65, 66]),
              etag: { value: "1" },
              metadata: {},
              options: { concurrency: 2, consistency: 1 },
            },
          ],
          to: ["target"],
          data: Buffer.from("not json"),
          concurrency: 1,
        }),
      },
      { ...input, app: { token: "secret" } },
    );
    expect(await link.send("x", { m: "1" })).toEqual({ answered: "not json" });
    expect(saved).toEqual([
      {
        store: "store",
        items: [
          {
            key: "k",
            value: "AB",
            etag: "1",
            metadata: {},
            options: { concurrency: "last-write", consistency: "eventual" },
          },
        ],
      },
    ]);
    expect(target.invoked.map(({ data }) => Buffer.from(data).toString())).toEqual(["not json"]);
    expect(app.bindings[0]!.event).toMatchObject({ name: "link", metadata: { m: "1" } });
    expect(Buffer.from(app.bindings[0]!.event.data).toString()).toBe("x");
    expect(app.bindings[0]!.metadata).toMatchObject({
      "dapr-api-token": "secret",
      traceparent: expect.stringMatching(/^00-/),
    });
  });
});

test("gRPC: an application that fails has not acknowledged", async () => {
  const { link } = await overGrpc(
    {
      bindingEvent() {
        throw new RpcError(RpcCode.UNIMPLEMENTED, "no such thing");
      },
    },
    { properties: { direction: "input" } },
  );
  expect(await link.send("x")).toEqual({ refused: "error invoking app: no such thing" });
});

describe("stopping", () => {
  test("what is under way is finished", async () => {
    const responses: (() => void)[] = [];
    const { link, app, block } = await overHttp(
      { "POST /link": (_request, response) => void responses.push(() => response.end("late")) },
      { properties: { direction: "input" } },
    );
    const fate = link.send("x");
    await app.reached("/link");
    const stopped = block.shutdown();
    await expect.poll(() => link.isRead).toBe(false);
    responses[0]!();
    expect(await fate).toEqual({ answered: "late" });
    await stopped;
  });

  test("what the source had already handed out is kept", async () => {
    const { link, app, block } = await overHttp({ "POST /link": answer(200) }, { properties: { direction: "input" } });
    let late: unknown;
    link.onClose = async () => {
      late = await link.send("x");
    };
    await block.shutdown();
    expect(late).toBe("kept");
    expect(app.seen).toEqual([]);
  });

  test("what does not finish is cut off unacknowledged, and read again after the next start", async () => {
    const { link, app, block } = await overHttp(
      { "POST /link": () => undefined },
      { properties: { direction: "input" }, block: { drainMs: 50 } },
    );
    const fate = link.send("x");
    await app.reached("/link");
    await block.stop();
    expect(await fate).toBe("kept");
    await block.start();
    expect(link.isRead).toBe(true);
    await block.shutdown();
    await block.start();
    expect(link.isRead).toBe(false);
  });
});
