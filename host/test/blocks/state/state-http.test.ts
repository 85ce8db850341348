import { BulkError, ComponentError } from "@trilby/kit";
import { RpcError } from "@trilby/kit/transport";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { stateMethods } from "../../../src/blocks/state/grpc.ts";
import { stateRoutes } from "../../../src/blocks/state/http.ts";
import { createStateStores } from "../../../src/blocks/state/stores.ts";
import { noMetrics } from "../../../src/observability/prometheus/no-metrics.ts";
import { openApis, type OpenApis } from "../../api/open-apis.ts";
import { testRegistry, type TestRegistry } from "../../api/test-registry.ts";
import { testStore, type TestStore } from "./test-store.ts";

let apis: OpenApis;
let registry: TestRegistry;
let store: TestStore;

const base = "/v1.0/state/store";
const etag = /^\d+$/;

beforeEach(async () => {
  registry = testRegistry();
  const stores = createStateStores({ registry, metrics: noMetrics, appId: "app", namespace: "production" });
  apis = await openApis({ blocks: [{ http: stateRoutes(stores, "app"), grpc: stateMethods(stores) }] });
  store = testStore();
  await registry.load("state", "store", store, { features: ["ETAG", "TRANSACTIONAL", "TTL"] });
});
afterEach(() => apis.close());

describe("get and save", () => {
  test("a value comes back in the form that Dapr stores", async () => {
    const saved = await apis.http("POST", base, { body: '[{"key":"k","value":{"b": 1.0, "a": "<"}}]' });
    expect(saved).toMatchObject({ status: 204, body: "" });
    expect(saved.headers["content-type"]).toBeUndefined();
    const got = await apis.http("GET", `${base}/k`);
    expect(got).toMatchObject({ status: 200, body: '{"a":"\\u003c","b":1}' });
    expect(got.headers["content-type"]).toBe("application/json");
    expect(got.headers["etag"]).toMatch(etag);
    expect([...store.items.keys()]).toEqual(["app||k"]);
  });

  test("an absent key is 204 without a body", async () => {
    const got = await apis.http("GET", `${base}/nothing`);
    expect(got).toMatchObject({ status: 204, body: "" });
    expect(got.headers["content-type"]).toBeUndefined();
  });

  test("an empty value is 200 with an empty body", async () => {
    store.items.set("app||empty", { data: new Uint8Array(0), etag: "1" });
    expect(await apis.http("GET", `${base}/empty`)).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "0" },
    });
  });

  test("metadata of the result becomes headers", async () => {
    store.items.set("app||k", {
      data: Buffer.from("1"),
      etag: "1",
      metadata: { ttlExpireTime: "2030-01-01T00:00:00Z" },
    });
    const { headers } = await apis.http("GET", `${base}/k`);
    expect(headers["metadata.ttlexpiretime"]).toBe("2030-01-01T00:00:00Z");
  });

  test("a value that would break out of its header cannot", async () => {
    store.items.set("app||k", { data: Buffer.from("1"), etag: "a\r\nx-bad: 1" });
    const { status, headers } = await apis.http("GET", `${base}/k`);
    expect(status).toBe(200);
    expect(headers["x-bad"]).toBeUndefined();
  });

  test("what the request says reaches the store", async () => {
    await apis.http("PUT", `${base}?metadata.ttlInSeconds=5&metadata.a=url`, {
      body: '[{"KEY":"k","value":"v","etag":"","metadata":{"a":"item","b":"c"},"options":{"concurrency":"first-write","Consistency":"strong"},"contentType":"text/plain","other":[{}]}]',
    });
    expect(store.requests).toHaveLength(1);
    const { method, request } = store.requests[0]!;
    expect(method).toBe("set");
    expect(request).toMatchObject({
      key: "app||k",
      etag: undefined,
      options: { concurrency: "first-write", consistency: "strong" },
      contentType: "text/plain",
    });
    expect({ ...(request as { metadata: object }).metadata }).toEqual({ a: "url", b: "c", ttlInSeconds: "5" });

    await apis.http("GET", `${base}/k?consistency=strong&metadata.x=y`);
    expect(store.requests[1]).toMatchObject({ method: "get", request: { key: "app||k", consistency: "strong" } });
  });

  test("several items are one bulk call", async () => {
    const { status } = await apis.http("POST", base, { body: '[{"key":"a","value":1},{"key":"b"}]' });
    expect(status).toBe(204);
    expect(store.requests.map(({ method }) => method)).toEqual(["bulkSet"]);
    expect(Buffer.from(store.items.get("app||b")!.data).toString()).toBe("null");
  });

  test.each(["[]", "null", " [ ] "])("nothing to save in %s", async (body) => {
    expect(await apis.http("POST", base, { body })).toMatchObject({ status: 204 });
    expect(store.requests).toEqual([]);
  });

  test.each([
    ["a%2Fb", "a/b"],
    ["a+b", "a b"],
    ["a%20b", "a b"],
    ["%C3%A9%F0%9F%98%80", "é😀"],
    ["a%00b", "a\u0000b"],
    ["x%3Fy%26z", "x?y&z"],
    ["..%2F..", "../.."],
    ["a|b", "a|b"],
  ])("the key in the path %s", async (path, key) => {
    store.items.set(`app||${key}`, { data: Buffer.from('"found"'), etag: "1" });
    expect(await apis.http("GET", `${base}/${path}`)).toMatchObject({ status: 200, body: '"found"' });
  });

  test("a value of four megabytes", async () => {
    const value = `"${"x".repeat(4 * 1024 * 1024 - 100)}"`;
    expect(await apis.http("POST", base, { body: `[{"key":"k","value":${value}}]` })).toMatchObject({ status: 204 });
    expect((await apis.http("GET", `${base}/k`)).body).toBe(value);
  });
});

describe("a body that is no save", () => {
  test.each([
    ["", "EOF"],
    ["{}", "json: cannot unmarshal object into Go value of type []state.SetRequest"],
    ["foobar", "invalid character 'o' in literal false (expecting 'a')"],
    ['"x"', "json: cannot unmarshal string into Go value of type []state.SetRequest"],
    ["[1]", "json: cannot unmarshal number into Go value of type state.SetRequest"],
    ["[{}]", '\\"key\\" is a required field'],
    ['[{"ey":"k","value":1}]', '\\"key\\" is a required field'],
    ['[{"key":"k","value":1},]', "invalid character ']' looking for beginning of value"],
    [
      '[{"key":"k","value":1,"etag":123}]',
      "json: cannot unmarshal number into Go struct field SetRequest.etag of type string",
    ],
    ['[{"key":1}]', "json: cannot unmarshal number into Go struct field SetRequest.key of type string"],
    [
      '[{"key":"k","metadata":{"ttlInSeconds":5}}]',
      "json: cannot unmarshal number into Go struct field SetRequest.metadata of type string",
    ],
    [
      '[{"key":"k","metadata":[]}]',
      "json: cannot unmarshal array into Go struct field SetRequest.metadata of type map[string]string",
    ],
    [
      '[{"key":"k","options":{"concurrency":1}}]',
      "json: cannot unmarshal number into Go struct field SetStateOption.options.Concurrency of type string",
    ],
    [
      '[{"key":"k","value":1e999}]',
      "json: cannot unmarshal number 1e999 into Go struct field SetRequest.value of type float64",
    ],
    ['[{"key":"k","value":"a\nb"}]', "invalid character '\\\\n' in string literal"],
    ['[{"key":"k"', "unexpected EOF"],
  ])("%s", async (body, message) => {
    const answer = await apis.http("POST", base, { body });
    expect(answer).toMatchObject({ status: 400, body: `{"errorCode":"ERR_MALFORMED_REQUEST","message":"${message}"}` });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(store.requests).toEqual([]);
  });

  test("one byte beyond the limit", async () => {
    const { status, body } = await apis.http("POST", base, {
      body: `[{"key":"k","value":"${"x".repeat(5_000_000)}"}]`,
    });
    expect({ status, body }).toEqual({
      status: 400,
      body: '{"errorCode":"ERR_MALFORMED_REQUEST","message":"stream too large"}',
    });
  });
});

describe("keys that Dapr keeps for itself", () => {
  const quoted = "api error: code = InvalidArgument desc = input key/keyPrefix 'a||b' can't contain '||'";
  const answer = (field: string): string =>
    `{"errorCode":"ERR_MALFORMED_REQUEST","message":"${quoted}","details":[` +
    `{"@type":"type.googleapis.com/google.rpc.BadRequest","field_violations":[{${field}"description":"${quoted}"}]},` +
    `{"@type":"type.googleapis.com/google.rpc.ResourceInfo","description":"","owner":"","resource_name":"store","resource_type":"state"},` +
    `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":null,"reason":"DAPR_STATE_ILLEGAL_KEY"}]}`;

  test.each([
    ["GET", `${base}/a%7C%7Cb`, undefined, '"field":"a||b",'],
    ["DELETE", `${base}/a||b`, undefined, '"field":"a||b",'],
    ["POST", base, '[{"key":"a||b","value":1}]', '"field":"a||b",'],
    ["POST", `${base}/bulk`, '{"keys":["a||b"]}', '"field":"a||b",'],
    ["POST", `${base}/transaction`, '{"operations":[{"operation":"upsert","request":{"key":"a||b"}}]}', ""],
  ])("%s %s", async (method, path, body, field) => {
    expect(await apis.http(method, path, body === undefined ? {} : { body })).toMatchObject({
      status: 400,
      body: answer(field),
    });
    expect(store.requests).toEqual([]);
  });
});

describe("stores that are not there", () => {
  test("an unknown one", async () => {
    for (const [method, path] of [
      ["GET", "/v1.0/state/other/k"],
      ["POST", "/v1.0/state/other"],
      ["DELETE", "/v1.0/state/other/k"],
      ["PUT", "/v1.0/state/other/bulk"],
      ["PUT", "/v1.0/state/other/transaction"],
    ]) {
      expect(await apis.http(method!, path!)).toMatchObject({
        status: 400,
        body: '{"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store other is not found","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":{"appID":"app"},"reason":"DAPR_STATE_NOT_FOUND"}]}',
      });
    }
  });

  test("an unknown one in a query names no app", async () => {
    expect(await apis.http("POST", "/v1.0-alpha1/state/other/query", { body: "{}" })).toMatchObject({
      status: 400,
      body: '{"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store other is not found","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":null,"reason":"DAPR_STATE_NOT_FOUND"}]}',
    });
  });

  test("none at all", async () => {
    await registry.unload("state", "store");
    expect(await apis.http("GET", `${base}/k`)).toMatchObject({
      status: 500,
      body: '{"errorCode":"ERR_STATE_STORE_NOT_CONFIGURED","message":"state store store is not configured","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":{"appID":"app"},"reason":"DAPR_STATE_NOT_CONFIGURED"}]}',
    });
  });

  test("one that is not ready says which, where and why", async () => {
    registry.setHealth({
      name: "slow",
      kind: "state",
      type: "state.redis",
      version: "v1",
      state: "failed",
      lastError: "connection refused",
      nextRetry: Date.UTC(2030, 0),
      placement: "child",
      source: "resources/redis.yaml:12",
    });
    const { status, body } = await apis.http("GET", "/v1.0/state/slow/k");
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      errorCode: "ERR_COMPONENT_NOT_READY",
      message:
        "component slow (state.redis, resources/redis.yaml:12) is not ready: connection refused; next attempt at 2030-01-01T00:00:00.000Z",
    });
  });
});

describe("errors of the store", () => {
  test.each([
    [
      "get",
      "GET",
      `${base}/k`,
      undefined,
      new Error("boom"),
      500,
      "ERR_STATE_GET",
      "fail to get k from state store store: boom",
    ],
    [
      "set",
      "POST",
      base,
      '[{"key":"k"}]',
      new Error("boom"),
      500,
      "ERR_STATE_SAVE",
      "failed saving state in state store store: boom",
    ],
    [
      "set",
      "POST",
      base,
      '[{"key":"k"}]',
      new ComponentError("etag-mismatch", "it is 7"),
      409,
      "ERR_STATE_SAVE",
      "failed saving state in state store store: possible etag mismatch. error from state store: it is 7",
    ],
    [
      "set",
      "POST",
      base,
      '[{"key":"k"}]',
      new ComponentError("etag-invalid", "no number"),
      400,
      "ERR_STATE_SAVE",
      "failed saving state in state store store: invalid etag value: no number",
    ],
    [
      "set",
      "POST",
      base,
      '[{"key":"k"}]',
      new ComponentError("unavailable", "gone"),
      500,
      "ERR_STATE_SAVE",
      "failed saving state in state store store: gone",
    ],
    [
      "delete",
      "DELETE",
      `${base}/k`,
      undefined,
      new Error("boom"),
      500,
      "ERR_STATE_DELETE",
      "failed deleting state with key k: boom",
    ],
    [
      "delete",
      "DELETE",
      `${base}/k`,
      undefined,
      new ComponentError("etag-mismatch", ""),
      409,
      "ERR_STATE_DELETE",
      "failed deleting state with key k: possible etag mismatch. error from state store",
    ],
    [
      "bulkGet",
      "POST",
      `${base}/bulk`,
      '{"keys":["k"]}',
      new Error("<boom>"),
      500,
      "ERR_STATE_BULK_GET",
      "\\u003cboom\\u003e",
    ],
    [
      "transact",
      "POST",
      `${base}/transaction`,
      '{"operations":[{"operation":"delete","request":{"key":"k"}}]}',
      new ComponentError("etag-mismatch", "it is 7"),
      500,
      "ERR_STATE_TRANSACTION",
      "error while executing state transaction: possible etag mismatch. error from state store: it is 7",
    ],
  ])("%s fails: %s %s", async (fails, method, path, body, error, status, code, message) => {
    store.failures.set(fails, error);
    expect(await apis.http(method, path, body === undefined ? {} : { body })).toMatchObject({
      status,
      body: `{"errorCode":"${code}","message":"${message}"}`,
    });
  });

  const mismatch = new ComponentError("etag-mismatch", "old");
  const invalid = new ComponentError("etag-invalid", "bad");
  const other = new ComponentError("internal", "boom");
  const prefix = "failed saving state in state store store: ";
  test.each([
    [
      "mismatches alone",
      [mismatch, mismatch],
      409,
      `${prefix}possible etag mismatch. error from state store: possible etag mismatch. error from state store: old\\npossible etag mismatch. error from state store: old`,
    ],
    [
      "an invalid one among mismatches",
      [mismatch, invalid],
      400,
      `${prefix}invalid etag value: possible etag mismatch. error from state store: old\\ninvalid etag value: bad`,
    ],
    ["a mismatch among others", [other, mismatch], 409, `${prefix}possible etag mismatch. error from state store: old`],
    ["others alone", [other, other], 500, `${prefix}boom\\nboom`],
  ])("a bulk save with %s", async (_, failed, status, message) => {
    store.failures.set("bulkSet", new BulkError(failed.map((error, index) => ({ key: `app||${index}`, error }))));
    const body = '[{"key":"0"},{"key":"1"}]';
    expect(await apis.http("POST", base, { body })).toMatchObject({
      status,
      body: `{"errorCode":"ERR_STATE_SAVE","message":"${message}"}`,
    });
  });

  test("an error of Dapr's API that the component raised keeps its status", async () => {
    const own = new ComponentError("internal", "get-error", {
      api: { httpStatus: 506, tag: "get-tag", reason: "get-reason", domain: "get-domain" },
      cause: new RpcError(15, "get-error"),
    });
    store.failures.set("get", own);
    expect(await apis.http("GET", `${base}/k`)).toMatchObject({
      status: 506,
      body: '{"errorCode":"ERR_STATE_GET","message":"fail to get k from state store store: api error: code = DataLoss desc = get-error"}',
    });
  });
});

describe("delete", () => {
  test("gives the store the etag of If-Match, and none when that is empty", async () => {
    store.items.set("app||k", { data: Buffer.from("1"), etag: "7" });
    expect(await apis.http("DELETE", `${base}/k`, { headers: { "If-Match": "6" } })).toMatchObject({ status: 409 });
    expect(await apis.http("DELETE", `${base}/k`, { headers: { "If-Match": "no" } })).toMatchObject({
      status: 400,
      body: '{"errorCode":"ERR_STATE_DELETE","message":"failed deleting state with key k: invalid etag value: no is no number"}',
    });
    expect(store.items.size).toBe(1);
    const { status } = await apis.http("DELETE", `${base}/k?concurrency=first-write&consistency=strong&metadata.a=b`, {
      headers: { "If-Match": "7" },
    });
    expect(status).toBe(204);
    expect(store.items.size).toBe(0);
    expect(store.requests.at(-1)!.request).toMatchObject({
      etag: "7",
      options: { concurrency: "first-write", consistency: "strong" },
      metadata: { a: "b" },
    });
    await apis.http("DELETE", `${base}/k`, { headers: { "If-Match": "" } });
    expect(store.requests.at(-1)!.request).toMatchObject({ etag: undefined });
  });
});

describe("bulk get", () => {
  test("prints what there is of each item", async () => {
    store.items.set("app||a", { data: Buffer.from('{"x": "<"}'), etag: "1", metadata: { b: "2", a: "1" } });
    store.items.set("app||text", { data: Buffer.from("plain"), etag: "2" });
    const { status, body, headers } = await apis.http("POST", `${base}/bulk?metadata.q=1`, {
      body: '{"keys":["a","none","text"],"parallelism":3,"metadata":{"q":"0","p":"1"}}',
    });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json");
    expect(body).toBe(
      '[{"key":"a","data":{"x":"\\u003c"},"etag":"1","metadata":{"a":"1","b":"2"}},{"key":"none"},' +
        '{"key":"text","etag":"2","error":"the value is not JSON; get it by its key, or over gRPC"}]\n',
    );
    const { asked, parallelism } = store.requests[0]!.request as { asked: { metadata: object }[]; parallelism: number };
    expect(parallelism).toBe(3);
    expect({ ...asked[0]!.metadata }).toEqual({ q: "1", p: "1" });
  });

  test.each(["{}", '{"keys":[]}', '{"keys":null}'])("of %s is empty", async (body) => {
    expect(await apis.http("POST", `${base}/bulk`, { body })).toMatchObject({ status: 200, body: "[]\n" });
  });

  test.each([
    ["", "EOF"],
    ['{"keys":"a"}', "json: cannot unmarshal string into Go struct field BulkGetRequest.keys of type []string"],
    ['{"keys":[1]}', "json: cannot unmarshal number into Go struct field BulkGetRequest.keys of type string"],
    [
      '{"parallelism":1.5}',
      "json: cannot unmarshal number 1.5 into Go struct field BulkGetRequest.parallelism of type int",
    ],
    ["[]", "json: cannot unmarshal array into Go value of type http.BulkGetRequest"],
  ])("refuses %s", async (body, message) => {
    expect(await apis.http("POST", `${base}/bulk`, { body })).toMatchObject({
      status: 400,
      body: `{"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: ${message}"}`,
    });
  });
});

describe("transactions", () => {
  const path = `${base}/transaction`;

  test("all operations reach the store in their order", async () => {
    const { status } = await apis.http("POST", `${path}?metadata.u=1`, {
      body: '{"operations":[{"request":{"Key":"a","value":{"y":1,"x":2},"etag":"","metadata":{"m":"n"},"options":{"concurrency":"last-write"}},"operation":"upsert"},{"operation":"delete","request":{"key":"b"}}],"metadata":{"t":"1"}}',
    });
    expect(status).toBe(204);
    const { operations, metadata } = store.requests[0]!.request as {
      operations: { kind: string; request: { key: string; value: Uint8Array; metadata: object } }[];
      metadata: object;
    };
    expect({ ...metadata }).toEqual({ t: "1", u: "1" });
    expect(operations.map(({ kind, request }) => [kind, request.key])).toEqual([
      ["set", "app||a"],
      ["delete", "app||b"],
    ]);
    expect({ ...operations[0]!.request.metadata }).toEqual({ m: "n", u: "1" });
    expect(Buffer.from(store.items.get("app||a")!.data).toString()).toBe('{"x":2,"y":1}');
  });

  test("without operations nothing is done", async () => {
    expect(await apis.http("POST", path, { body: "{}" })).toMatchObject({ status: 204 });
    expect(store.requests).toEqual([]);
  });

  test("an unknown operation", async () => {
    const body =
      '{"operations":[{"operation":"upsert","request":{"key":"a"}},{"operation":"patch","request":{"key":"b"}}]}';
    expect(await apis.http("POST", path, { body })).toMatchObject({
      status: 400,
      body: '{"errorCode":"ERR_NOT_SUPPORTED_STATE_OPERATION","message":"operation type patch not supported"}',
    });
    expect(store.requests).toEqual([]);
  });

  test.each([
    ["{", "unexpected EOF"],
    [
      '{"operations":{}}',
      "json: cannot unmarshal object into Go struct field stateTransactionRequestBody.operations of type []http.stateTransactionRequestBodyOperation",
    ],
    [
      '{"operations":[{"operation":"upsert","request":{"key":"a","metadata":{"ttlInSeconds":10}}}]}',
      "1 error(s) decoding:\\n\\n* 'Metadata[ttlInSeconds]' expected type 'string', got unconvertible type 'float64', value: '10'",
    ],
    [
      '{"operations":[{"operation":"delete","request":{"key":5}}]}',
      "1 error(s) decoding:\\n\\n* 'Key' expected type 'string', got unconvertible type 'float64', value: '5'",
    ],
    ['{"operations":[{"operation":"delete","request":"k"}]}', "'' expected a map, got 'string'"],
  ])("refuses %s", async (body, message) => {
    expect(await apis.http("POST", path, { body })).toMatchObject({
      status: 400,
      body: `{"errorCode":"ERR_MALFORMED_REQUEST","message":"failed deserializing HTTP body: ${message}"}`,
    });
  });

  test("a store that has none", async () => {
    await registry.load("state", "plain", testStore({ transactional: false }), { features: ["ETAG"] });
    expect(await apis.http("POST", "/v1.0/state/plain/transaction", { body: "{" })).toMatchObject({
      status: 500,
      body:
        `{"errorCode":"ERR_STATE_STORE_NOT_SUPPORTED","message":"state store plain doesn't support transactions","details":[` +
        `{"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Check the list of state stores and the features they support","url":"https://docs.dapr.io/reference/components-reference/supported-state-stores/"}]},` +
        `{"@type":"type.googleapis.com/google.rpc.ResourceInfo","description":"","owner":"","resource_name":"plain","resource_type":"state"},` +
        `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":null,"reason":"DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED"}]}`,
    });
  });

  test("more operations than the store takes", async () => {
    await registry.load("state", "small", testStore({ maxOperations: 1 }), { features: ["TRANSACTIONAL"] });
    const body =
      '{"operations":[{"operation":"delete","request":{"key":"a"}},{"operation":"delete","request":{"key":"b"}}]}';
    expect(await apis.http("POST", "/v1.0/state/small/transaction", { body })).toMatchObject({
      status: 400,
      body:
        `{"errorCode":"ERR_STATE_STORE_TOO_MANY_TRANSACTIONS","message":"the transaction contains 2 operations, which is more than what the state store supports: 1","details":[` +
        `{"@type":"type.googleapis.com/google.rpc.ResourceInfo","description":"","owner":"","resource_name":"small","resource_type":"state"},` +
        `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":{"currentOpsTransaction":"2","maxOpsPerTransaction":"1"},"reason":"DAPR_STATE_TOO_MANY_TRANSACTIONS"}]}`,
    });
  });
});

describe("queries", () => {
  const path = "/v1.0-alpha1/state/queryable/query";
  const asked: unknown[] = [];
  beforeEach(async () => {
    asked.length = 0;
    const queryable = testStore();
    queryable.query = async (query, metadata) => {
      asked.push({ query, metadata: { ...metadata } });
      return {
        items: [
          { key: "app||k", data: Buffer.from('{"b": 1}'), etag: "3" },
          { key: "app||l", data: Buffer.from("") },
        ],
        token: "next",
        metadata: { m: "1" },
      };
    };
    await registry.load("state", "queryable", queryable, { features: ["QUERY_API"] });
  });

  test("results come as JSON", async () => {
    const { status, body } = await apis.http("POST", `${path}?metadata.index=i`, {
      body: '{"filter":{"EQ":{"state":"CA"}},"sort":[{"key":"id","order":"DESC"},{"key":"x"}],"page":{"limit":2,"token":"t"}}',
    });
    expect({ status, body }).toEqual({
      status: 200,
      body: '{"results":[{"key":"k","data":{"b":1},"etag":"3"},{"key":"l","data":null}],"token":"next","metadata":{"m":"1"}}\n',
    });
    expect(asked).toEqual([
      {
        query: {
          filter: { EQ: { state: "CA" } },
          sort: [
            { key: "id", order: "DESC" },
            { key: "x", order: "ASC" },
          ],
          page: { limit: 2, token: "t" },
        },
        metadata: { index: "i" },
      },
    ]);
  });

  test.each([
    ["", "unexpected end of JSON input"],
    ["{} x", "invalid character 'x' after top-level value"],
    ['{"sort":{}}', "json: cannot unmarshal object into Go struct field QueryFields.sort of type []query.Sorting"],
  ])("refuses %j", async (body, message) => {
    const answer = await apis.http("POST", path, { body });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({
      errorCode: "ERR_STATE_QUERY",
      message: `state store queryable query failed: failed to parse JSON query body: ${message}`,
    });
    expect(asked).toEqual([]);
  });

  test("a store that cannot query", async () => {
    expect(await apis.http("POST", "/v1.0-alpha1/state/store/query", { body: "{}" })).toMatchObject({
      status: 500,
      body:
        `{"errorCode":"ERR_STATE_STORE_NOT_SUPPORTED","message":"state store does not support querying","details":[` +
        `{"@type":"type.googleapis.com/google.rpc.ResourceInfo","description":"","owner":"","resource_name":"store","resource_type":"state"},` +
        `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":null,"reason":"DAPR_STATE_QUERYING_NOT_SUPPORTED"}]}`,
    });
  });
});

test.each([
  [undefined, "app||k"],
  ["appid", "app||k"],
  ["NAME", "prefixed||k"],
  ["namespace", "production.app||k"],
  ["none", "k"],
  ["Custom", "custom||k"],
])("with keyPrefix %s the stored key is %s", async (strategy, stored) => {
  const prefixed = testStore();
  await registry.load("state", "prefixed", prefixed, {
    properties: new Map(strategy === undefined ? [] : [["keyprefix", strategy]]),
  });
  await apis.http("POST", "/v1.0/state/prefixed", { body: '[{"key":"k","value":1}]' });
  expect([...prefixed.items.keys()]).toEqual([stored]);
  expect((await apis.http("POST", "/v1.0/state/prefixed/bulk", { body: '{"keys":["k"]}' })).body).toContain(
    '{"key":"k","data":1',
  );
});

test("a keyPrefix with the separator fails the load", async () => {
  await expect(
    registry.load("state", "bad", testStore(), { properties: new Map([["keyprefix", "a||b"]]) }),
  ).rejects.toThrow("input key/keyPrefix 'a||b' can't contain '||'");
});
