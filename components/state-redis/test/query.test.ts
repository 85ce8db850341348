import type { Query } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { Redis } from "ioredis";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { open, openStore } from "./open.ts";
import { deleting, getting, setting, textOf } from "@trilby/conformance/requests";

const json = { metadata: { contentType: "application/json" } };
const query = (filter: Query["filter"], rest: Partial<Query> = {}): Query => ({
  filter,
  sort: [],
  page: { limit: 0, token: "" },
  ...rest,
});

describeService("redis-stack", (stack) => {
  const raw = new Redis(stack.url);
  afterAll(() => raw.disconnect());
  beforeEach(async () => void (await raw.flushall()));
  const document = async (key: string) => JSON.parse((await raw.call("JSON.GET", key)) as string) as unknown;

  describe("a document", () => {
    it("is the layout of JSON, and has etag, first write and time to live as a hash has", async () => {
      const { instance: store, features } = await open({ redisHost: stack.address });
      expect(features).toContain("QUERY_API");
      await store.set(setting("k", '{"b":1,"a":[9007199254740993]}', json));
      expect(await raw.call("JSON.GET", "k")).toBe('{"data":{"b":1,"a":[9007199254740993]},"version":1}');
      const item = await store.get(getting("k", json));
      expect([textOf(item!.data), item!.etag]).toEqual(['{"b":1,"a":[9007199254740993]}', "1"]);

      await store.set(setting("k", "2", { ...json, etag: "1" }));
      await expect(store.set(setting("k", "3", { ...json, etag: "1" }))).rejects.toMatchObject({
        code: "etag-mismatch",
      });
      await expect(store.delete(deleting("k", { ...json, etag: "1" }))).rejects.toMatchObject({
        code: "etag-mismatch",
      });
      expect(await document("k")).toEqual({ data: 2, version: 2 });
      await store.delete(deleting("k", { ...json, etag: "2" }));
      expect(await store.get(getting("k", json))).toBeUndefined();

      await store.set(setting("n", "1", { ...json, etag: "5" }));
      expect(await document("n")).toEqual({ data: 1, version: 6 });

      const firstWrite = { metadata: { ...json.metadata, ttlInSeconds: "100" }, concurrency: "first-write" } as const;
      await store.set(setting("f", "1", firstWrite));
      expect(await document("f")).toEqual({ data: 1, version: 1, "first-write": 0 });
      expect(await raw.ttl("f")).toBeGreaterThan(90);
      await expect(store.set(setting("f", "2", firstWrite))).rejects.toMatchObject({ code: "failed-precondition" });
      await expect(store.set(setting("f", "2", json))).rejects.toMatchObject({ code: "failed-precondition" });
      await store.set(setting("f", "2", { ...json, etag: "1" }));
      await store.set(setting("f", "3", json));
      expect(await document("f")).toEqual({ data: 3, version: 3 });
    });

    it("is read without saying so, and a hash is read as one", async () => {
      const store = await openStore({ redisHost: stack.address });
      await store.set(setting("doc", '"text"', json));
      await store.set(setting("hash", "bytes"));
      await raw.set("legacy", "old");
      for (const extras of [{}, json]) {
        expect(textOf((await store.get(getting("doc", extras)))?.data)).toBe('"text"');
        expect(textOf((await store.get(getting("hash", extras)))?.data)).toBe("bytes");
        expect(textOf((await store.get(getting("legacy", extras)))?.data)).toBe("old");
        expect(await store.get(getting("absent", extras))).toBeUndefined();
      }
      await store.set(setting("doc", "bytes"));
      expect(await raw.hgetall("doc")).toEqual({ data: "bytes", version: "1" });
      await store.set(setting("hash", "[]", json));
      expect(await document("hash")).toEqual({ data: [], version: 1 });
      await raw.call("JSON.SET", "bare", "$", '{"data":1}');
      expect(await store.get(getting("bare", json))).toEqual({ data: Buffer.from("1") });
      await raw.call("JSON.SET", "foreign", "$", '{"other":1}');
      await expect(store.get(getting("foreign", json))).rejects.toThrow();
    });

    it("holds nothing but the value: what is no JSON is kept as bytes", async () => {
      const store = await openStore({ redisHost: stack.address });
      for (const value of ['1},"version":99,"x":{"y":1', '1,"version":99', "{", "", "\u0000"]) {
        await store.set(setting("k", value, json));
        expect(textOf((await store.get(getting("k", json)))?.data)).toBe(value);
        expect(await raw.hget("k", "version")).not.toBe("99");
        await store.delete(deleting("k", json));
      }
    });

    it("takes part in transactions", async () => {
      const store = await openStore({ redisHost: stack.address });
      await store.set(setting("doc", "1", json));
      await store.set(setting("was-hash", "1"));
      await store.transact!(
        [
          { kind: "set", request: setting("doc", "2", { ...json, etag: "1" }) },
          { kind: "set", request: setting("doc", "3", { ...json, etag: "2" }) },
          { kind: "set", request: setting("was-hash", "{}", json) },
          { kind: "set", request: setting("hash", "bytes") },
          { kind: "set", request: setting("gone", "1", json) },
          { kind: "delete", request: deleting("gone", json) },
        ],
        {},
      );
      expect(await document("doc")).toEqual({ data: 3, version: 3 });
      expect(await document("was-hash")).toEqual({ data: {}, version: 1 });
      expect(await raw.hgetall("hash")).toEqual({ data: "bytes", version: "1" });
      await store.transact!([{ kind: "set", request: setting("all", "[1]") }], json.metadata);
      expect(await document("all")).toEqual({ data: [1], version: 1 });
      const refused = [
        { kind: "set" as const, request: setting("doc", "4", { ...json, etag: "1" }) },
        { kind: "delete" as const, request: deleting("all") },
      ];
      await expect(store.transact!(refused, {})).rejects.toMatchObject({ code: "etag-mismatch" });
      expect(await document("all")).toEqual({ data: [1], version: 1 });
    });
  });

  describe("a query", () => {
    const queryIndexes = JSON.stringify([
      {
        name: "people",
        indexes: [
          { key: "person.org", type: "TEXT" },
          { key: "person.id", type: "NUMERIC" },
          { key: "city", type: "TEXT" },
          { key: "state", type: "TAG" },
        ],
      },
    ]);
    const people = [
      ["1", "Dev Ops", 1036, "Seattle", "WA"],
      ["2", "Hardware", 1028, "Portland", "OR"],
      ["3", "Finance", 1071, "Sacramento", "CA"],
      ["4", "Dev Ops", 1042, "Spokane", "WA"],
      ["5", "Dev-Ops (2nd)", 1000.5, "Los Angeles", "C-A"],
    ] as const;

    async function prepare() {
      const store = await openStore({ redisHost: stack.address, queryIndexes });
      for (const [key, org, id, city, state] of people) {
        await store.set(setting(key, JSON.stringify({ person: { org, id }, city, state }), json));
      }
      const indexed = async () => {
        const info = (await raw.call("FT.INFO", "people")) as string[];
        return info[info.indexOf("num_docs") + 1];
      };
      await expect.poll(async () => Number(await indexed())).toBe(5);
      const ask = async (filter: Query["filter"], rest: Partial<Query> = {}) => {
        const result = await store.query!(query(filter, rest), { queryIndexName: "people" });
        return { keys: result.items.map(({ key }) => key), token: result.token, items: result.items };
      };
      return { store, ask };
    }
    const byId = { sort: [{ key: "person.id", order: "ASC" as const }] };

    it("finds by filters", async () => {
      const { ask } = await prepare();
      const keys = async (filter: Query["filter"]) => (await ask(filter, byId)).keys;
      expect(await keys(undefined)).toEqual(["5", "2", "1", "4", "3"]);
      expect(await keys({ EQ: { "person.org": "Hardware" } })).toEqual(["2"]);
      expect(await keys({ EQ: { "person.org": "Dev Ops" } })).toEqual(["5", "1", "4"]);
      expect(await keys({ NEQ: { city: "Seattle" } })).toEqual(["5", "2", "4", "3"]);
      expect(await keys({ IN: { city: ["Seattle", "Portland"] } })).toEqual(["2", "1"]);
      expect(await keys({ IN: { state: ["C-A"] } })).toEqual(["5"]);
      expect(await keys({ IN: { "person.id": [1000.5, 1071] } })).toEqual(["5", "3"]);
      expect(await keys({ AND: [{ GT: { "person.id": 1028 } }, { LTE: { "person.id": 1042 } }] })).toEqual(["1", "4"]);
      expect(await keys({ AND: [{ GTE: { "person.id": 1028 } }, { LT: { "person.id": 1042 } }] })).toEqual(["2", "1"]);
      expect(
        await keys({
          OR: [{ EQ: { state: "CA" } }, { AND: [{ EQ: { "person.org": "Dev Ops" } }, { EQ: { city: "Spokane" } }] }],
        }),
      ).toEqual(["4", "3"]);
    });

    it("pages and sorts", async () => {
      const { ask } = await prepare();
      const descending = { sort: [{ key: "person.id", order: "DESC" as const }] };
      const first = await ask(undefined, { ...descending, page: { limit: 2, token: "" } });
      expect([first.keys, first.token]).toEqual([["3", "4"], "2"]);
      const second = await ask(undefined, { ...descending, page: { limit: 2, token: first.token! } });
      expect([second.keys, second.token]).toEqual([["1", "2"], "4"]);
      const third = await ask(undefined, { ...descending, page: { limit: 2, token: second.token! } });
      expect([third.keys, third.token]).toEqual([["5"], undefined]);
      expect(JSON.parse(textOf(third.items[0]!.data))).toMatchObject({ city: "Los Angeles" });
      expect(third.items[0]!.etag).toBe("1");
    });

    it("is refused when it cannot be answered", async () => {
      const { store, ask } = await prepare();
      for (const filter of [
        { EQ: { unknown: 1 } },
        { GT: { city: 1 } },
        { EQ: { "person.id": "x" } },
        { EQ: { city: "*" } },
      ]) {
        await expect(ask(filter)).rejects.toMatchObject({ code: "invalid-argument" });
      }
      const sort = ["city", "person.id"].map((key) => ({ key, order: "ASC" as const }));
      await expect(ask(undefined, { sort })).rejects.toThrow("one key only");
      await expect(ask(undefined, { page: { limit: 1, token: "x" } })).rejects.toThrow("token");
      await expect(store.query!(query(undefined), {})).rejects.toThrow("known are people");
      await expect(store.query!(query(undefined), { queryIndexName: "x" })).rejects.toThrow("no query index x");
      expect((await ask({ EQ: { city: "Seattle)|(Portland" } })).keys).toEqual([]);
    });

    it("keeps an index that covers the same paths, and makes another one anew", async () => {
      const { ask } = await prepare();
      const uses = async () => {
        const info = (await raw.call("FT.INFO", "people")) as unknown[];
        return Number(info[info.indexOf("number_of_uses") + 1]);
      };
      await ask(undefined);
      const before = await uses();
      await Promise.all([1, 2, 3].map(() => openStore({ redisHost: stack.address, queryIndexes })));
      expect(await uses()).toBeGreaterThan(before);

      const other = queryIndexes.replace("city", "town");
      await Promise.all([1, 2, 3, 4].map(() => openStore({ redisHost: stack.address, queryIndexes: other })));
      expect((await ask({ EQ: { city: "Seattle" } })).keys).toEqual([]);
      await openStore({ redisHost: stack.address, queryIndexes });
      await expect.poll(async () => (await ask({ EQ: { city: "Seattle" } })).keys).toEqual(["1"]);
    });

    it("finds by words, whatever stands between them", async () => {
      const store = await openStore({ redisHost: stack.address, queryIndexes });
      const texts = [
        "to be, or not to be",
        'running_mate\'s "job"',
        "back\\slash and\\-dash rest",
        "ünïcode {x}|[y] @z:*",
      ];
      for (const text of texts) await store.set(setting(text, JSON.stringify({ city: text }), json));
      for (const text of texts) {
        const found = () => store.query!(query({ EQ: { city: text } }), { queryIndexName: "people" });
        await expect.poll(async () => (await found()).items.map(({ key }) => key)).toEqual([text]);
      }
    });

    it("finds what was there before its index was made anew", async () => {
      await prepare();
      const again = await openStore({ redisHost: stack.address, queryIndexes });
      const found = () => again.query!(query({ EQ: { city: "Spokane" } }), { queryIndexName: "people" });
      await expect.poll(async () => (await found()).items.map(({ key }) => key)).toEqual(["4"]);
    });
  });
});

describeService("redis", (redis) => {
  it("without Search takes JSON as bytes, has no query, and refuses indexes", async () => {
    const { instance, features } = await open({ redisHost: redis.address });
    expect(features).toEqual(["ETAG", "TRANSACTIONAL", "TTL"]);
    expect(instance.query).toBeUndefined();
    await instance.set(setting("k", "{}", json));
    expect(textOf((await instance.get(getting("k", json)))?.data)).toBe("{}");
    await instance.transact!([{ kind: "set", request: setting("t", "{}", json) }], json.metadata);
    expect((await instance.get(getting("t")))?.etag).toBe("1");
    await instance.delete(deleting("t", json));
    const queryIndexes = '[{"name":"i","indexes":[{"key":"a","type":"TEXT"}]}]';
    await expect(openStore({ redisHost: redis.address, queryIndexes })).rejects.toThrow(
      "needs a server with Search and JSON",
    );
  });
});
