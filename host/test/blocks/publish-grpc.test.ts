import { RpcCode, type RpcMetadata, type ServerCall } from "@trilby/kit/transport";
import { BulkPublishRequest, BulkPublishResponse, PublishEventRequest } from "@trilby/proto/runtime";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";

import { createPubSubBlock, type PubSubBlock } from "../../src/blocks/pubsub/block.ts";
import { recordingLog, recordingMetrics } from "../app/recorders.ts";
import { createBroker, createRegistry, pubsubComponent } from "./broker.ts";

const registry = createRegistry();
const broker = createBroker({ bulk: true });
let block: PubSubBlock;

beforeAll(async () => {
  const properties = { publishingscopes: "app1=t,own" };
  await registry.add(pubsubComponent("pubsub", broker, { features: ["BULK_PUBSUB"], properties }));
  block = createPubSubBlock({
    appId: "app1",
    namespace: undefined,
    registry,
    channel: undefined,
    subscriptions: [],
    discover: true,
    metrics: recordingMetrics(),
    log: recordingLog(),
  });
});
beforeEach(() => {
  broker.published.length = broker.bulks.length = 0;
  broker.failure = {};
});

async function call(method: string, request: Uint8Array, metadata: RpcMetadata = []): Promise<Uint8Array> {
  const found = block.grpc.find(({ path }) => path === `/dapr.proto.runtime.v1.Dapr/${method}`);
  if (found === undefined || !("unary" in found)) throw new Error(`no method ${method}`);
  return found.unary(request, { path: found.path, metadata } as ServerCall);
}

const publish = (
  request: Parameters<typeof PublishEventRequest.fromPartial>[0],
  metadata?: RpcMetadata,
): Promise<Uint8Array> =>
  call("PublishEvent", PublishEventRequest.encode(PublishEventRequest.fromPartial(request)).finish(), metadata);
const last = (): any => JSON.parse(Buffer.from(broker.published.at(-1)!.data).toString());

test("an event is wrapped as over HTTP", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await publish(
    {
      pubsubName: "pubsub",
      topic: "t",
      data: Buffer.from("{}"),
      dataContentType: "application/json",
      metadata: { "cloudevent.id": "7", x: "y" },
    },
    [
      ["traceparent", traceparent],
      ["tracestate", "a=b"],
    ],
  );
  expect(last()).toMatchObject({
    id: "7",
    data: {},
    source: "app1",
    topic: "t",
    pubsubname: "pubsub",
    tracestate: "a=b",
  });
  expect(last().traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
  expect(broker.published[0]!.metadata).toEqual({ "cloudevent.id": "7", x: "y" });
});

test("the binary trace context goes before the text", async () => {
  const binary = Buffer.from("00000af7651916cd43dd8448eb211c80319c01b7ad6b71692033310201", "hex");
  await publish({ pubsubName: "pubsub", topic: "t" }, [
    ["traceparent", "nonsense"],
    ["grpc-trace-bin", binary],
  ]);
  expect(last()).toMatchObject({ data: "", datacontenttype: "text/plain" });
  expect(last().traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
});

test("raw bytes travel with the trace beside them", async () => {
  await publish({ pubsubName: "pubsub", topic: "t", data: Buffer.from([1]), metadata: { rawPayload: "true" } });
  const [request] = broker.published;
  expect([...request!.data]).toEqual([1]);
  expect(request!.metadata).toEqual({ rawPayload: "true", traceid: expect.stringMatching(/^00-/), tracestate: "" });
});

describe("errors", () => {
  test.each([
    [{ pubsubName: "", topic: "t" }, RpcCode.INVALID_ARGUMENT, "pubsub name is empty"],
    [{ pubsubName: "nope", topic: "t" }, RpcCode.INVALID_ARGUMENT, "pubsub nope is not found"],
    [{ pubsubName: "pubsub", topic: "" }, RpcCode.INVALID_ARGUMENT, "topic is empty in pubsub pubsub"],
    [
      { pubsubName: "pubsub", topic: "t", metadata: { rawPayload: "x" } },
      RpcCode.INVALID_ARGUMENT,
      "failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'x'",
    ],
    [
      { pubsubName: "pubsub", topic: "t", data: Buffer.from("x"), dataContentType: "application/cloudevents+json" },
      RpcCode.INVALID_ARGUMENT,
      "cannot create cloudevent",
    ],
    [{ pubsubName: "pubsub", topic: "other" }, RpcCode.PERMISSION_DENIED, "topic other is not allowed for app id app1"],
  ])("%j", async (request, grpcCode, message) => {
    await expect(publish(request)).rejects.toMatchObject({ name: "ApiError", grpcCode, message });
    expect(broker.published).toEqual([]);
  });

  test("a failing component, and one that vanished in the middle", async () => {
    broker.failure.publish = new Error("down");
    const request = { pubsubName: "pubsub", topic: "t" };
    await expect(publish(request)).rejects.toMatchObject({
      grpcCode: RpcCode.INTERNAL,
      message: "error when publishing to topic t in pubsub pubsub: down",
    });
  });
});

describe.each(["BulkPublishEvent", "BulkPublishEventAlpha1"])("%s", (method) => {
  const bulk = (request: Parameters<typeof BulkPublishRequest.fromPartial>[0]): Promise<Uint8Array> =>
    call(method, BulkPublishRequest.encode(BulkPublishRequest.fromPartial(request)).finish());
  const entry = (entryId: string, metadata = {}) => ({
    entryId,
    event: Buffer.from("x"),
    contentType: "text/plain",
    metadata,
  });

  test("wraps each entry", async () => {
    const bytes = await bulk({
      pubsubName: "pubsub",
      topic: "t",
      metadata: { all: "1" },
      entries: [entry("a"), entry("b", { own: "2" })],
    });
    expect(BulkPublishResponse.decode(bytes)).toEqual({ failedEntries: [] });
    const [request] = broker.bulks;
    expect(request!.entries.map(({ entryId, metadata }) => [entryId, metadata])).toEqual([
      ["a", {}],
      ["b", { all: "1", own: "2" }],
    ]);
    expect(JSON.parse(Buffer.from(request!.entries[0]!.event).toString())).toMatchObject({ data: "x", topic: "t" });
  });

  test("fails as a whole when one entry fails", async () => {
    const entries = [entry("a"), entry("b", { refuse: "no" })];
    await expect(bulk({ pubsubName: "pubsub", topic: "t", entries })).rejects.toMatchObject({
      grpcCode: RpcCode.INTERNAL,
      message: "error when publishing to topic t in pubsub pubsub: no",
    });
  });

  test.each([[[entry("")]], [[entry("a"), entry("a")]]])(
    "refuses entry ids that are empty or stand twice",
    async (entries) => {
      await expect(bulk({ pubsubName: "pubsub", topic: "t", entries })).rejects.toMatchObject({
        grpcCode: RpcCode.INVALID_ARGUMENT,
      });
      expect(broker.bulks).toEqual([]);
    },
  );
});
