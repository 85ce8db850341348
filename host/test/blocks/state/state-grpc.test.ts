import { ComponentError } from "@trilby/kit";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import type { StateItem } from "@trilby/proto/common";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { stateMethods } from "../../../src/blocks/state/grpc.ts";
import { stateRoutes } from "../../../src/blocks/state/http.ts";
import { createStateStores } from "../../../src/blocks/state/stores.ts";
import { noMetrics } from "../../../src/observability/prometheus/no-metrics.ts";
import { openApis, type OpenApis } from "../../api/open-apis.ts";
import { failureOf, rpc } from "../../api/rpc.ts";
import { testRegistry, type TestRegistry } from "../../api/test-registry.ts";
import { testStore, type TestStore } from "./test-store.ts";

let apis: OpenApis;
let registry: TestRegistry;
let store: TestStore;

beforeEach(async () => {
  registry = testRegistry();
  const stores = createStateStores({ registry, metrics: noMetrics, appId: "app", namespace: undefined });
  apis = await openApis({ blocks: [{ http: stateRoutes(stores, "app"), grpc: stateMethods(stores) }] });
  store = testStore();
  await registry.load("state", "store", store, { features: ["ETAG", "TRANSACTIONAL", "TTL"] });
});
afterEach(() => apis.close());

const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
const item = (key: string, value: string, more: Partial<StateItem> = {}): StateItem => ({
  key,
  value: bytes(value),
  etag: undefined,
  metadata: {},
  options: undefined,
  ...more,
});
const save = (...states: StateItem[]) => rpc(apis.grpc, "saveState", { storeName: "store", states });
const get = (key: string) => rpc(apis.grpc, "getState", { storeName: "store", key, consistency: 0, metadata: {} });
const remove = (key: string, etag?: string) =>
  rpc(apis.grpc, "deleteState", {
    storeName: "store",
    key,
    etag: etag === undefined ? undefined : { value: etag },
    options: undefined,
    metadata: {},
  });

const errorInfo = (reason: string, metadata: Record<string, string> = {}) => ({
  ErrorInfo: { reason, domain: "dapr.io", metadata },
});
const resource = { ResourceInfo: { resourceType: "state", resourceName: "store", owner: "", description: "" } };

describe("values", () => {
  test("are kept as they are, also when they are no JSON", async () => {
    await save(item("k", '{"b": 1, "a": 2}'), item("raw", "\u0000\u00ff"), item("empty", ""));
    expect(Buffer.from((await get("k")).data).toString()).toBe('{"b": 1, "a": 2}');
    expect((await get("k")).etag).toMatch(/^\d+$/);
    expect(Buffer.from((await get("raw")).data).toString()).toBe("\u0000\u00ff");
    expect(await get("empty")).toMatchObject({ data: new Uint8Array(0), etag: expect.stringMatching(/^\d+$/) });
  });

  test("that their metadata calls JSON take the canonical form", async () => {
    await save(item("k", '{"b": 1.0, "a": "<"}', { metadata: { contentType: "application/json" } }));
    expect(Buffer.from((await get("k")).data).toString()).toBe('{"a":"\\u003c","b":1}');
    expect(await failureOf(save(item("k", '{"a"', { metadata: { contentType: "application/json" } })))).toEqual({
      code: RpcCode.UNKNOWN,
      message: "unexpected end of JSON input",
      details: [],
    });
  });

  test("that are absent are empty and without etag", async () => {
    expect(await get("none")).toEqual({ data: new Uint8Array(0), etag: "", metadata: {} });
  });
});

test("options, metadata and etags reach the store", async () => {
  await save(
    item("k", "1", {
      options: { concurrency: 1, consistency: 2 },
      metadata: { ttlInSeconds: "5" },
      etag: { value: "" },
    }),
  );
  expect(store.requests[0]).toMatchObject({
    method: "set",
    request: {
      key: "app||k",
      etag: undefined,
      options: { concurrency: "first-write", consistency: "strong" },
      metadata: { ttlInSeconds: "5" },
    },
  });
  await rpc(apis.grpc, "getState", { storeName: "store", key: "k", consistency: 1, metadata: { a: "b" } });
  expect(store.requests[1]).toMatchObject({
    method: "get",
    request: { consistency: "eventual", metadata: { a: "b" } },
  });
});

test("bulk get gives every key, in the store's order", async () => {
  await save(item("a", "1"));
  store.items.get("app||a")!.metadata = { m: "1" };
  const { items } = await rpc(apis.grpc, "getBulkState", {
    storeName: "store",
    keys: ["none", "a"],
    parallelism: 2,
    metadata: {},
  });
  expect(items).toMatchObject([
    { key: "none", data: new Uint8Array(0), etag: "", error: "" },
    { key: "a", data: bytes("1"), etag: "1", metadata: { m: "1" } },
  ]);
  expect(await rpc(apis.grpc, "getBulkState", { storeName: "store", keys: [], parallelism: 0, metadata: {} })).toEqual({
    items: [],
  });
});

test("bulk delete removes them all", async () => {
  await save(item("a", "1"), item("b", "2"), item("c", "3"));
  await rpc(apis.grpc, "deleteBulkState", { storeName: "store", states: [item("a", ""), item("b", "")] });
  await rpc(apis.grpc, "deleteBulkState", { storeName: "store", states: [] });
  expect([...store.items.keys()]).toEqual(["app||c"]);
});

test("a transaction applies its operations in order", async () => {
  await rpc(apis.grpc, "executeStateTransaction", {
    storeName: "store",
    operations: [
      { operationType: "upsert", request: item("a", "1") },
      { operationType: "upsert", request: item("b", "2") },
      { operationType: "delete", request: item("a", "") },
    ],
    metadata: { t: "1" },
  });
  expect([...store.items.keys()]).toEqual(["app||b"]);
  expect(store.requests[0]).toMatchObject({ method: "transact", request: { metadata: { t: "1" } } });
});

test("a query gives keys without their prefix", async () => {
  store.query = async () => ({ items: [{ key: "app||k", data: bytes("{}"), etag: "3" }], token: "t" });
  await registry.load("state", "queryable", store);
  expect(await rpc(apis.grpc, "queryStateAlpha1", { storeName: "queryable", query: "{}", metadata: {} })).toEqual({
    results: [{ key: "k", data: bytes("{}"), etag: "3", error: "" }],
    token: "t",
    metadata: {},
  });
});

describe("errors", () => {
  test("an empty key", async () => {
    expect(await failureOf(save(item("", "1")))).toEqual({
      code: RpcCode.INVALID_ARGUMENT,
      message: "state key cannot be empty",
      details: [errorInfo("ERR_STATE_SAVE")],
    });
  });

  test("a key that Dapr keeps for itself", async () => {
    const message = "input key/keyPrefix 'a||b' can't contain '||'";
    const wanted = {
      code: RpcCode.INVALID_ARGUMENT,
      message,
      details: [
        {
          BadRequest: {
            fieldViolations: [{ field: "a||b", description: message, reason: "", localizedMessage: undefined }],
          },
        },
        resource,
        errorInfo("DAPR_STATE_ILLEGAL_KEY"),
      ],
    };
    expect(await failureOf(get("a||b"))).toEqual(wanted);
    expect(await failureOf(save(item("a||b", "1")))).toEqual(wanted);
    expect(await failureOf(remove("a||b"))).toEqual(wanted);
    expect(store.requests).toEqual([]);
  });

  test("an unknown store, and none at all", async () => {
    const other = () => failureOf(rpc(apis.grpc, "saveState", { storeName: "other", states: [] }));
    expect(await other()).toEqual({
      code: RpcCode.INVALID_ARGUMENT,
      message: "state store other is not found",
      details: [errorInfo("DAPR_STATE_NOT_FOUND")],
    });
    await registry.unload("state", "store");
    expect(await other()).toEqual({
      code: RpcCode.FAILED_PRECONDITION,
      message: "state store other is not configured",
      details: [errorInfo("DAPR_STATE_NOT_CONFIGURED")],
    });
  });

  test("a store that is not ready", async () => {
    registry.setHealth({
      name: "slow",
      kind: "state",
      type: "state.redis",
      version: "v1",
      state: "starting",
      lastError: undefined,
      nextRetry: undefined,
      placement: "child",
      source: "a.yaml:1",
    });
    const call = rpc(apis.grpc, "getState", { storeName: "slow", key: "k", consistency: 0, metadata: {} });
    expect(await failureOf(call)).toMatchObject({
      code: RpcCode.UNAVAILABLE,
      message: "component slow (state.redis, a.yaml:1) is not ready: it is still starting",
    });
  });

  test.each([
    [
      "set",
      () => save(item("k", "1")),
      new Error("boom"),
      RpcCode.INTERNAL,
      "failed saving state in state store store: boom",
      "ERR_STATE_SAVE",
    ],
    [
      "set",
      () => save(item("k", "1")),
      new ComponentError("etag-mismatch", "it is 7"),
      RpcCode.ABORTED,
      "failed saving state in state store store: possible etag mismatch. error from state store: it is 7",
      "ERR_STATE_SAVE",
    ],
    [
      "set",
      () => save(item("k", "1")),
      new ComponentError("etag-invalid", "no"),
      RpcCode.INVALID_ARGUMENT,
      "failed saving state in state store store: invalid etag value: no",
      "ERR_STATE_SAVE",
    ],
    [
      "get",
      () => get("k"),
      new Error("boom"),
      RpcCode.INTERNAL,
      "fail to get k from state store store: boom",
      "ERR_STATE_GET",
    ],
    [
      "delete",
      () => remove("k"),
      new ComponentError("etag-mismatch", "x"),
      RpcCode.ABORTED,
      "failed deleting state with key k: possible etag mismatch. error from state store: x",
      "ERR_STATE_DELETE",
    ],
    [
      "bulkDelete",
      () => rpc(apis.grpc, "deleteBulkState", { storeName: "store", states: [item("a", ""), item("b", "")] }),
      new Error("boom"),
      RpcCode.INTERNAL,
      "failed deleting state in state store store: boom",
      "ERR_STATE_BULK_DELETE",
    ],
    [
      "transact",
      () =>
        rpc(apis.grpc, "executeStateTransaction", {
          storeName: "store",
          operations: [{ operationType: "delete", request: item("a", "") }],
          metadata: {},
        }),
      new ComponentError("etag-mismatch", "x"),
      RpcCode.INTERNAL,
      "error while executing state transaction: possible etag mismatch. error from state store: x",
      "ERR_STATE_TRANSACTION",
    ],
  ])("of the store in %s", async (fails, act, error, code, message, reason) => {
    store.failures.set(fails, error);
    expect(await failureOf(act())).toEqual({ code, message, details: [errorInfo(reason)] });
  });

  test("of the store in a bulk get have no code", async () => {
    store.failures.set("bulkGet", new Error("boom"));
    const call = rpc(apis.grpc, "getBulkState", { storeName: "store", keys: ["k"], parallelism: 0, metadata: {} });
    expect(await failureOf(call)).toEqual({ code: RpcCode.UNKNOWN, message: "boom", details: [] });
  });

  test("of Dapr's API that the component raised go out as they are", async () => {
    const api = { httpStatus: 512, tag: "set-tag", reason: "set-reason", domain: "set-domain", metadata: { a: "b" } };
    store.failures.set(
      "set",
      new ComponentError("internal", "set-error", {
        api,
        cause: new RpcError(RpcCode.RESOURCE_EXHAUSTED, "set-error"),
      }),
    );
    expect(await failureOf(save(item("k", "1")))).toEqual({
      code: RpcCode.RESOURCE_EXHAUSTED,
      message: "set-error",
      details: [{ ErrorInfo: { reason: "set-reason", domain: "set-domain", metadata: { a: "b" } } }],
    });
  });

  test("of transactions", async () => {
    const transaction = (storeName: string, operationType: string) =>
      failureOf(
        rpc(apis.grpc, "executeStateTransaction", {
          storeName,
          operations: [
            { operationType, request: item("a", "1") },
            { operationType, request: item("b", "1") },
          ],
          metadata: {},
        }),
      );
    expect(await transaction("store", "patch")).toEqual({
      code: RpcCode.UNIMPLEMENTED,
      message: "operation type patch not supported",
      details: [errorInfo("ERR_NOT_SUPPORTED_STATE_OPERATION")],
    });
    await registry.load("state", "plain", testStore({ transactional: false }));
    expect(await transaction("plain", "upsert")).toMatchObject({
      code: RpcCode.UNIMPLEMENTED,
      message: "state store plain doesn't support transactions",
    });
    await registry.load("state", "small", testStore({ maxOperations: 1 }), { features: ["TRANSACTIONAL"] });
    expect(await transaction("small", "upsert")).toMatchObject({
      code: RpcCode.INVALID_ARGUMENT,
      message: "the transaction contains 2 operations, which is more than what the state store supports: 1",
    });
  });

  test("bytes that are no request", async () => {
    const call = apis.grpc.unary("/dapr.proto.runtime.v1.Dapr/SaveState", new Uint8Array([0x12, 0xff, 0xff, 0xff]));
    expect(await failureOf(call)).toMatchObject({
      code: RpcCode.INTERNAL,
      message: expect.stringContaining("grpc: error unmarshalling request"),
    });
  });
});
