import { isUtf8 } from "node:buffer";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { createPubSubBlock } from "../../src/blocks/pubsub/block.ts";
import { createPublisher } from "../../src/blocks/pubsub/publisher.ts";
import { recordingLog, recordingMetrics } from "../app/recorders.ts";
import { createBroker, createRegistry, pubsubComponent } from "./broker.ts";
import { openTestApi, type TestApi } from "./http-api.ts";

const log = recordingLog();
const metrics = recordingMetrics();
const registry = createRegistry();
const plain = createBroker();
const able = createBroker({ bulk: true });
const scoped = createBroker();
let api: TestApi;

beforeAll(async () => {
  await registry.add(pubsubComponent("plain", plain));
  await registry.add(pubsubComponent("able", able, { features: ["MESSAGE_TTL", "BULK_PUBSUB"], namespaced: true }));
  const properties = {
    publishingscopes: "app1=mine, shared;app2=theirs",
    allowedtopics: "",
    protectedtopics: "locked",
  };
  await registry.add(pubsubComponent("scoped", scoped, { properties }));
  const block = createPubSubBlock({
    appId: "app1",
    namespace: "prod-",
    registry,
    channel: undefined,
    subscriptions: [],
    discover: true,
    metrics,
    log,
  });
  api = await openTestApi([block], log, metrics);
});
afterAll(() => api.close());
beforeEach(() => {
  for (const broker of [plain, able, scoped]) {
    broker.published.length = broker.bulks.length = 0;
    broker.failure = {};
  }
  metrics.records.length = 0;
});

const json = { "content-type": "application/json" };
const lastBytes = (): string => Buffer.from(plain.published.at(-1)!.data).toString();
const last = (): any => JSON.parse(lastBytes());

describe("the envelope", () => {
  test("JSON goes in byte for byte, with every member a CloudEvent of Dapr has", async () => {
    const body = '{ "big": 12345678901234567890, "a": 1.10, "<": "é" }';
    const before = Date.now();
    const { status, text } = await api.request("POST", "/v1.0/publish/plain/orders/new", body, json);
    expect([status, text]).toEqual([204, ""]);
    const [request] = plain.published;
    expect(request).toMatchObject({ topic: "orders/new", metadata: {} });
    expect(request!.contentType).toBeUndefined();
    expect(lastBytes()).toContain(`{"data":${body},"datacontenttype":"application/json"`);
    const event = last();
    expect(Object.keys(event)).toEqual([
      "data",
      "datacontenttype",
      "id",
      "pubsubname",
      "source",
      "specversion",
      "time",
      "topic",
      "traceid",
      "traceparent",
      "tracestate",
      "type",
    ]);
    expect(event).toMatchObject({
      pubsubname: "plain",
      topic: "orders/new",
      source: "app1",
      specversion: "1.0",
      type: "com.dapr.event.sent",
      tracestate: "",
    });
    expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(event.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/);
    expect(Math.abs(Date.parse(event.time) - before)).toBeLessThan(2000);
    expect(event.traceid).toBe(event.traceparent);
    expect(event.traceparent).toBe("");
    expect(metrics.records).toContain("egress plain orders/new true");
  });

  test.each([
    ["text/plain", "hello", { data: "hello", datacontenttype: "text/plain" }],
    ["application/xml; charset=utf-8", "<a/>", { data: "<a/>", datacontenttype: "application/xml; charset=utf-8" }],
    ["application/json", "not json", { data: "not json", datacontenttype: "application/json" }],
    ["application/json", "", { data: "", datacontenttype: "application/json" }],
    ["APPLICATION/JSON; charset=utf-8", "[1]", { data: [1], datacontenttype: "APPLICATION/JSON; charset=utf-8" }],
    [
      "application/octet-stream",
      "\u0000ÿ",
      { data_base64: Buffer.from("\u0000ÿ").toString("base64"), datacontenttype: "application/octet-stream" },
    ],
    [
      "application/cloudevents+protobuf",
      "x",
      { data_base64: "eA==", datacontenttype: "application/cloudevents+protobuf" },
    ],
    ["application/x-protobuf", "x", { data: "x", datacontenttype: "application/x-protobuf" }],
    ["application/x-other", "x", { data: "x", datacontenttype: "application/x-other" }],
  ])("%s", async (contentType, body, members) => {
    expect((await api.request("PUT", "/v1.0/publish/plain/t", body, { "content-type": contentType })).status).toBe(204);
    expect(last()).toMatchObject(members);
  });

  test("a body without content type is text", async () => {
    await api.request("POST", "/v1.0/publish/plain/t", Buffer.from("hi"));
    expect(last()).toMatchObject({ data: "hi", datacontenttype: "text/plain" });
  });

  test("bytes that are not UTF-8 stay valid JSON", async () => {
    await api.request("POST", "/v1.0/publish/plain/t", Buffer.from([0x22, 0xff, 0x22]), json);
    expect(isUtf8(plain.published.at(-1)!.data)).toBe(true);
    expect(last().data).toBe("\ufffd");
  });

  test("cloudevent.* metadata overrides what may be overridden, whatever its case", async () => {
    const overrides = {
      id: "i",
      Source: "s",
      TYPE: "ty",
      subject: "su",
      traceparent: "tp",
      traceid: "ti",
      tracestate: "ts",
      time: "no",
      topic: "no",
      pubsubname: "no",
      datacontenttype: "no",
      data: "no",
    };
    const query = Object.entries(overrides)
      .map(([name, value]) => `metadata.cloudevent.${name}=${value}`)
      .join("&");
    await api.request("POST", `/v1.0/publish/plain/t?${query}`, "{}", json);
    const event = last();
    expect(event).toMatchObject({
      id: "i",
      source: "s",
      type: "ty",
      subject: "su",
      traceid: "tp",
      traceparent: "tp",
      tracestate: "ts",
      topic: "t",
      pubsubname: "plain",
      datacontenttype: "application/json",
      data: {},
    });
    expect(event.time).not.toBe("no");
    await api.request("POST", "/v1.0/publish/plain/t?metadata.cloudevent.traceid=only", "{}", json);
    expect(last()).toMatchObject({ traceid: "only", traceparent: "only" });
  });

  test("the event carries the caller's trace", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await api.request("POST", "/v1.0/publish/plain/t", "{}", { ...json, traceparent, tracestate: "a=b" });
    const event = last();
    expect(event.traceparent).toBe(traceparent);
    expect(event.tracestate).toBe("a=b");
  });

  test("rawPayload publishes the bytes as they are", async () => {
    await api.request("POST", "/v1.0/publish/plain/t?metadata.rawPayload=true", "plain bytes", json);
    expect(lastBytes()).toBe("plain bytes");
    expect(plain.published[0]!.metadata).toEqual({ rawPayload: "true" });
  });

  test("a time to live becomes an expiration only where the broker has none", async () => {
    for (const query of ["metadata.ttlInSeconds=60", "metadata.TTL=1m"]) {
      await api.request("POST", `/v1.0/publish/plain/t?${query}`, "{}", json);
      expect(Date.parse(last().expiration) - Date.now()).toBeGreaterThan(55_000);
      expect(last().expiration).toMatch(/Z$/);
    }
    await api.request("POST", "/v1.0/publish/plain/t?metadata.ttlInSeconds=soon", "{}", json);
    expect(last()).not.toHaveProperty("expiration");
    await api.request("POST", "/v1.0/publish/able/t?metadata.ttlInSeconds=60", "{}", json);
    expect(JSON.parse(Buffer.from(able.published[0]!.data).toString())).not.toHaveProperty("expiration");
    expect(able.published[0]!.metadata).toEqual({ ttlInSeconds: "60" });
  });

  test("the namespace stands in front of the broker's topic alone", async () => {
    await api.request("POST", "/v1.0/publish/able/t", "{}", json);
    expect(able.published[0]!.topic).toBe("prod-t");
    expect(JSON.parse(Buffer.from(able.published[0]!.data).toString()).topic).toBe("t");
  });
});

describe("a body that is a CloudEvent", () => {
  const cloud = { "content-type": "application/cloudevents+json; charset=utf-8" };

  test("is completed, not wrapped, and its own members stay as they came", async () => {
    const body = '{"id":"1","data":{"n":12345678901234567890},"own":1.10,"topic":"other","time":null}';
    await api.request(
      "POST",
      "/v1.0/publish/plain/t?metadata.cloudevent.type=ignored&metadata.ttlInSeconds=9",
      body,
      cloud,
    );
    expect(lastBytes()).toContain('"data":{"n":12345678901234567890}');
    expect(lastBytes()).toContain('"own":1.10');
    const event = last();
    expect(event).toMatchObject({
      id: "1",
      topic: "t",
      pubsubname: "plain",
      source: "Dapr",
      type: "com.dapr.event.sent",
      specversion: "1.0",
      time: null,
      tracestate: "",
    });
    expect(event.traceid).toBe(event.traceparent);
    expect(event.expiration).toMatch(/Z$/);
    expect(event).not.toHaveProperty("datacontenttype");
  });

  test("gets no id, and keeps its own trace", async () => {
    await api.request(
      "POST",
      "/v1.0/publish/plain/t",
      '{"traceid":"x","type":"ty","source":"so","specversion":"0.3"}',
      cloud,
    );
    const event = last();
    expect(event).toMatchObject({ traceid: "x", type: "ty", source: "so", specversion: "0.3" });
    expect(event).not.toHaveProperty("id");
    expect(event).not.toHaveProperty("traceparent");
    expect(event).toHaveProperty("time");
  });

  test.each(["not json", "[]", "null", '"text"'])("%s cannot be one", async (body) => {
    const { status, json: error } = await api.request("POST", "/v1.0/publish/plain/t", body, cloud);
    expect(status).toBe(500);
    expect(error).toMatchObject({ errorCode: "ERR_PUBSUB_CLOUD_EVENTS_SER", message: "cannot create cloudevent" });
    expect(plain.published).toEqual([]);
  });
});

describe("errors of publish", () => {
  const detail = (type: string) => ({ "@type": `type.googleapis.com/google.rpc.${type}` });

  test("an unknown component", async () => {
    expect(await api.request("POST", "/v1.0/publish/nope/t", "{}", json)).toMatchObject({
      status: 404,
      json: {
        errorCode: "ERR_PUBSUB_NOT_FOUND",
        message: "pubsub nope is not found",
        details: [{ ...detail("ErrorInfo"), domain: "dapr.io", reason: "DAPR_PUBSUB_NOT_FOUND" }],
      },
    });
  });

  test("no topic", async () => {
    expect(await api.request("POST", "/v1.0/publish/plain", "{}", json)).toMatchObject({
      status: 404,
      json: {
        errorCode: "ERR_TOPIC_NAME_EMPTY",
        message: "topic is empty in pubsub plain",
        details: [
          {
            ...detail("ResourceInfo"),
            resource_type: "pubsub",
            resource_name: "plain",
            owner: "",
            description: "topic is empty in pubsub plain",
          },
          { ...detail("ErrorInfo"), reason: "DAPR_PUBSUB_TOPIC_NAME_EMPTY" },
        ],
      },
    });
  });

  test("rawPayload that is no boolean", async () => {
    const { status, json: error } = await api.request(
      "POST",
      "/v1.0/publish/plain/t?metadata.rawPayload=yes",
      "{}",
      json,
    );
    expect(status).toBe(400);
    expect(error).toMatchObject({
      errorCode: "ERR_PUBSUB_REQUEST_METADATA",
      message: "failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'yes'",
      details: [
        detail("ResourceInfo"),
        { reason: "DAPR_PUBSUB_METADATA_DESERIALIZATION", metadata: { rawPayload: "yes" } },
      ],
    });
  });

  test("the component's failure", async () => {
    plain.failure.publish = new Error("broker down");
    const { status, json: error } = await api.request("POST", "/v1.0/publish/plain/t", "{}", json);
    expect(status).toBe(500);
    expect(error).toMatchObject({
      errorCode: "ERR_PUBSUB_PUBLISH_MESSAGE",
      message: "error when publishing to topic t in pubsub plain: broker down",
      details: [
        { ...detail("ResourceInfo"), resource_name: "plain" },
        {
          ...detail("ErrorInfo"),
          reason: "DAPR_PUBSUB_PUBLISH_MESSAGE",
          metadata: { topic: "t", error: "broker down" },
        },
      ],
    });
    expect(metrics.records).toContain("egress plain t false");
  });

  test.each([
    ["mine", 204],
    ["shared", 204],
    ["theirs", 403],
    ["locked", 403],
  ])("scopes: topic %s", async (topic, status) => {
    const answer = await api.request("POST", `/v1.0/publish/scoped/${topic}`, "{}", json);
    expect(answer.status).toBe(status);
    if (status === 403) {
      expect(answer.json).toMatchObject({
        errorCode: "ERR_PUBSUB_FORBIDDEN",
        message: `topic ${topic} is not allowed for app id app1`,
        details: [detail("ResourceInfo"), { reason: "DAPR_PUBSUB_FORBIDDEN", metadata: { topic } }],
      });
    }
    expect(scoped.published).toHaveLength(status === 204 ? 1 : 0);
  });

  test("a component that goes while the body comes", async () => {
    const passing = createBroker();
    await registry.add(pubsubComponent("passing", passing));
    const topic = createPublisher({ appId: "app1", namespace: undefined, registry, metrics }).open(
      "passing",
      "t",
      null,
    );
    await registry.remove("passing");
    const trace = { traceparent: "", tracestate: "" };
    await expect(
      topic.publish({ data: Buffer.from("x"), contentType: "", raw: true, metadata: {}, trace }),
    ).rejects.toMatchObject({
      httpStatus: 400,
      grpcCode: 5,
      errorCode: "ERR_PUBSUB_NOT_FOUND",
      message: "pubsub 'passing' not found",
      details: [{ resourceName: "passing" }, { reason: "DAPR_PUBSUB_TEST_NOT_FOUND", metadata: { topic: "t" } }],
    });
    expect(passing.published).toEqual([]);
  });

  test("a body over the limit", async () => {
    const { status, json: error } = await api.request("POST", "/v1.0/publish/plain/t", "x".repeat(1_000_001));
    expect(status).toBe(500);
    expect(error).toMatchObject({ errorCode: "ERR_PUBSUB_PUBLISH_MESSAGE" });
    expect(plain.published).toEqual([]);
  });
});

describe("bulk publish", () => {
  const entries = [
    { entryId: "1", event: { big: 1 }, contentType: "application/json", metadata: { own: "x" } },
    { entryId: "2", event: "text", contentType: "text/plain" },
    { entryId: "3", event: "AAE=", contentType: "application/octet-stream", metadata: { ttlInSeconds: "5" } },
  ];

  test.each(["/v1.0", "/v1.0-alpha1"])("%s: one by one where the broker has no bulk", async (version) => {
    const { status } = await api.request(
      "POST",
      `${version}/publish/bulk/plain/a/b?metadata.shared=s`,
      JSON.stringify(entries),
      json,
    );
    expect(status).toBe(204);
    const events = plain.published.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
    expect(events).toMatchObject([{ data: { big: 1 }, topic: "a/b" }, { data: "text" }, { data_base64: "AAE=" }]);
    expect(events[2]).toHaveProperty("expiration");
    expect(new Set(events.map(({ traceparent }) => traceparent))).toEqual(new Set([""]));
    expect(plain.published.map(({ metadata, contentType }) => [metadata, contentType])).toEqual([
      [{ shared: "s", own: "x" }, "application/json"],
      [{}, "text/plain"],
      [{ shared: "s", ttlInSeconds: "5" }, "application/octet-stream"],
    ]);
    expect(metrics.records).toContain("egress_bulk plain a/b true");
  });

  test("in one call where the broker can", async () => {
    const { status } = await api.request(
      "POST",
      "/v1.0/publish/bulk/able/t?metadata.rawPayload=true",
      JSON.stringify(entries),
      json,
    );
    expect(status).toBe(204);
    expect(able.published).toEqual([]);
    const [request] = able.bulks;
    expect(request).toMatchObject({ topic: "prod-t", metadata: { rawPayload: "true" } });
    expect(request!.entries.map(({ event }) => Buffer.from(event).toString("latin1"))).toEqual([
      '{"big":1}',
      "text",
      "\u0000\u0001",
    ]);
  });

  test("no more than a hundred at a time where it goes one by one", async () => {
    let running = 0;
    let most = 0;
    const slow = createBroker();
    const { publish } = slow.pubsub;
    const counting = {
      ...slow,
      pubsub: {
        ...slow.pubsub,
        async publish(request: Parameters<typeof publish>[0]) {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return publish(request);
        },
      },
    };
    await registry.add(pubsubComponent("counting", counting));
    const many = Array.from({ length: 250 }, (_, index) => ({ ...entries[1], entryId: String(index) }));
    expect((await api.request("POST", "/v1.0/publish/bulk/counting/t", JSON.stringify(many), json)).status).toBe(204);
    expect([most, slow.published.length]).toEqual([100, 250]);
  });

  test("what failed is named, the rest is published", async () => {
    const mixed = [entries[1], { ...entries[0], metadata: { refuse: "größer" } }];
    const answer = await api.request("POST", "/v1.0/publish/bulk/able/t", JSON.stringify(mixed), json);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({
      failedEntries: [{ entryId: "1", error: "größer" }],
      errorCode: "ERR_PUBSUB_PUBLISH_MESSAGE",
    });
    expect(Buffer.from(answer.headers.get("metadata.responsedata")!, "latin1").toString()).toBe(answer.text);
    expect(Buffer.from(answer.headers.get("metadata.error")!, "latin1").toString()).toBe(
      "api error: code = Internal desc = error when publishing to topic t in pubsub able: größer",
    );
    expect(metrics.records).toContain("error ERR_PUBSUB_PUBLISH_MESSAGE");
  });

  test("every entry of a dead broker failed", async () => {
    plain.failure.publish = new Error("down");
    const { status, json: answer } = await api.request(
      "POST",
      "/v1.0/publish/bulk/plain/t",
      JSON.stringify(entries),
      json,
    );
    expect(status).toBe(500);
    expect(answer.failedEntries).toEqual(entries.map(({ entryId }) => ({ entryId, error: "down" })));
  });

  test.each([
    [
      "nonsense",
      "{",
      "ERR_PUBSUB_EVENTS_SER",
      "error when unmarshaling the request for topic t pubsub plain: unexpected EOF",
    ],
    [
      "an object",
      "{}",
      "ERR_PUBSUB_EVENTS_SER",
      "error when unmarshaling the request for topic t pubsub plain: json: cannot unmarshal object into Go value of type []http.bulkPublishMessageEntry",
    ],
    [
      "no content type",
      '[{"entryId":"1","event":"x"}]',
      "ERR_PUBSUB_EVENTS_SER",
      "error when marshalling cloud event envelope for topic t pubsub plain: error: mismatch between contentType and event",
    ],
    [
      "text that is none",
      '[{"entryId":"1","event":1,"contentType":"text/plain"}]',
      "ERR_PUBSUB_EVENTS_SER",
      "error when marshalling cloud event envelope for topic t pubsub plain: error: mismatch between contentType and event",
    ],
    [
      "bytes that are no base64",
      '[{"entryId":"1","event":"§","contentType":"application/octet-stream"}]',
      "ERR_PUBSUB_EVENTS_SER",
      "error when marshalling cloud event envelope for topic t pubsub plain: error: unable to decode base64 application/octect-stream data: illegal base64 data",
    ],
    [
      "no entry id",
      '[{"event":"x","contentType":"text/plain"}]',
      "ERR_PUBSUB_EVENTS_SER",
      "error marshaling events to bytes for topic t pubsub plain. error: entryId is duplicated or not present for entry",
    ],
    [
      "an entry id twice",
      '[{"entryId":"1","event":"x","contentType":"text/plain"},{"entryId":"1","event":"x","contentType":"text/plain"}]',
      "ERR_PUBSUB_EVENTS_SER",
      "error marshaling events to bytes for topic t pubsub plain. error: entryId is duplicated or not present for entry",
    ],
  ])("%s is refused and nothing is published", async (_what, body, errorCode, message) => {
    const { status, json: error } = await api.request("POST", "/v1.0/publish/bulk/plain/t", body, json);
    expect(status).toBe(400);
    expect(error).toMatchObject({ errorCode, message });
    expect(plain.published).toEqual([]);
  });

  test("an empty list publishes nothing, and scopes hold for bulk too", async () => {
    expect((await api.request("POST", "/v1.0/publish/bulk/able/t", "[]", json)).status).toBe(204);
    expect(able.bulks).toEqual([]);
    expect(
      (await api.request("POST", "/v1.0/publish/bulk/scoped/theirs", JSON.stringify(entries), json)).json.errorCode,
    ).toBe("ERR_PUBSUB_FORBIDDEN");
    expect(scoped.published).toEqual([]);
  });
});
