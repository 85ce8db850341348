import { setTimeout as pause } from "node:timers/promises";

import { RpcCode, RpcError } from "@trilby/kit/transport";
import { describe, expect, test } from "vitest";

import type { SubscriptionResource } from "../../src/resources/subscription.ts";
import { answer, type Handler, type HttpApp } from "../app/http-app.ts";
import { declared, event } from "./subscribe.ts";
import { openGrpc, openHttp } from "./subscribed-app.ts";

function bulk(
  topic: string,
  limits: { count?: number; awaitMs?: number } = {},
  options: Partial<SubscriptionResource> = {},
): SubscriptionResource {
  const bulkSubscribe = { enabled: true, maxMessagesCount: limits.count, maxAwaitDurationMs: limits.awaitMs };
  return declared(topic, { bulkSubscribe, ...options });
}

interface Envelope {
  readonly entries: { entryId: string; event: { id: string } & Record<string, unknown>; contentType: string }[];
}

const envelopes = (app: HttpApp, path = "/a"): Envelope[] =>
  app.seen.filter((request) => request.path === path).map(({ body }) => JSON.parse(body.toString()) as Envelope);

/** Answers each entry with the status that its event carries as data. */
const asTold: Handler = (request, response) => {
  const { entries } = JSON.parse(request.body.toString()) as Envelope;
  const statuses = entries.map(({ entryId, event }) => ({ entryId, status: event["data"] }));
  response.end(JSON.stringify({ statuses }));
};

const forEver = 60_000;

describe("a batch", () => {
  test("goes out when there are enough events, in their order", async () => {
    const { broker, app, metrics } = await openHttp(
      { "POST /a": asTold },
      { declared: [bulk("a", { count: 3, awaitMs: forEver })] },
    );
    const fates = ["1", "2", "3", "4", "5", "6"].map((id) =>
      broker.send("a", event(id), { metadata: { key: `k${id}` } }),
    );
    expect(await Promise.all(fates)).toEqual(Array(6).fill("acknowledged"));
    const ingress = metrics.records.filter((record) => record.startsWith("ingress"));
    expect(ingress.toSorted()).toEqual([
      ...Array(6).fill("ingress_bulk pubsub a success"),
      ...Array(2).fill("ingress_bulk_call pubsub a"),
    ]);
    const [first, second] = envelopes(app);
    expect(first).toEqual({
      entries: ["1", "2", "3"].map((id) => ({
        entryId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        event: event(id),
        metadata: { key: `k${id}` },
        contentType: "application/cloudevents+json",
      })),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      metadata: { pubsubName: "pubsub" },
      pubsubname: "pubsub",
      topic: "a",
      type: "com.dapr.event.sent.bulk",
    });
    expect(second!.entries.map((entry) => entry.event.id)).toEqual(["4", "5", "6"]);
    expect(app.seen.at(-1)!.headers).toMatchObject({ "content-type": "application/json", pubsubname: "pubsub" });
  });

  test("goes out when the first event has waited long enough, and not before", async () => {
    const { broker, app } = await openHttp({ "POST /a": asTold }, { declared: [bulk("a", { awaitMs: 200 })] });
    const startedAt = performance.now();
    const first = broker.send("a", event("1"));
    await pause(50);
    const second = broker.send("a", event("2"));
    expect(await Promise.all([first, second])).toEqual(["acknowledged", "acknowledged"]);
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThan(190);
    expect(envelopes(app).map(({ entries }) => entries.length)).toEqual([2]);
    await broker.send("a", event("3"));
    expect(performance.now() - startedAt).toBeGreaterThan(elapsedMs + 190);
  });

  test("does not wait where the component says that nothing will come meanwhile", async () => {
    const { broker, app } = await openHttp(
      { "POST /a": asTold },
      { declared: [bulk("a", { awaitMs: forEver })], component: { features: ["BULK_SUBSCRIBE_IMMEDIATE"] } },
    );
    expect(await broker.send("a", event("1"))).toBe("acknowledged");
    const fates = ["2", "3"].map((id) => broker.send("a", event(id)));
    expect(await Promise.all(fates)).toEqual(["acknowledged", "acknowledged"]);
    expect(envelopes(app).map(({ entries }) => entries.length)).toEqual([1, 2]);
  });

  test("is answered before the next one goes out, which has collected what came meanwhile", async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    let calls = 0;
    const { broker, app } = await openHttp(
      {
        "POST /a": async (request, response) => {
          if (calls++ === 0) await held;
          await asTold(request, response);
        },
      },
      { declared: [bulk("a", { count: 3 })], component: { features: ["BULK_SUBSCRIBE_IMMEDIATE"] } },
    );
    const fates = [broker.send("a", event("1"))];
    await app.reached("/a");
    fates.push(...["2", "3", "4", "5"].map((id) => broker.send("a", event(id))));
    await pause(30);
    expect(envelopes(app)).toHaveLength(1);
    release();
    expect(await Promise.all(fates)).toEqual(Array(5).fill("acknowledged"));
    expect(envelopes(app).map(({ entries }) => entries.map((entry) => entry.event.id))).toEqual([
      ["1"],
      ["2", "3", "4"],
      ["5"],
    ]);
  });

  test("is cut where it would be too large; what is left goes at once, and a larger event alone", async () => {
    const { broker, app } = await openHttp(
      { "POST /a": asTold },
      { declared: [bulk("a", { count: 5, awaitMs: forEver })], block: { maxMessageBytes: 10_000 } },
    );
    const sizes = [4000, 4000, 4000, 20_000, 10];
    const fates = sizes.map((size, index) =>
      broker.send("a", { ...event(String(index + 1)), padding: "x".repeat(size) }),
    );
    expect(await Promise.all(fates)).toEqual(Array(5).fill("acknowledged"));
    expect(envelopes(app).map(({ entries }) => entries.map((entry) => entry.event.id))).toEqual([
      ["1", "2"],
      ["3"],
      ["4"],
      ["5"],
    ]);
  });

  test("carries raw bytes as base64, and events in binary mode as CloudEvents", async () => {
    const { broker, app } = await openHttp(
      {
        "POST /raw": (request, response) => {
          const { entries } = JSON.parse(request.body.toString()) as Envelope;
          response.end(JSON.stringify({ statuses: entries.map(({ entryId }) => ({ entryId, status: "SUCCESS" })) }));
        },
        "POST /binary": (request, response) => {
          const { entries } = JSON.parse(request.body.toString()) as Envelope;
          response.end(JSON.stringify({ STATUSES: [{ entryID: entries[0]!.entryId, Status: "SUCCESS" }] }));
        },
      },
      { declared: [bulk("raw", { count: 2 }, { metadata: { rawPayload: "true" } }), bulk("binary", { count: 1 })] },
    );
    const fates = [
      broker.send("raw", Buffer.from([0, 255])),
      broker.send("raw", Buffer.from("x"), { contentType: "text/plain" }),
      broker.send("binary", Buffer.from([1, 2]), {
        contentType: "application/octet-stream",
        metadata: { ce_id: "7", ce_type: "x" },
      }),
    ];
    expect(await Promise.all(fates)).toEqual(Array(3).fill("acknowledged"));
    expect(envelopes(app, "/raw")[0]!.entries).toMatchObject([
      { event: "AP8=", contentType: "application/octet-stream", metadata: null },
      { event: "eA==", contentType: "text/plain" },
    ]);
    expect(envelopes(app, "/binary")[0]!.entries).toMatchObject([
      {
        event: { id: "7", type: "x", datacontenttype: "application/octet-stream", data_base64: "AQI=" },
        contentType: "application/cloudevents+json",
      },
    ]);
  });

  test("leaves out what is expired or no CloudEvent", async () => {
    const { broker, app } = await openHttp({ "POST /a": asTold }, { declared: [bulk("a", { count: 2 })] });
    const fates = [
      broker.send("a", { ...event("old"), expiration: "2001-01-01T00:00:00Z" }),
      broker.send("a", "not JSON"),
      broker.send("a", event("1")),
      broker.send("a", event("2")),
    ];
    expect(await Promise.all(fates)).toEqual([
      "acknowledged",
      { refused: expect.stringContaining("error deserializing cloud event") },
      "acknowledged",
      "acknowledged",
    ]);
    expect(envelopes(app).map(({ entries }) => entries.length)).toEqual([2]);
  });
});

describe("over HTTP, each entry has its own fate", () => {
  test.each([
    ["SUCCESS", "acknowledged", "acknowledged"],
    ["RETRY", "refused", "dead"],
    ["DROP", "acknowledged", "dead"],
    ["", "refused", "dead"],
    [null, "refused", "dead"],
    ["LATER", "refused", "dead"],
    [7, "refused", "dead"],
  ])("status %j: %s; with a dead letter topic: %s", async (status, plainly, withDeadLetter) => {
    const { broker } = await openHttp(
      { "POST /a": asTold, "POST /b": asTold },
      { declared: [bulk("a", { count: 2 }), bulk("b", { count: 2 }, { deadLetterTopic: "dead" })] },
    );
    const fates = ["a", "b"].map((topic) =>
      Promise.all([broker.send(topic, event("1", status)), broker.send(topic, event("2"))]),
    );
    expect(await fates[0]).toEqual([plainly === "refused" ? { refused: expect.any(String) } : plainly, "acknowledged"]);
    expect(await fates[1]).toEqual(["acknowledged", "acknowledged"]);
    const dead = broker.published.map(({ topic, data }) => [topic, JSON.parse(Buffer.from(data).toString())]);
    expect(dead).toEqual(withDeadLetter === "dead" ? [["dead", expect.objectContaining({ id: "1" })]] : []);
  });

  test.each<[string, Handler, "acknowledged" | "refused", number]>([
    ["404: all dropped, without a dead letter", answer(404), "acknowledged", 0],
    ["500: all refused", answer(500), "refused", 2],
    ["an empty answer: all refused", answer(200), "refused", 2],
    ["an answer that is no object: all refused", answer(200, "OK"), "refused", 2],
    ["an answer without statuses: all refused", answer(200, "{}"), "refused", 2],
    ["statuses that are none: all refused", answer(200, '{"statuses":[null,1,{"entryId":5}]}'), "refused", 2],
    ["a broken connection: all refused", (_, response) => void response.socket!.destroy(), "refused", 2],
  ])("%s", async (_, handler, plainly, deadLetters) => {
    const { broker } = await openHttp(
      { "POST /a": handler, "POST /b": handler },
      { declared: [bulk("a", { count: 2 }), bulk("b", { count: 2 }, { deadLetterTopic: "dead" })] },
    );
    const fate = plainly === "refused" ? { refused: expect.any(String) } : plainly;
    expect(await Promise.all([broker.send("a", event("1")), broker.send("a", event("2"))])).toEqual([fate, fate]);
    const buried = await Promise.all([broker.send("b", event("1")), broker.send("b", event("2"))]);
    expect(buried).toEqual(["acknowledged", "acknowledged"]);
    expect(broker.published).toHaveLength(deadLetters);
  });

  test("a dead letter that cannot be published is not acknowledged", async () => {
    const { broker } = await openHttp(
      { "POST /a": asTold },
      {
        declared: [bulk("a", { count: 2 }, { deadLetterTopic: "dead" })],
        prepare: (each) => (each.failure.publish = new Error("full")),
      },
    );
    const fates = [broker.send("a", event("1", "DROP")), broker.send("a", event("2"))];
    expect(await Promise.all(fates)).toEqual([{ refused: "full" }, "acknowledged"]);
  });
});

describe("over gRPC", () => {
  test("entries carry the CloudEvent in fields, or raw bytes", async () => {
    const { broker, app } = await openGrpc(
      { bulkTopicEvent: ({ entries }) => entries.map(({ entryId }) => ({ entryId, status: 0 })) },
      { declared: [bulk("a", { count: 2 }), bulk("raw", { count: 1 }, { metadata: { rawPayload: "true" } })] },
    );
    const binary = { ...event("2"), data: undefined, data_base64: "AAE=", datacontenttype: "image/png" };
    const fates = [
      broker.send("a", { ...event("1", "é"), subject: "x" }, { metadata: { key: "k" } }),
      broker.send("a", binary),
      broker.send("raw", Buffer.from([9])),
    ];
    expect(await Promise.all(fates)).toEqual(Array(3).fill("acknowledged"));
    const [plain] = app.bulks.filter(({ request }) => request.topic === "a");
    expect(plain!.method).toBe("OnBulkTopicEvent");
    expect(plain!.metadata).toMatchObject({ pubsubname: "pubsub" });
    expect(plain!.request).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      metadata: { pubsubName: "pubsub" },
      topic: "a",
      pubsubName: "pubsub",
      type: "com.dapr.event.sent.bulk",
      path: "/a",
      entries: [
        {
          event: {
            $case: "cloudEvent",
            value: {
              id: "1",
              source: "s",
              type: "t",
              specVersion: "1.0",
              dataContentType: "text/plain",
              extensions: { subject: "x" },
            },
          },
          contentType: "application/cloudevents+json",
          metadata: { key: "k" },
        },
        { event: { $case: "cloudEvent", value: { id: "2", dataContentType: "image/png" } }, metadata: {} },
      ],
    });
    const [text, bytes] = plain!.request.entries.map((entry) => (entry.event!.value as { data: Uint8Array }).data);
    expect(Buffer.from(text!).toString()).toBe("é");
    expect([...bytes!]).toEqual([0, 1]);
    const [raw] = app.bulks.filter(({ request }) => request.topic === "raw");
    expect(raw!.request.entries).toMatchObject([
      { event: { $case: "bytes" }, contentType: "application/octet-stream" },
    ]);
    expect([...(raw!.request.entries[0]!.event!.value as Uint8Array)]).toEqual([9]);
  });

  test("each entry has its own fate; one that fits no message is refused alone", async () => {
    const statuses: Record<string, number> = { ok: 0, retry: 1, drop: 2, odd: 9 };
    const { broker, app } = await openGrpc(
      {
        bulkTopicEvent: ({ entries }) =>
          entries.flatMap(({ entryId, event: got }) => {
            const { id } = got!.value as { id: string };
            return id === "silent" ? [{ entryId: "unknown", status: 0 }] : [{ entryId, status: statuses[id]! }];
          }),
      },
      { declared: [bulk("a", { count: 6 })] },
    );
    const fates = ["ok", "retry", "drop", "odd", "silent"].map((id) => broker.send("a", event(id)));
    fates.push(broker.send("a", { ...event("bad"), data_base64: "?" }));
    const refused = { refused: expect.any(String) };
    expect(await Promise.all(fates)).toEqual(["acknowledged", refused, "acknowledged", refused, refused, refused]);
    expect(app.bulks[0]!.request.entries).toHaveLength(5);
  });

  test("an application with the older method alone gets that, one with neither drops all", async () => {
    const { broker, app } = await openGrpc(
      { bulkTopicEventAlpha1: ({ entries }) => entries.map(({ entryId }) => ({ entryId, status: 0 })) },
      { declared: [bulk("a", { count: 1 })] },
    );
    expect(await broker.send("a", event("1"))).toBe("acknowledged");
    expect(await broker.send("a", event("2"))).toBe("acknowledged");
    expect(app.bulks.map(({ method }) => method)).toEqual([
      "OnBulkTopicEvent",
      "OnBulkTopicEventAlpha1",
      "OnBulkTopicEventAlpha1",
    ]);
    delete app.on.bulkTopicEventAlpha1;
    expect(await broker.send("a", event("3"))).toBe("acknowledged");
    expect(app.bulks).toHaveLength(5);
  });

  test("a failed call refuses all of them", async () => {
    const { broker } = await openGrpc(
      {
        bulkTopicEvent: () => {
          throw new RpcError(RpcCode.INTERNAL, "boom");
        },
      },
      { declared: [bulk("a", { count: 2 })] },
    );
    const fates = [broker.send("a", event("1")), broker.send("a", event("2"))];
    const refused = { refused: expect.stringContaining("bulk pub/sub event: boom") };
    expect(await Promise.all(fates)).toEqual([refused, refused]);
  });
});

describe("the application asks for bulk itself", () => {
  test("over HTTP", async () => {
    const { broker, app } = await openHttp({
      "GET /dapr/subscribe": answer(
        200,
        JSON.stringify([
          { pubsubname: "pubsub", topic: "a", route: "/a", bulkSubscribe: { enabled: true, maxMessagesCount: 2 } },
          { pubsubname: "pubsub", topic: "b", route: "/b", bulkSubscribe: { enabled: false } },
        ]),
      ),
      "POST /a": asTold,
      "POST /b": answer(200),
    });
    const fates = [broker.send("a", event("1")), broker.send("a", event("2")), broker.send("b", event("3"))];
    expect(await Promise.all(fates)).toEqual(Array(3).fill("acknowledged"));
    expect(envelopes(app)[0]!.entries).toHaveLength(2);
    expect(app.seen.filter(({ path }) => path === "/b")).toHaveLength(1);
  });

  test("over gRPC", async () => {
    const bulkSubscribe = { enabled: true, maxMessagesCount: 1, maxAwaitDurationMs: 0 };
    const { broker, app } = await openGrpc({
      subscriptions: () => ({ subscriptions: [{ pubsubName: "pubsub", topic: "a", bulkSubscribe }] }),
      bulkTopicEvent: ({ entries }) => entries.map(({ entryId }) => ({ entryId, status: 0 })),
    });
    expect(await broker.send("a", event("1"))).toBe("acknowledged");
    expect(app.bulks[0]!.request).toMatchObject({ topic: "a", path: "" });
  });
});

describe("when the subscription stops", () => {
  test("what is collected goes out at once", async () => {
    const { broker, app, block } = await openHttp(
      { "POST /a": asTold },
      { declared: [bulk("a", { awaitMs: forEver })] },
    );
    const fates = [broker.send("a", event("1")), broker.send("a", event("2"))];
    await pause(10);
    await block.shutdown(5000);
    expect(await Promise.all(fates)).toEqual(["acknowledged", "acknowledged"]);
    expect(envelopes(app)).toHaveLength(1);
  });

  test("what is not answered in time stays with the broker, and what waits behind it", async () => {
    const { broker, app, block } = await openHttp(
      { "POST /a": () => undefined },
      { declared: [bulk("a", { count: 1 })] },
    );
    const fates = [broker.send("a", event("1")), broker.send("a", event("2"))];
    await app.reached("/a");
    await block.shutdown(200);
    expect(await Promise.all(fates)).toEqual(["kept", "kept"]);
    expect(envelopes(app)).toHaveLength(1);
  });
});
