import { describe, expect, test } from "vitest";

import type { SubscriptionResource } from "../../src/resources/subscription.ts";
import { answer, type Handler, type HttpApp } from "../app/http-app.ts";
import { declared, type Setting, type SettingOptions } from "./subscribe.ts";
import { jsonEvent, openGrpc, openHttp } from "./subscribed-app.ts";

async function open(
  options: Omit<SettingOptions, "port">,
  handlers: Record<string, Handler> = {},
): Promise<Setting & { app: HttpApp }> {
  const usual = ["/type", "/topic", "/first", "/second", "/otherwise"].map((path) => [`POST ${path}`, answer(200)]);
  return openHttp({ "GET /dapr/subscribe": answer(404), ...Object.fromEntries(usual), ...handlers }, options);
}

const routed = (
  rules: SubscriptionResource["routes"]["rules"],
  byDefault?: string,
  options: Partial<SubscriptionResource> = {},
): SubscriptionResource => declared("a", { routes: { rules, default: byDefault }, ...options });

const event = (members: object = {}): object => jsonEvent({ type: "order.made", data: { amount: 42 }, ...members });

const paths = (app: HttpApp): string[] => app.seen.map(({ path }) => path).filter((path) => !path.startsWith("/dapr"));

test("the first rule that is for an event takes it, the default what is left", async () => {
  const { broker, app, block } = await open({
    declared: [
      routed(
        [
          { match: ' event.type == "order.made" ', path: "/type" },
          { match: "event.data.amount > 40", path: "/first" },
          { match: "event.data.amount > 20", path: "/second" },
        ],
        "/otherwise",
      ),
    ],
  });
  for (const members of [{}, { type: "x" }, { type: "x", data: { amount: 30 } }, { type: "x", data: { amount: 1 } }])
    expect(await broker.send("a", event(members))).toBe("acknowledged");
  expect(paths(app)).toEqual(["/type", "/first", "/second", "/otherwise"]);
  expect(block.subscriptions()[0]!.rules).toEqual([
    { match: 'event.type == "order.made"', path: "/type" },
    { match: "event.data.amount > 40", path: "/first" },
    { match: "event.data.amount > 20", path: "/second" },
    { match: "", path: "/otherwise" },
  ]);
});

test("a rule without a match takes every event that comes to it", async () => {
  const { broker, app } = await open({
    declared: [
      routed(
        [
          { match: 'event.type == "nothing"', path: "/type" },
          { match: "  ", path: "/first" },
          { match: 'event.type == "order.made"', path: "/second" },
        ],
        "/otherwise",
      ),
    ],
  });
  expect(await broker.send("a", event())).toBe("acknowledged");
  expect(paths(app)).toEqual(["/first"]);
});

describe("an event that no rule is for", () => {
  const rules = [{ match: 'event.type == "x"', path: "/type" }];

  test("is dropped, or goes to the dead letter topic", async () => {
    const { broker, app, metrics } = await open({
      declared: [routed(rules), declared("b", { routes: { rules, default: undefined }, deadLetterTopic: "dead" })],
    });
    expect(await broker.send("a", event())).toBe("acknowledged");
    expect(broker.published).toEqual([]);
    expect(await broker.send("b", event())).toBe("acknowledged");
    expect(broker.published.map(({ topic }) => topic)).toEqual(["dead"]);
    expect(paths(app)).toEqual([]);
    expect(metrics.records.filter((record) => record.startsWith("ingress"))).toEqual([
      "ingress pubsub a drop",
      "ingress pubsub b drop",
    ]);
  });

  test("stays with the broker when the dead letter topic does not take it", async () => {
    const { broker } = await open({ declared: [routed(rules, undefined, { deadLetterTopic: "dead" })] });
    broker.failure.publish = new Error("full");
    expect(await broker.send("a", event())).toEqual({ refused: "full" });
  });
});

describe("an event that a rule fails for", () => {
  test.each([
    ["has no such member", "event.missing == 1", "field not found: missing"],
    ["has it of another type", 'event.data.amount > "x"', "no matching overload"],
    ["is asked for something else than whether", "event.type", "was not a boolean"],
  ])("because it %s stays with the broker, or goes to the dead letter topic", async (_, match, reason) => {
    const rules = [{ match, path: "/type" }];
    const { broker, app, log } = await open({
      declared: [
        routed(rules, "/otherwise"),
        declared("b", { routes: { rules, default: undefined }, deadLetterTopic: "dead" }),
      ],
    });
    expect(await broker.send("a", event())).toEqual({ refused: expect.stringMatching(new RegExp(reason, "i")) });
    expect(await broker.send("b", event())).toBe("acknowledged");
    expect(broker.published.map(({ topic }) => topic)).toEqual(["dead"]);
    expect(paths(app)).toEqual([]);
    const errors = log.lines.filter(({ level }) => level === "error").map(({ message }) => message);
    expect(errors[0]).toMatch(/^error finding matching route for event 1 in pubsub pubsub and topic a: the /);
  });

  test("does not matter when an earlier rule was for it", async () => {
    const rules = [
      { match: 'event.type == "order.made"', path: "/type" },
      { match: "event.missing == 1", path: "/first" },
    ];
    const { broker, app } = await open({ declared: [routed(rules)] });
    expect(await broker.send("a", event())).toBe("acknowledged");
    expect(paths(app)).toEqual(["/type"]);
  });
});

describe("an expression that is none is refused at the start, by its place, its route and what is wrong", () => {
  test.each([
    ["event.type = 1", /found = but expecting/],
    ["event.type ==", /expecting/],
    ["lowerAscii(event.type)", /there is no function lowerAscii/],
    ['event.data.items.exists(i, i.lower() == "x")', /there is no function lower/],
    ["has(event)", /there is no function has/],
  ])("%s", async (match, reason) => {
    const { block, broker } = await open({ declared: [routed([{ match, path: "/type" }], "/otherwise")] });
    expect([...broker.open]).toEqual([]);
    expect(block.problems()).toMatchObject([{ source: "subs.yaml:3:1", topic: "a" }]);
    expect(block.problems()[0]!.reason).toMatch(reason);
    expect(block.problems()[0]!.reason).toContain("its route /type has the match");
    expect(block.subscriptions()).toEqual([]);
  });
});

test("rules look at raw bytes through the envelope that they get, at binary events through their attributes", async () => {
  const rules = [
    { match: 'event.data_base64 == "AP8="', path: "/first" },
    { match: 'event.type == "binary" && event.data == b"x"', path: "/second" },
  ];
  const { broker, app } = await open({
    declared: [
      routed(rules, "/otherwise", { metadata: { rawPayload: "true" } }),
      declared("b", { routes: { rules: rules.slice(1), default: "/otherwise" } }),
    ],
  });
  expect(await broker.send("a", Buffer.from([0, 255]))).toBe("acknowledged");
  const binary = { contentType: "application/octet-stream", metadata: { ce_type: "binary" } };
  expect(await broker.send("b", Buffer.from("x"), binary)).toBe("acknowledged");
  expect(paths(app)).toEqual(["/first", "/second"]);
});

test("each route of a bulk subscription collects its own batches", async () => {
  const all: Handler = (request, response) => {
    const { entries } = JSON.parse(request.body.toString()) as { entries: { entryId: string }[] };
    response.end(JSON.stringify({ statuses: entries.map(({ entryId }) => ({ entryId, status: "SUCCESS" })) }));
  };
  const { broker, app } = await open(
    {
      declared: [
        routed([{ match: "event.data.amount > 10", path: "/first" }], "/otherwise", {
          bulkSubscribe: { enabled: true, maxMessagesCount: 2, maxAwaitDurationMs: 60_000 },
        }),
      ],
    },
    { "POST /first": all, "POST /otherwise": all },
  );
  const fates = [1, 20, 2, 30].map((amount) => broker.send("a", event({ data: { amount } })));
  expect(await Promise.all(fates)).toEqual(Array(4).fill("acknowledged"));
  const amounts = app.seen
    .filter(({ method }) => method === "POST")
    .map(({ path, body }) => {
      const { entries } = JSON.parse(body.toString()) as { entries: { event: { data: { amount: number } } }[] };
      return [path, entries.map((entry) => entry.event.data.amount)];
    });
  expect(amounts).toEqual(
    expect.arrayContaining([
      ["/otherwise", [1, 2]],
      ["/first", [20, 30]],
    ]),
  );
});

test("the application tells its rules over HTTP, and over gRPC", async () => {
  const rules = [{ match: "event.data.amount > 10", path: "/first" }];
  const routes = { rules, default: "/otherwise" };
  const http = await open(
    {},
    {
      "GET /dapr/subscribe": answer(200, JSON.stringify([{ pubsubname: "pubsub", topic: "a", routes }])),
    },
  );
  expect(await http.broker.send("a", event())).toBe("acknowledged");
  expect(await http.broker.send("a", event({ data: { amount: 1 } }))).toBe("acknowledged");
  expect(paths(http.app)).toEqual(["/first", "/otherwise"]);

  const grpc = await openGrpc({
    subscriptions: () => ({ subscriptions: [{ pubsubName: "pubsub", topic: "a", routes }] }),
    topicEvent: () => ({ status: 0 }),
  });
  expect(await grpc.broker.send("a", event())).toBe("acknowledged");
  expect(await grpc.broker.send("a", event({ data: { amount: 1 } }))).toBe("acknowledged");
  expect(grpc.app.events.map(({ event: { path } }) => path)).toEqual(["/first", "/otherwise"]);
});
