import { expect, test } from "vitest";
import { StateStoreDefinition, TransactionalStoreMultiMaxSizeDefinition } from "@trilby/proto/components";
import { BadRequest, ErrorInfo, Status } from "@trilby/proto/rpc";
import { isNotInitialised, remoteStateStore } from "@trilby/kit/client";
import { RpcCode, RpcError } from "@trilby/kit/transport";
import type { Channel } from "@trilby/kit/transport";
import { string, text } from "../transport/fixture.ts";
import { shelf } from "./components.ts";
import { served } from "./fixture.ts";

const anyhow = { concurrency: "", consistency: "" } as const;
const write = (key: string, value: string, more = {}) => ({
  key,
  value: text(value),
  options: anyhow,
  metadata: {},
  ...more,
});
const read = (key: string, more = {}) => ({ key, consistency: "", metadata: {}, ...more }) as const;

const opened = async (channel: Channel, name = "mystore", properties = {}) =>
  (await remoteStateStore(channel, name).init(properties)).instance;

/** A call as a client in any language makes it. */
async function raw(
  channel: Channel,
  method: keyof typeof StateStoreDefinition.methods,
  request: object,
  name = "mystore",
): Promise<any> {
  const { name: rpc, requestType, responseType } = StateStoreDefinition.methods[method] as any;
  const options = { metadata: [["x-component-instance", name] as const] };
  return responseType.decode(
    await channel.unary(
      `/dapr.proto.components.v1.StateStore/${rpc}`,
      requestType.encode(requestType.fromPartial(request)).finish(),
      options,
    ),
  );
}

const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail("should have failed"),
    (error: unknown) => error,
  );

test("set, get and delete carry everything there and back", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  expect(await store.get(read("a"))).toBeUndefined();
  await store.set(write("a", "value", { contentType: "text/plain" }));
  const found = await store.get(read("a"));
  expect(found).toEqual({
    data: Buffer.from("value"),
    etag: "1",
    contentType: "text/plain",
    metadata: { ttlExpireTime: "2030-01-01T00:00:00Z" },
  });
  await store.delete({ key: "a", etag: "1", options: anyhow, metadata: {} });
  expect(await store.get(read("a"))).toBeUndefined();
  const echoed = await store.get(read("echo", { consistency: "strong", metadata: { partitionKey: "p" } }));
  expect(JSON.parse(string(echoed!.data))).toEqual({
    metadata: { partitionKey: "p" },
    consistency: "strong",
    label: "none",
  });
});

test("an empty value is not an absent one", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  await store.set(write("empty", ""));
  expect(await store.get(read("empty"))).toMatchObject({ etag: "1", data: new Uint8Array() });
});

test("any bytes, 3 MiB of them too, come back as they were", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  const value = Uint8Array.from({ length: 3 * 1024 * 1024 }, (_, index) => index % 251);
  await store.set(write("large", "", { value }));
  expect(Buffer.compare((await store.get(read("large")))!.data, value)).toBe(0);
});

test("an etag that is present and empty counts as none", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  await raw(channel, "set", { key: "a", value: text("1"), etag: { value: "" } });
  await raw(channel, "set", { key: "a", value: text("2"), etag: { value: "" } });
  expect(string((await store.get(read("a")))!.data)).toBe("2");
});

test("etag errors arrive as Dapr reads them, and as ours", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  await store.set(write("a", "1"));
  expect(await failure(store.set(write("a", "2", { etag: "9" })))).toMatchObject({ code: "etag-mismatch" });
  expect(await failure(store.set(write("a", "2", { etag: "bad" })))).toMatchObject({ code: "etag-invalid" });
  expect(
    await failure(store.set(write("a", "2", { options: { concurrency: "first-write", consistency: "" } }))),
  ).toMatchObject({ code: "etag-mismatch" });
  const error: RpcError = await failure(raw(channel, "delete", { key: "a", etag: { value: "9" } }));
  expect(error.code).toBe(RpcCode.FAILED_PRECONDITION);
  const status = Status.decode(error.details!);
  expect(status).toMatchObject({ code: error.code, message: error.message });
  expect(status.details).toHaveLength(1);
  expect(BadRequest.decode(status.details[0]!.value).fieldViolations).toMatchObject([{ field: "etag" }]);
});

test("other errors keep their meaning", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  expect(await failure(store.set(write("plain", "")))).toMatchObject({ code: "internal", message: "something odd" });
  expect(await failure(store.set(write("", "")))).toMatchObject({ code: "invalid-argument" });
  expect(await failure(store.set(write("api", "")))).toMatchObject({
    api: { httpStatus: 418, tag: "ERR_TEAPOT", reason: "TEAPOT", domain: "shelf" },
  });
  const rows = { key: "x", options: anyhow, metadata: {} };
  expect(await failure(store.bulkDelete([rows, { ...rows, key: "y" }], { parallelism: 0 }))).toMatchObject({
    code: "row-mismatch",
    rows: { expected: 2, affected: 0 },
  });
  const error: RpcError = await failure(raw(channel, "bulkDelete", { items: [{ key: "x" }] }));
  expect(error.code).toBe(RpcCode.INTERNAL);
  expect(ErrorInfo.decode(Status.decode(error.details!).details[0]!.value).metadata).toEqual({
    expected: "1",
    affected: "0",
  });
});

test("bulk calls work, also those the store leaves to the kit, and every key asked for is answered", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  await store.bulkSet([write("a", "1"), write("b", "2")], { parallelism: 1 });
  const items = await store.bulkGet([read("a"), read("missing"), read("b")], { parallelism: 0 });
  expect(items.map(({ key, data, error }) => [key, data && string(data), error])).toEqual([
    ["a", "1", undefined],
    ["missing", undefined, undefined],
    ["b", "2", undefined],
  ]);
  await store.bulkDelete([{ key: "a", options: anyhow, metadata: {} }], { parallelism: 0 });
  expect(await store.get(read("a"))).toBeUndefined();
  expect(
    await failure(store.bulkSet([write("b", "3", { etag: "9" }), write("c", "4")], { parallelism: 0 })),
  ).toMatchObject({ code: "etag-mismatch" });
  expect(string((await store.get(read("c")))!.data)).toBe("4");
});

test("transactions, their limit and queries", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  await store.transact!(
    [
      { kind: "set", request: write("a", "1") },
      { kind: "set", request: write("b", "2") },
      { kind: "delete", request: write("a", "") },
    ],
    {},
  );
  expect(await store.get(read("a"))).toBeUndefined();
  expect(string((await store.get(read("b")))!.data)).toBe("2");
  expect(await failure(store.transact!([{ kind: "set", request: write("a", "1") }], { fail: "yes" }))).toMatchObject({
    code: "resource-exhausted",
  });
  expect(await store.multiMaxSize!()).toBe(42);

  const filter = { AND: [{ EQ: { "person.id": 1 } }, { IN: { state: ["CA", "Zürich"] } }] };
  const query = {
    filter,
    sort: [
      { key: "a", order: "DESC" },
      { key: "b", order: "ASC" },
    ],
    page: { limit: 3, token: "t" },
  } as const;
  const result = await store.query!(query, { contentType: "application/json" });
  expect(result).toMatchObject({ token: "next", metadata: { pages: "2" }, items: [{ key: "asked", etag: "1" }] });
  expect(JSON.parse(string(result.items[0]!.data))).toEqual({ query, metadata: { contentType: "application/json" } });
  const all = await store.query!({ sort: [], page: { limit: 0, token: "" } }, {});
  expect(JSON.parse(string(all.items[0]!.data)).query).toEqual({ sort: [], page: { limit: 0, token: "" } });
});

test("a limit on transactions that the store does not have is -1", async () => {
  const { definition } = shelf();
  const { channel } = await served([
    { ...definition, open: async (...given) => ({ ...(await definition.open(...given)), multiMaxSize: undefined! }) },
  ]);
  await opened(channel);
  const { name, responseType } = TransactionalStoreMultiMaxSizeDefinition.methods.multiMaxSize;
  const answer = await channel.unary(
    `/dapr.proto.components.v1.TransactionalStoreMultiMaxSize/${name}`,
    new Uint8Array(),
    {
      metadata: [["x-component-instance", "mystore"]],
    },
  );
  expect(responseType.decode(answer)).toEqual({ maxSize: "-1" });
});

test("what an instance lacks is missing at the client, and UNIMPLEMENTED on the wire", async () => {
  const { definition } = shelf();
  const few = { ...definition, features: ["ETAG"] } as const;
  const { channel } = await served([
    {
      ...few,
      open: async (...given) => ({
        ...(await definition.open(...given)),
        transact: undefined!,
        query: undefined!,
        ping: undefined!,
      }),
    },
  ]);
  const { instance, features } = await remoteStateStore(channel, "mystore").init({});
  expect(features).toEqual(["ETAG"]);
  expect(instance.transact).toBeUndefined();
  expect(instance.query).toBeUndefined();
  expect(await failure(instance.ping!())).toMatchObject({ code: "unimplemented" });
  const transact = channel.unary("/dapr.proto.components.v1.TransactionalStateStore/Transact", new Uint8Array(), {
    metadata: [["x-component-instance", "mystore"]],
  });
  expect(await failure(transact)).toMatchObject({ code: RpcCode.UNIMPLEMENTED });
});

test("instances are apart by their header, and a call without one has its own", async () => {
  const { channel } = await served([shelf().definition]);
  const one = await opened(channel, "one", { label: "first" });
  const two = await opened(channel, "two", { LABEL: "second" });
  await one.set(write("a", "1"));
  expect(await two.get(read("a"))).toBeUndefined();
  const label = async (store: typeof one) => JSON.parse(string((await store.get(read("echo")))!.data)).label;
  expect([await label(one), await label(two)]).toEqual(["first", "second"]);

  const { init, get } = StateStoreDefinition.methods;
  const path = "/dapr.proto.components.v1.StateStore";
  const bare = () =>
    channel.unary(`${path}/Get`, get.requestType.encode(get.requestType.fromPartial({ key: "a" })).finish());
  expect(await failure(bare())).toMatchObject({ code: RpcCode.FAILED_PRECONDITION });
  await channel.unary(`${path}/Init`, init.requestType.encode({ metadata: undefined }).finish());
  expect(get.responseType.decode(await bare()).etag).toBeUndefined();
});

test("an instance header that is sent twice is the same as once", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel, "one");
  await store.set(write("a", "1"));
  const { get } = StateStoreDefinition.methods;
  const request = get.requestType.encode(get.requestType.fromPartial({ key: "a" })).finish();
  const header = ["x-component-instance", "one"] as const;
  const answer = await channel.unary("/dapr.proto.components.v1.StateStore/Get", request, {
    metadata: [header, header],
  });
  expect(string(get.responseType.decode(answer).data)).toBe("1");
});

test("a call before Init says so, and can be told apart", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel, "one");
  const error = await failure(raw(channel, "get", { key: "a" }, "other"));
  expect(error).toMatchObject({ code: RpcCode.FAILED_PRECONDITION, details: undefined });
  expect(error.message).toBe(
    'instance "other" of state.shelf is not initialised in this process: call Init first; a daprd does when it is restarted',
  );
  expect(isNotInitialised(error)).toBe(true);
  expect(isNotInitialised(await failure(store.set(write("a", "", { etag: "9" }))))).toBe(false);
  expect(await raw(channel, "features", {}, "other")).toEqual({
    features: ["ETAG", "TRANSACTIONAL", "TTL", "QUERY_API"],
  });
});

test("Init again replaces the instance and closes the old one", async () => {
  const { definition, opened: instances } = shelf();
  const { channel } = await served([definition]);
  const store = await opened(channel, "mystore", { label: "first" });
  await store.set(write("a", "1"));
  await opened(channel, "mystore", { label: "second" });
  expect(instances.map(({ closed }) => closed)).toEqual([true, false]);
  expect(await store.get(read("a"))).toBeUndefined();
  await store.set(write("a", "2"));
});

test("an Init that fails says why, now and in later calls, and the next one may succeed", async () => {
  const { channel } = await served([shelf().definition]);
  const remote = remoteStateStore(channel, "mystore");
  expect(await failure(remote.init({ label: "broken" }))).toMatchObject({
    code: "unavailable",
    message: "the shelf is broken",
  });
  expect((await failure(raw(channel, "get", { key: "a" }))).message).toContain(
    "its last Init failed: the shelf is broken",
  );
  expect(await failure(remote.init({ lable: "x" }))).toMatchObject({
    code: "invalid-metadata",
    problems: [{ field: "lable", suggestion: "label" }],
  });
  const { instance } = await remote.init({ label: "fine" });
  await instance.set(write("a", "1"));
});

test("Inits of one instance run one after another, and of several side by side", async () => {
  const { definition, opened: instances } = shelf();
  const { channel } = await served([definition]);
  await Promise.all(["one", "one", "two"].map((name) => opened(channel, name, { delayMs: "50" })));
  expect(instances).toHaveLength(3);
  expect(instances.filter(({ closed }) => closed)).toHaveLength(1);
});

test("giving up on Init aborts the component's signal, and nothing stays open", async () => {
  const { definition, opened: instances } = shelf();
  const { channel } = await served([definition]);
  expect(await failure(remoteStateStore(channel, "mystore").init({ delayMs: "200" }, { timeoutMs: 50 }))).toMatchObject(
    { code: "deadline-exceeded" },
  );
  await expect
    .poll(() => instances.map(({ context, closed }) => [context.signal.aborted, closed]))
    .toEqual([[true, true]]);
});

test("the caller's signal reaches the component", async () => {
  const { channel } = await served([shelf().definition]);
  const store = await opened(channel);
  const abort = new AbortController();
  const waiting = failure(store.set(write("wait", ""), { signal: abort.signal }));
  abort.abort();
  expect(await waiting).toMatchObject({ code: "cancelled" });
});

test("bytes that are no message are refused", async () => {
  const { channel } = await served([shelf().definition]);
  const call = channel.unary("/dapr.proto.components.v1.StateStore/Get", new Uint8Array([10, 200, 1]));
  expect(await failure(call)).toMatchObject({ code: RpcCode.INVALID_ARGUMENT });
});
