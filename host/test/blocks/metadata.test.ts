import type { PubSub, SecretStore } from "@trilby/kit";
import { afterEach, expect, test } from "vitest";

import { createMetadataBlock } from "../../src/blocks/metadata/create-metadata-block.ts";
import { goDuration } from "../../src/blocks/metadata/go-duration.ts";
import type { MetadataSources } from "../../src/blocks/metadata/sources.ts";
import { openApis, type OpenApis } from "../api/open-apis.ts";
import { rpc } from "../api/rpc.ts";
import { testRegistry } from "../api/test-registry.ts";
import { testStore } from "./state/test-store.ts";

let apis: OpenApis;
afterEach(() => apis.close());

const sources: MetadataSources = {
  appId: "app",
  daprVersion: "1.18.3",
  app: {
    port: undefined,
    protocol: "http",
    host: "127.0.0.1",
    token: undefined,
    maxConcurrency: 0,
    health: undefined,
    bindingOptionsTimeoutMs: 3000,
  },
  registry: testRegistry(),
  enabledFeatures: [],
  subscriptions: () => [],
};

async function fullSources(): Promise<MetadataSources> {
  const registry = testRegistry();
  const close = async (): Promise<void> => {};
  await registry.load("state", "store", testStore(), {
    type: "state.redis",
    features: ["ETAG", "TRANSACTIONAL", "TTL"],
  });
  await registry.load("state", "plain", testStore(), { type: "state.plain", version: "", features: ["TTL"] });
  await registry.load("pubsub", "broker", { close } as unknown as PubSub, {
    type: "pubsub.kafka",
    features: ["MESSAGE_TTL"],
  });
  await registry.load(
    "bindings",
    "both",
    { close, operations: [], invoke: async () => undefined, read: async () => ({ close }) },
    { type: "bindings.mqtt3" },
  );
  await registry.load(
    "bindings",
    "clock",
    { close, read: async () => ({ close }) },
    {
      type: "bindings.cron",
    },
  );
  await registry.load("secretstores", "vault", { close } as unknown as SecretStore, {
    type: "secretstores.vault",
    features: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
  });
  return {
    ...sources,
    registry,
    enabledFeatures: ["HotReload"],
    app: {
      ...sources.app,
      port: 3000,
      maxConcurrency: 5,
      health: { path: "/healthz", intervalMs: 5000, timeoutMs: 500, threshold: 3 },
    },
    subscriptions: () => [
      {
        type: "DECLARATIVE",
        pubsubName: "broker",
        topic: "a",
        metadata: { z: "1", b: "2" },
        rules: [
          { match: "event.type == 'x'", path: "/x" },
          { match: "", path: "/a" },
        ],
        deadLetterTopic: "",
      },
      { type: "PROGRAMMATIC", pubsubName: "broker", topic: "b", metadata: {}, rules: [], deadLetterTopic: "dead" },
    ],
  };
}

test("of a host with nothing is short", async () => {
  apis = await openApis({ blocks: [createMetadataBlock(sources)] });
  const answer = await apis.http("GET", "/v1.0/metadata");
  expect(answer.headers["content-type"]).toBe("application/json");
  expect(answer).toMatchObject({
    status: 200,
    body:
      '{"id":"app","runtimeVersion":"1.18.3","extended":{"daprRuntimeVersion":"1.18.3"},' +
      '"appConnectionProperties":{"protocol":"http","channelAddress":"127.0.0.1"},' +
      '"actorRuntime":{"runtimeStatus":"DISABLED","hostReady":false,"placement":"placement: disconnected"}}\n',
  });
});

test("of a host with everything has Dapr's shapes", async () => {
  apis = await openApis({ blocks: [createMetadataBlock(await fullSources())] });
  await apis.http("PUT", "/v1.0/metadata/zeta", { body: "<text>" });
  expect((await apis.http("GET", "/v1.0/metadata")).body).toBe(
    '{"id":"app","runtimeVersion":"1.18.3","enabledFeatures":["HotReload"],"components":[' +
      '{"name":"vault","type":"secretstores.vault","version":"v1","capabilities":["MULTIPLE_KEY_VALUES_PER_SECRET"]},' +
      '{"name":"store","type":"state.redis","version":"v1","capabilities":["ETAG","TRANSACTIONAL","TTL","ACTOR"]},' +
      '{"name":"plain","type":"state.plain","capabilities":["TTL"]},' +
      '{"name":"broker","type":"pubsub.kafka","version":"v1","capabilities":["MESSAGE_TTL"]},' +
      '{"name":"both","type":"bindings.mqtt3","version":"v1","capabilities":["INPUT_BINDING","OUTPUT_BINDING"]},' +
      '{"name":"clock","type":"bindings.cron","version":"v1","capabilities":["INPUT_BINDING"]}],' +
      '"extended":{"daprRuntimeVersion":"1.18.3","zeta":"\\u003ctext\\u003e"},' +
      '"subscriptions":[{"pubsubname":"broker","topic":"a","metadata":{"b":"2","z":"1"},"rules":[{"match":"event.type == \'x\'","path":"/x"},{"path":"/a"}],"deadLetterTopic":"","type":"DECLARATIVE"},' +
      '{"pubsubname":"broker","topic":"b","deadLetterTopic":"dead","type":"PROGRAMMATIC"}],' +
      '"appConnectionProperties":{"port":3000,"protocol":"http","channelAddress":"127.0.0.1","maxConcurrency":5,"health":{"healthCheckPath":"/healthz","healthProbeInterval":"5s","healthProbeTimeout":"500ms","healthThreshold":3}},' +
      '"actorRuntime":{"runtimeStatus":"DISABLED","hostReady":false,"placement":"placement: disconnected"}}\n',
  );
});

test("over gRPC", async () => {
  apis = await openApis({ blocks: [createMetadataBlock(await fullSources())] });
  expect(await rpc(apis.grpc, "setMetadata", { key: "k", value: "v" })).toEqual({});
  expect(await rpc(apis.grpc, "setMetadata", { key: "", value: "v" })).toEqual({});
  const metadata = await rpc(apis.grpc, "getMetadata", {});
  expect(metadata).toMatchObject({
    id: "app",
    runtimeVersion: "1.18.3",
    enabledFeatures: ["HotReload"],
    extendedMetadata: { k: "v", daprRuntimeVersion: "1.18.3" },
    appConnectionProperties: {
      port: 3000,
      protocol: "http",
      channelAddress: "127.0.0.1",
      maxConcurrency: 5,
      health: {
        healthCheckPath: "/healthz",
        healthProbeInterval: "5s",
        healthProbeTimeout: "500ms",
        healthThreshold: 3,
      },
    },
    actorRuntime: { runtimeStatus: 1, activeActors: [], hostReady: false, placement: "placement: disconnected" },
  });
  expect(metadata.registeredComponents.find(({ name }) => name === "store")).toEqual({
    name: "store",
    type: "state.redis",
    version: "v1",
    capabilities: ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"],
  });
  expect(metadata.subscriptions[0]).toMatchObject({
    pubsubName: "broker",
    topic: "a",
    type: 1,
    rules: {
      rules: [
        { match: "event.type == 'x'", path: "/x" },
        { match: "", path: "/a" },
      ],
    },
  });
});

test("keys that are set replace each other and may hold anything", async () => {
  apis = await openApis({ blocks: [createMetadataBlock(sources)], options: { publicPort: 0 } });
  for (const [key, value] of [
    ["a%2Fb", "1"],
    ["a%2Fb", "2"],
    ["__proto__", "x"],
    ["empty", ""],
  ]) {
    expect(await apis.http("PUT", `/v1.0/metadata/${key}`, { body: value!, port: apis.publicPort! })).toMatchObject({
      status: 204,
      body: "",
    });
  }
  expect((await apis.http("GET", "/v1.0/metadata", { port: apis.publicPort! })).body).toContain(
    '"extended":{"__proto__":"x","a/b":"2","daprRuntimeVersion":"1.18.3","empty":""}',
  );
});

test.each([
  [0, "0s"],
  [500, "500ms"],
  [5000, "5s"],
  [1500, "1.5s"],
  [90_000, "1m30s"],
  [3_600_000, "1h0m0s"],
])("%i ms is %s", (milliseconds, text) => {
  expect(goDuration(milliseconds)).toBe(text);
});
