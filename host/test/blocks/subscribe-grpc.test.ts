import { RpcCode, RpcError } from "@trilby/kit/transport";
import { describe, expect, test } from "vitest";

import { startGrpcApp, type GrpcApp, type GrpcHandlers } from "../app/grpc-app.ts";
import { declared } from "./subscribe.ts";
import { jsonEvent, openGrpc, untilFinished } from "./subscribed-app.ts";

const success = (): { status: number } => ({ status: 0 });

test("the application lists its subscriptions; one without routes goes to the empty path", async () => {
  const { broker, app, block } = await openGrpc({
    subscriptions: () => ({
      subscriptions: [
        { pubsubName: "pubsub", topic: "a", metadata: { x: "y" } },
        { pubsubName: "pubsub", topic: "b", routes: { rules: [], default: "/b" }, deadLetterTopic: "dead" },
        { pubsubName: "pubsub", topic: "cel", routes: { rules: [{ match: "event.", path: "/c" }], default: "" } },
      ],
    }),
    topicEvent: success,
  });
  expect(broker.subscribed).toEqual([
    { topic: "a", metadata: { x: "y" } },
    { topic: "b", metadata: {} },
  ]);
  expect(await broker.send("a", jsonEvent())).toBe("acknowledged");
  expect(await broker.send("b", jsonEvent())).toBe("acknowledged");
  expect(app.events.map(({ event: { path, topic } }) => [topic, path])).toEqual([
    ["a", ""],
    ["b", "/b"],
  ]);
  expect(block.problems()).toMatchObject([
    { topic: "cel", source: "the app's ListTopicSubscriptions", reason: expect.stringContaining("no CEL expression") },
  ]);
});

test("an application that does not list any has those of the resources", async () => {
  const { broker, log } = await openGrpc({ topicEvent: success }, { declared: [declared("a")] });
  expect(await broker.send("a", jsonEvent())).toBe("acknowledged");
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

describe("an event", () => {
  test("has its attributes in fields, the others as extensions, the component's metadata beside it", async () => {
    const { broker, app } = await openGrpc(
      { topicEvent: success },
      { declared: [declared("a")], app: { token: "secret" } },
    );
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const text = `{"id":"1","source":"s","type":"t","specversion":"1.0","datacontenttype":"application/json","data":{"big":12345678901234567890, "a":1.10},"traceparent":"${traceparent}","n":1.5,"l":[true,null],"topic":"a"}`;
    expect(
      await broker.send("a", text, { metadata: { __key: "k", "content-type": "x/y", "Bad Name": "x", umlaut: "ü" } }),
    ).toBe("acknowledged");
    const [{ event: got, metadata }] = app.events as [GrpcApp["events"][number]];
    expect(got).toMatchObject({
      id: "1",
      source: "s",
      type: "t",
      specVersion: "1.0",
      dataContentType: "application/json",
      topic: "a",
      pubsubName: "pubsub",
      path: "/a",
      extensions: { traceparent, n: 1.5, l: [true, null], topic: "a" },
    });
    expect(Object.keys(got.extensions!).toSorted()).toEqual(["l", "n", "topic", "traceparent"]);
    expect(Buffer.from(got.data).toString()).toBe('{"big":12345678901234567890, "a":1.10}');
    expect(metadata).toMatchObject({ pubsubname: "pubsub", __key: "k", "dapr-api-token": "secret" });
    expect(metadata["traceparent"]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(Buffer.from(metadata["grpc-trace-bin"] as Uint8Array).toString("hex")).toBe(
      `0000${(metadata["traceparent"] as string).slice(3, 35)}01${(metadata["traceparent"] as string).slice(36, 52)}0201`,
    );
    expect(metadata).not.toHaveProperty("umlaut");
  });

  test.each([
    [{ datacontenttype: "text/plain", data: "é" }, "é"],
    [{ datacontenttype: "application/xml", data: "<a/>" }, "<a/>"],
    [{ data_base64: "AAE=", datacontenttype: "application/octet-stream", data: undefined }, "\u0000\u0001"],
    [{ datacontenttype: "application/cloudevents+json", data: { x: 1 } }, '{"x":1}'],
    [{ data: null }, ""],
    [{ data: undefined }, ""],
    [{ datacontenttype: "application/x-other", data: "lost, as in Dapr" }, ""],
  ])("%j carries the data %j", async (members, data) => {
    const { broker, app } = await openGrpc({ topicEvent: success }, { declared: [declared("a")] });
    expect(await broker.send("a", jsonEvent(members))).toBe("acknowledged");
    expect(Buffer.from(app.events[0]!.event.data).toString()).toBe(data);
  });

  test("keeps its own trace, and takes that of the message where it has none", async () => {
    const { broker, app } = await openGrpc({ topicEvent: success }, { declared: [declared("a")] });
    const metadata = { traceparent: "from the message", tracestate: "s=m" };
    await broker.send("a", jsonEvent({ traceparent: "own", traceid: "own" }), { metadata });
    await broker.send("a", jsonEvent(), { metadata });
    await broker.send("a", jsonEvent(), { metadata: { traceid: "id" } });
    expect(app.events.map(({ event: { extensions } }) => extensions)).toEqual([
      { traceparent: "own", traceid: "own", tracestate: "s=m" },
      { traceparent: "from the message", traceid: "from the message", tracestate: "s=m" },
      { traceid: "id" },
    ]);
  });

  test("names the topic it came from, not the pattern that was subscribed", async () => {
    const { broker, app } = await openGrpc({ topicEvent: success }, { declared: [declared("a")] });
    expect(await broker.send("a", jsonEvent(), { from: "a/b" })).toBe("acknowledged");
    expect(app.events[0]!.event.topic).toBe("a/b");
  });

  test("in raw and in binary mode carries the bytes", async () => {
    const { broker, app } = await openGrpc(
      { topicEvent: success },
      { declared: [declared("raw", { metadata: { rawPayload: "true" } }), declared("binary")] },
    );
    await broker.send("raw", Buffer.from([0, 255]));
    await broker.send("binary", Buffer.from([1, 2]), {
      contentType: "application/octet-stream",
      metadata: { CE_Id: "7", ce_type: "x" },
    });
    expect(app.events.map(({ event: { data, dataContentType } }) => [[...data], dataContentType])).toEqual([
      [[0, 255], "application/octet-stream"],
      [[1, 2], "application/octet-stream"],
    ]);
    expect(app.events[1]!.event).toMatchObject({ id: "7", type: "x" });
  });

  test.each([
    ["text that is none", { datacontenttype: "text/plain", data: 5 }],
    ["base64 that is none", { data_base64: "§§", data: undefined }],
  ])("%s is not acknowledged", async (_what, members) => {
    const { broker, app } = await openGrpc({ topicEvent: success }, { declared: [declared("a")] });
    expect(await broker.send("a", jsonEvent(members))).toHaveProperty("refused");
    expect(app.events).toEqual([]);
  });
});

const failing = (code: number) => (): never => {
  throw new RpcError(code, "boom");
};
const outcomes: [string, GrpcHandlers, "acknowledged" | "refused", "acknowledged" | "dead letter"][] = [
  ["SUCCESS", { topicEvent: success }, "acknowledged", "acknowledged"],
  ["RETRY", { topicEvent: () => ({ status: 1 }) }, "refused", "dead letter"],
  ["DROP", { topicEvent: () => ({ status: 2 }) }, "acknowledged", "dead letter"],
  ["an unknown status", { topicEvent: () => ({ status: 9 }) }, "refused", "dead letter"],
  ["UNIMPLEMENTED", { topicEvent: failing(RpcCode.UNIMPLEMENTED) }, "acknowledged", "acknowledged"],
  ["UNKNOWN (an exception)", { topicEvent: failing(RpcCode.UNKNOWN) }, "refused", "dead letter"],
  ["UNAVAILABLE", { topicEvent: failing(RpcCode.UNAVAILABLE) }, "refused", "dead letter"],
  ["NOT_FOUND", { topicEvent: failing(RpcCode.NOT_FOUND) }, "refused", "dead letter"],
  ["garbage", { topicEventBytes: () => Buffer.from([0x0f, 0xff, 0xff]) }, "refused", "dead letter"],
];

describe.each(outcomes)("the application answers with %s", (_what, handlers, plainly, withDeadLetter) => {
  test(`${plainly}; with a dead letter topic: ${withDeadLetter}`, async () => {
    const { broker } = await openGrpc(handlers, {
      declared: [declared("a"), declared("b", { deadLetterTopic: "dead" })],
    });
    const fate = await broker.send("a", jsonEvent());
    if (plainly === "acknowledged") expect(fate).toBe("acknowledged");
    else expect(fate).toHaveProperty("refused");
    expect(await broker.send("b", jsonEvent())).toBe("acknowledged");
    expect(broker.published.map(({ topic }) => topic)).toEqual(withDeadLetter === "dead letter" ? ["dead"] : []);
    if (withDeadLetter === "dead letter") {
      broker.failure.publish = new Error("down");
      expect(await broker.send("b", jsonEvent())).toHaveProperty("refused");
    }
  });
});

test("an application that is gone in the middle has not acknowledged, and one that never answers is cut off at the stop", async () => {
  const { broker, app, block } = await openGrpc(
    { topicEvent: () => new Promise(() => undefined) },
    { declared: [declared("a")], block: { drainMs: 50 } },
  );
  const first = broker.send("a", jsonEvent());
  await expect.poll(() => app.events.length).toBe(1);
  await app.close();
  expect(await first).toHaveProperty("refused");
  const back = untilFinished(await startGrpcApp(app.on, app.port));
  const second = broker.send("a", jsonEvent());
  await expect.poll(() => back.events.length, { timeout: 5000 }).toBe(1);
  await block.shutdown();
  expect(await second).toBe("kept");
});

test("health is asked over gRPC, and the concurrency limit holds", async () => {
  let well = true;
  let running = 0;
  let most = 0;
  const { broker, channel } = await openGrpc(
    {
      health: () => {
        if (!well) throw new Error("not well");
      },
      async topicEvent() {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return success();
      },
    },
    {
      declared: [declared("a")],
      app: { maxConcurrency: 2, health: { path: "", intervalMs: 20, timeoutMs: 5_000, threshold: 2 } },
    },
  );
  await expect.poll(() => broker.open.size).toBe(1);
  expect(await Promise.all(Array.from({ length: 8 }, () => broker.send("a", jsonEvent())))).toEqual(
    Array(8).fill("acknowledged"),
  );
  expect(most).toBe(2);
  well = false;
  await expect.poll(() => channel.healthy).toBe(false);
  await expect.poll(() => broker.open.size).toBe(0);
});
