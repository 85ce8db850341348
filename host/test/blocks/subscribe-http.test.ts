import { describe, expect, test } from "vitest";

import { answer, type Handler } from "../app/http-app.ts";
import { declared, type Setting } from "./subscribe.ts";
import { jsonEvent, openHttp } from "./subscribed-app.ts";

const errors = ({ log }: Setting): string[] =>
  log.lines.filter(({ level }) => level === "error").map(({ message }) => message);

describe("the application's own subscriptions", () => {
  test("are asked for once and served", async () => {
    const list = [
      { pubsubname: "pubsub", topic: "a", route: "/on/a", metadata: { x: "y" } },
      { pubsubname: "pubsub", topic: "b", routes: { default: "on-b", rules: [] }, deadLetterTopic: "dead" },
      { pubsubname: "pubsub", topic: "routeless" },
    ];
    const setting = await openHttp({
      "GET /dapr/subscribe": answer(200, list),
      "POST /on/a": answer(200),
      "POST /on-b": answer(200),
    });
    const { app, broker, block, log } = setting;
    expect(app.seen[0]).toMatchObject({ method: "GET", path: "/dapr/subscribe", headers: { "dapr-app-id": "app1" } });
    expect(broker.subscribed).toEqual([
      { topic: "a", metadata: { x: "y" } },
      { topic: "b", metadata: {} },
    ]);
    expect(await broker.send("a", jsonEvent())).toBe("acknowledged");
    expect(await broker.send("b", jsonEvent())).toBe("acknowledged");
    expect(app.seen.map(({ path }) => path)).toEqual(["/dapr/subscribe", "/on/a", "/on-b"]);
    expect(block.subscriptions()).toMatchObject([
      {
        type: "PROGRAMMATIC",
        pubsubName: "pubsub",
        topic: "a",
        rules: [{ match: "", path: "/on/a" }],
        deadLetterTopic: "",
      },
      { topic: "b", deadLetterTopic: "dead" },
    ]);
    expect(log.lines).toContainEqual({
      level: "info",
      message: "app is subscribed to the following topics: [[a b]] through pubsub=pubsub",
    });
    expect(log.lines).toContainEqual({
      level: "warn",
      message: "topic routeless has an empty routes. removing from subscriptions list",
    });
  });

  test.each([
    ["404", answer(404)],
    ["nothing", answer(200)],
    ["null", answer(200, null)],
    ["an empty list", answer(200, [])],
  ])("%s means none", async (_what, handler) => {
    const setting = await openHttp({ "GET /dapr/subscribe": handler });
    expect(setting.broker.subscribed).toEqual([]);
    expect(errors(setting)).toEqual([]);
  });

  test.each([
    ["text", answer(200, "OK"), "error getting topics from app"],
    ["no array", answer(200, {}), "the answer is not an array"],
    [
      "a wrong type",
      answer(200, [{ pubsubname: "pubsub", topic: 1, route: "/a" }]),
      "subscription 0: topic is not a string",
    ],
    ["403", answer(403), "app returned http status code 403 from subscription endpoint"],
  ])("%s is an error that leaves the declared ones alone", async (_what, handler, message) => {
    const setting = await openHttp(
      { "GET /dapr/subscribe": handler, "POST /a": answer(200) },
      { declared: [declared("a")] },
    );
    expect(errors(setting)).toEqual([expect.stringContaining(message)]);
    expect(await setting.broker.send("a", jsonEvent())).toBe("acknowledged");
  });

  test("an application that is not ready yet is asked again", async () => {
    let asked = 0;
    const setting = await openHttp({
      "GET /dapr/subscribe": (request, response) =>
        asked++ === 0
          ? answer(503)(request, response)
          : answer(200, [{ pubsubname: "pubsub", topic: "a", route: "/a" }])(request, response),
      "POST /a": answer(200),
    });
    await expect.poll(() => setting.broker.open.has("a"), { timeout: 5000 }).toBe(true);
    expect(await setting.broker.send("a", jsonEvent())).toBe("acknowledged");
  });

  test("that never come do not keep the declared ones waiting for ever", async () => {
    const setting = await openHttp(
      { "GET /dapr/subscribe": () => undefined, "POST /a": answer(200) },
      { declared: [declared("a")] },
    );
    expect(await setting.broker.send("a", jsonEvent())).toBe("acknowledged");
  });

  test("replace declared ones that already run, when they come late", async () => {
    let asked = 0;
    const setting = await openHttp(
      {
        "GET /dapr/subscribe": (request, response) =>
          (asked++ === 0 ? answer(500) : answer(200, [{ pubsubname: "pubsub", topic: "a", route: "/own" }]))(
            request,
            response,
          ),
        "POST /a": answer(200),
        "POST /own": answer(200),
        "POST /b": answer(200),
      },
      { declared: [declared("a"), declared("b")] },
    );
    expect(await setting.broker.send("a", jsonEvent())).toBe("acknowledged");
    await expect.poll(() => setting.broker.subscribed.length, { timeout: 5000 }).toBe(3);
    expect(await setting.broker.send("a", jsonEvent())).toBe("acknowledged");
    expect(setting.app.seen.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual(["/a", "/own"]);
    expect(setting.broker.subscribed.map(({ topic }) => topic)).toEqual(["a", "b", "a"]);
  });

  test("replace declared ones for the same topic; of two declared ones the first counts", async () => {
    const setting = await openHttp(
      {
        "GET /dapr/subscribe": answer(200, [{ pubsubname: "pubsub", topic: "a", route: "/own" }]),
        "POST /own": answer(200),
        "POST /b": answer(200),
      },
      { declared: [declared("a"), declared("b"), declared("b", { routes: { rules: [], default: "/second" } })] },
    );
    await setting.broker.send("a", jsonEvent());
    await setting.broker.send("b", jsonEvent());
    expect(setting.app.seen.slice(1).map(({ path }) => path)).toEqual(["/own", "/b"]);
    expect(setting.broker.subscribed).toHaveLength(2);
  });

  test("a declared one that stands twice is named", async () => {
    const setting = await openHttp(
      {},
      { declared: [declared("a"), declared("a", { place: { file: "more.yaml", line: 9, column: 1 } })] },
    );
    expect(setting.log.lines).toContainEqual({
      level: "warn",
      message:
        "more.yaml:9:1: the subscription to topic a on pubsub pubsub is left out: subs.yaml:3:1 subscribes to it already",
    });
  });

  test("are not asked for when that is switched off", async () => {
    const setting = await openHttp({}, { block: { discover: false } });
    expect(setting.app.seen).toEqual([]);
  });
});

describe("subscriptions that cannot be served are named, the others run", () => {
  test("CEL rules, scopes, unknown components and bad metadata", async () => {
    const setting = await openHttp(
      { "POST /fine": answer(200) },
      {
        component: { properties: { subscriptionscopes: "app1=fine,cel,raw" } },
        declared: [
          declared("cel", { routes: { rules: [{ match: 'event.type = "x"', path: "/x" }], default: "/y" } }),
          declared("raw", { metadata: { rawPayload: "yes" } }),
          declared("denied"),
          declared("elsewhere", { pubsubName: "missing" }),
          declared("fine"),
        ],
      },
    );
    const { block, broker } = setting;
    expect([...broker.open]).toEqual(["fine"]);
    expect(block.problems().map(({ topic, source, reason }) => `${source} ${topic}: ${reason}`)).toEqual([
      expect.stringMatching(
        /^subs\.yaml:3:1 cel: its route \/x has the match "event.type = \\"x\\"", which is no CEL expression: /,
      ),
      expect.stringMatching(/raw: rawPayload value must be a valid boolean/),
      expect.stringMatching(/denied: .*scopes/),
      expect.stringMatching(/elsewhere: no pubsub component/),
    ]);
    // Those that scopes or a missing component keep from running are listed, as in daprd.
    expect(block.subscriptions().map(({ topic }) => topic)).toEqual(["denied", "elsewhere", "fine"]);
    for (const topic of ["cel", "raw"])
      expect(errors(setting).join("\n")).toContain(`topic ${topic} on pubsub pubsub (subs.yaml:3:1)`);
    expect(await broker.send("fine", jsonEvent())).toBe("acknowledged");
  });

  test("one that fails is tried again, one that hangs holds nobody up", async () => {
    let failures = 1;
    const setting = await openHttp(
      { "POST /works": answer(200), "POST /later": answer(200) },
      {
        declared: [declared("later"), declared("works")],
        prepare: (broker) =>
          (broker.failure.subscribe = (topic) =>
            topic === "later" && failures-- > 0 ? new Error("no such topic") : undefined),
      },
    );
    expect(await setting.broker.send("works", jsonEvent())).toBe("acknowledged");
    expect(errors(setting)).toEqual([
      "Failed to start subscription for pubsub pubsub, topic later (subs.yaml:3:1): no such topic. Will retry.",
    ]);
    expect(setting.block.problems()).toMatchObject([
      { topic: "later", reason: expect.stringContaining("no such topic") },
    ]);
    await expect.poll(() => setting.broker.open.has("later"), { timeout: 5000 }).toBe(true);
    expect(setting.block.problems()).toEqual([]);
    expect(await setting.broker.send("later", jsonEvent())).toBe("acknowledged");
  });

  test("a component that comes late gets its subscriptions, one that goes loses them", async () => {
    const setting = await openHttp({ "POST /a": answer(200) }, { declared: [declared("a", { pubsubName: "late" })] });
    expect(setting.block.problems()).toHaveLength(1);
    const { createBroker, pubsubComponent } = await import("./broker.ts");
    const late = createBroker();
    await setting.registry.add(pubsubComponent("late", late));
    expect(await late.send("a", jsonEvent())).toBe("acknowledged");
    expect(setting.block.problems()).toEqual([]);
    await setting.registry.remove("late");
    expect([...late.open]).toEqual([]);
  });
});

describe("a delivery", () => {
  test("carries the component's bytes unchanged, its metadata as headers and the trace", async () => {
    const setting = await openHttp({ "POST /a": answer(200) }, { declared: [declared("a")] });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const body = JSON.stringify(jsonEvent({ traceparent }), undefined, 3);
    await setting.broker.send("a", body, { metadata: { __key: "k", "content-length": "7", "two words": "x" } });
    const { body: got, headers } = setting.app.seen.at(-1)!;
    expect(got.toString()).toBe(body);
    expect(headers).toMatchObject({ "content-type": "application/cloudevents+json", pubsubname: "pubsub", __key: "k" });
    expect(headers["content-length"]).toBe(String(body.length));
    expect(headers["traceparent"]).toBe(traceparent);
    expect(setting.metrics.records).toContain("ingress pubsub a success");
  });

  test("of raw bytes comes in an envelope of its own", async () => {
    const setting = await openHttp(
      { "POST /a": answer(200) },
      { declared: [declared("a", { metadata: { rawPayload: "true" } })] },
    );
    await setting.broker.send("a", Buffer.from([0, 255]), { metadata: { traceparent: "tp", tracestate: "ts" } });
    const got = JSON.parse(setting.app.seen.at(-1)!.body.toString());
    expect(got).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      specversion: "1.0",
      datacontenttype: "application/octet-stream",
      source: "Dapr",
      type: "com.dapr.event.sent",
      topic: "a",
      pubsubname: "pubsub",
      data_base64: "AP8=",
      traceid: "tp",
      traceparent: "tp",
      tracestate: "ts",
    });
  });

  test("brings a trace only when it says something of one", async () => {
    const setting = await openHttp({ "POST /a": answer(200) }, { declared: [declared("a")] });
    const traceparentOf = async (members: string): Promise<unknown> => {
      await setting.broker.send("a", `{"id":"1","data":1${members}}`);
      return setting.app.seen.at(-1)!.headers["traceparent"];
    };
    const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    expect(await traceparentOf("")).toBeUndefined();
    expect(await traceparentOf(',"traceid":"","traceparent":""')).toMatch(/^00-0{32}-0{16}-00$/);
    expect(await traceparentOf(`,"traceid":"${parent}"`)).toBe(parent);
  });

  test("in binary mode carries the data alone", async () => {
    const setting = await openHttp({ "POST /a": answer(200) }, { declared: [declared("a")] });
    await setting.broker.send("a", Buffer.from([1, 2]), {
      contentType: "application/octet-stream",
      metadata: { ce_id: "7" },
    });
    const { body, headers } = setting.app.seen.at(-1)!;
    expect([...body]).toEqual([1, 2]);
    expect(headers["content-type"]).toBe("application/cloudevents+json");
  });

  test("gets the application's token, also over h2c", async () => {
    const setting = await openHttp(
      { "POST /a": answer(200), "GET /dapr/subscribe": answer(404) },
      { declared: [declared("a")], app: { token: "secret", protocol: "h2c" }, appOptions: { h2c: true } },
    );
    expect(await setting.broker.send("a", jsonEvent())).toBe("acknowledged");
    expect(setting.app.seen.map(({ headers }) => headers["dapr-api-token"])).toEqual(["secret", "secret"]);
  });

  test("uses the short topic where the broker's has the namespace", async () => {
    const setting = await openHttp(
      { "POST /a": answer(200) },
      { declared: [declared("a", { metadata: { rawPayload: "true" } })], component: { namespaced: true } },
    );
    expect(await setting.broker.send("prod-a", "x")).toBe("acknowledged");
    expect(JSON.parse(setting.app.seen.at(-1)!.body.toString()).topic).toBe("a");
  });
});

/** What the application does, and what becomes of the message without and with a dead letter topic. */
const outcomes: [string, Handler, "acknowledged" | "refused", "acknowledged" | "dead letter"][] = [
  ["200 without body", answer(200), "acknowledged", "acknowledged"],
  ["204", answer(204), "acknowledged", "acknowledged"],
  ["200 OK in words", answer(200, "OK"), "acknowledged", "acknowledged"],
  ["{}", answer(200, {}), "acknowledged", "acknowledged"],
  ["an array", answer(200, [1]), "acknowledged", "acknowledged"],
  ["an empty status", answer(200, { status: "" }), "acknowledged", "acknowledged"],
  ["SUCCESS", answer(201, { status: "SUCCESS" }), "acknowledged", "acknowledged"],
  ["RETRY", answer(200, { status: "RETRY" }), "refused", "dead letter"],
  [
    "RETRY in other case of the name, with something behind it",
    answer(200, ' {"Status":"RETRY"}\n{}'),
    "refused",
    "dead letter",
  ],
  ["an unknown status", answer(200, { status: "success" }), "refused", "dead letter"],
  ["DROP", answer(200, { status: "DROP" }), "acknowledged", "dead letter"],
  ["404", answer(404), "acknowledged", "dead letter"],
  ["a redirect", answer(302), "refused", "dead letter"],
  ["400", answer(400), "refused", "dead letter"],
  ["an exception (500)", answer(500, "boom"), "refused", "dead letter"],
  ["too large an answer", answer(200, "x".repeat(100_001)), "refused", "dead letter"],
  ["a connection that breaks", (_request, response) => void response.socket!.destroy(), "refused", "dead letter"],
  [
    "an answer that breaks off",
    (_request, response) => {
      response.writeHead(200, { "content-length": "50" });
      response.write("{");
      setTimeout(() => response.socket!.destroy(), 10);
    },
    "refused",
    "dead letter",
  ],
];

describe.each(outcomes)("the application answers with %s", (_what, handler, plainly, withDeadLetter) => {
  test(`${plainly}; with a dead letter topic: ${withDeadLetter}`, async () => {
    const { broker, metrics } = await openHttp(
      { "POST /a": handler, "POST /b": handler },
      { declared: [declared("a"), declared("b", { deadLetterTopic: "dead" })] },
    );
    const fate = await broker.send("a", jsonEvent());
    if (plainly === "acknowledged") expect(fate).toBe("acknowledged");
    else expect(fate).toHaveProperty("refused");
    expect(broker.published).toEqual([]);

    const body = JSON.stringify(jsonEvent());
    expect(await broker.send("b", body, { metadata: { k: "v" }, contentType: "application/json" })).toBe(
      "acknowledged",
    );
    if (withDeadLetter === "dead letter") {
      expect(broker.published).toEqual([
        { topic: "dead", data: Buffer.from(body), metadata: { k: "v" }, contentType: "application/json" },
      ]);
      expect(metrics.records).toContain("ingress pubsub b drop");
    } else expect(broker.published).toEqual([]);
  });

  test("a dead letter that cannot be published is not acknowledged", async () => {
    const { broker } = await openHttp(
      { "POST /b": handler },
      { declared: [declared("b", { deadLetterTopic: "dead" })] },
    );
    broker.failure.publish = new Error("broker says no");
    const fate = await broker.send("b", jsonEvent());
    if (withDeadLetter === "acknowledged") expect(fate).toBe("acknowledged");
    else expect(fate).toMatchObject({ refused: expect.stringContaining("broker says no") });
  });
});

describe("messages that never reach the application", () => {
  test("what is no CloudEvent stays with the broker, or goes to the dead letter topic", async () => {
    const { broker, app, metrics } = await openHttp(
      {},
      { declared: [declared("a"), declared("b", { deadLetterTopic: "dead" })] },
    );
    for (const bad of ["no json", "[]", "null"]) {
      expect(await broker.send("a", bad)).toMatchObject({
        refused: expect.stringContaining("error deserializing cloud event"),
      });
      expect(await broker.send("b", bad)).toBe("acknowledged");
    }
    expect(broker.published.map(({ topic, data }) => `${topic} ${Buffer.from(data).toString()}`)).toEqual([
      "dead no json",
      "dead []",
      "dead null",
    ]);
    expect(app.seen.filter(({ method }) => method === "POST")).toEqual([]);
    expect(metrics.records).toContain("ingress pubsub a retry");
    broker.failure.publish = new Error("down");
    expect(await broker.send("b", "no json")).toHaveProperty("refused");
  });

  test("expired ones are dropped, or go to the dead letter topic; a time to come is delivered", async () => {
    const { broker, app } = await openHttp(
      { "POST /a": answer(200) },
      { declared: [declared("a"), declared("b", { deadLetterTopic: "dead" })] },
    );
    const past = jsonEvent({ expiration: "2020-01-01T00:00:00Z" });
    expect(await broker.send("a", past)).toBe("acknowledged");
    expect(await broker.send("b", past)).toBe("acknowledged");
    expect(broker.published).toHaveLength(1);
    broker.failure.publish = new Error("down");
    expect(await broker.send("b", past)).toHaveProperty("refused");
    expect(app.seen.filter(({ method }) => method === "POST")).toEqual([]);
    for (const expiration of ["2999-01-01T00:00:00+02:00", "2020", "", 7]) {
      expect(await broker.send("a", jsonEvent({ expiration }))).toBe("acknowledged");
    }
    expect(app.seen.filter(({ path }) => path === "/a")).toHaveLength(4);
  });

  test("a dead letter topic that the scopes forbid is a failed dead letter", async () => {
    const { broker } = await openHttp(
      { "POST /b": answer(500) },
      {
        declared: [declared("b", { deadLetterTopic: "dead" })],
        component: { properties: { publishingscopes: "app1=other" } },
      },
    );
    expect(await broker.send("b", jsonEvent())).toMatchObject({ refused: expect.stringContaining("not allowed") });
  });
});

describe("stopping", () => {
  test("what is under way is finished and acknowledged, nothing new is taken", async () => {
    const responses: (() => void)[] = [];
    const setting = await openHttp(
      { "POST /a": (_request, response) => void responses.push(() => response.end()) },
      { declared: [declared("a")] },
    );
    const { broker, app, block } = setting;
    const underWay = broker.send("a", jsonEvent());
    await app.reached("/a");
    let over = false;
    const stopped = block.shutdown().then(() => (over = true));
    await expect.poll(() => broker.paused).toBe(true);
    await expect.poll(() => broker.open.size).toBe(0);
    expect(over).toBe(false);
    responses[0]!();
    await stopped;
    expect(await underWay).toBe("acknowledged");
    await block.start();
    expect(broker.open.size).toBe(0);
  });

  test("what the broker had already handed out stays with it", async () => {
    const { broker, app, block } = await openHttp(
      { "POST /a": answer(200) },
      { declared: [declared("a", { deadLetterTopic: "dead" })] },
    );
    let late: unknown;
    broker.onClose = async () => {
      late = await broker.send("a", jsonEvent());
    };
    await block.shutdown();
    expect(late).toBe("kept");
    expect(app.seen.filter(({ path }) => path === "/a")).toEqual([]);
    expect(broker.published).toEqual([]);
  });

  test("what does not finish in time is cut off and stays with the broker", async () => {
    const setting = await openHttp(
      { "POST /a": () => undefined },
      { declared: [declared("a", { deadLetterTopic: "dead" })], block: { drainMs: 50 } },
    );
    const underWay = setting.broker.send("a", jsonEvent());
    await setting.app.reached("/a");
    const startedAt = performance.now();
    await setting.block.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(await underWay).toBe("kept");
    expect(setting.broker.published).toEqual([]);
    expect(setting.metrics.records.filter((record) => record.startsWith("ingress"))).toEqual([]);
  });

  test("a dead letter that hangs does not hold up the stop, and is not acknowledged", async () => {
    const setting = await openHttp(
      { "POST /a": answer(500) },
      { declared: [declared("a", { deadLetterTopic: "dead" })], block: { drainMs: 50 } },
    );
    setting.broker.failure.publish = "hang";
    const underWay = setting.broker.send("a", jsonEvent());
    await setting.app.reached("/a");
    await setting.block.shutdown();
    expect(await underWay).not.toBe("acknowledged");
  });

  test("an application that becomes unhealthy gets nothing until it is back", async () => {
    let status = 200;
    const setting = await openHttp(
      { "GET /healthz": (_request, response) => void response.writeHead(status).end(), "POST /a": answer(200) },
      {
        declared: [declared("a")],
        app: { health: { path: "/healthz", intervalMs: 20, timeoutMs: 5_000, threshold: 2 } },
      },
    );
    const { broker } = setting;
    await expect.poll(() => broker.open.size).toBe(1);
    expect(await broker.send("a", jsonEvent())).toBe("acknowledged");
    status = 500;
    await expect.poll(() => setting.channel.healthy).toBe(false);
    await expect.poll(() => broker.open.size).toBe(0);
    status = 200;
    await expect.poll(() => broker.open.size).toBe(1);
    expect(await broker.send("a", jsonEvent())).toBe("acknowledged");
    expect(setting.app.seen.filter(({ path }) => path === "/dapr/subscribe")).toHaveLength(1);
  });

  test("with a concurrency of one, messages wait for each other, and those that wait stay with the broker on a stop", async () => {
    const responses: (() => void)[] = [];
    const setting = await openHttp(
      {
        "GET /dapr/subscribe": answer(404),
        "POST /a": (_request, response) => void responses.push(() => response.end()),
      },
      { declared: [declared("a")], app: { maxConcurrency: 1 }, block: { drainMs: 50 } },
    );
    const { broker, app } = setting;
    const fates = [broker.send("a", jsonEvent()), broker.send("a", jsonEvent()), broker.send("a", jsonEvent())];
    await app.reached("/a");
    expect(responses).toHaveLength(1);
    responses[0]!();
    expect(await fates[0]).toBe("acknowledged");
    await app.reached("/a", 2);
    await setting.block.shutdown();
    expect(await Promise.all(fates)).toEqual(["acknowledged", "kept", "kept"]);
    expect(app.seen.filter(({ path }) => path === "/a")).toHaveLength(2);
  });
});
