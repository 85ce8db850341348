import { describeService } from "@trilby/services/vitest";
import { Redis } from "ioredis";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "./open.ts";
import { bytes, deleting, getting, setting, textOf } from "@trilby/conformance/requests";

describeService("redis", (redis) => {
  const raw = new Redis(redis.url);
  afterAll(() => raw.disconnect());
  beforeEach(async () => void (await raw.flushall()));

  let properties: Record<string, string> = { redisHost: redis.address };
  const url = new URL(redis.url);
  if (url.password) properties = { ...properties, redisPassword: decodeURIComponent(url.password) };

  describe("the layout", () => {
    it("is a hash of data and version, which is the etag", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", Uint8Array.of(0, 255, 10)));
      expect(await raw.hgetallBuffer("k")).toEqual({ data: Buffer.of(0, 255, 10), version: Buffer.from("1") });
      await store.set(setting("k", "two", { etag: "1" }));
      expect(await raw.hgetall("k")).toEqual({ data: "two", version: "2" });
      expect(await store.get(getting("k"))).toEqual({ data: Buffer.from("two"), etag: "2" });
      await store.delete(deleting("k", { etag: "2" }));
      expect(await raw.exists("k")).toBe(0);
      expect(await store.get(getting("k"))).toBeUndefined();
    });

    it("written by others is read", async () => {
      const store = await openStore(properties);
      await raw.hset("k", "data", "theirs", "version", "41", "first-write", "0");
      expect(await store.get(getting("k"))).toEqual({ data: Buffer.from("theirs"), etag: "41" });
      await store.set(setting("k", "ours", { etag: "41" }));
      expect(await raw.hgetall("k")).toEqual({ data: "ours", version: "42", "first-write": "0" });
    });

    it("of old versions, a plain text, is read and replaced", async () => {
      const store = await openStore(properties);
      await raw.set("k", "legacy");
      expect(await store.get(getting("k"))).toEqual({ data: Buffer.from("legacy") });
      await store.set(setting("k", "new"));
      expect(await raw.hgetall("k")).toEqual({ data: "new", version: "1" });
      await raw.set("k", "legacy");
      await store.delete(deleting("k"));
      expect(await raw.exists("k")).toBe(0);
    });

    it("of something else is an error, and replaced by a write", async () => {
      const store = await openStore(properties);
      await raw.rpush("list", "x");
      await expect(store.get(getting("list"))).rejects.toMatchObject({ code: "failed-precondition" });
      await store.set(setting("list", "v"));
      expect(await raw.hgetall("list")).toEqual({ data: "v", version: "1" });

      await raw.hset("hash", "foo", "bar");
      await expect(store.get(getting("hash"))).rejects.toThrow("no field data");
      await raw.hset("hash", "data", "x");
      await expect(store.get(getting("hash"))).rejects.toThrow("no field version");
    });
  });

  describe("etags", () => {
    it("that do not match are refused", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1"));
      await expect(store.set(setting("k", "2", { etag: "9999999" }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await expect(store.delete(deleting("k", { etag: "9999999" }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await expect(store.delete(deleting("k", { etag: "text" }))).rejects.toMatchObject({ code: "etag-mismatch" });
      expect(await store.get(getting("k"))).toEqual({ data: Buffer.from("1"), etag: "1" });
    });

    it.each(["text", "1.5", "0x1", " 1", "9223372036854775808", "-9223372036854775809"])(
      "%s is no version",
      async (etag) => {
        const store = await openStore(properties);
        await expect(store.set(setting("k", "1", { etag }))).rejects.toMatchObject({ code: "etag-invalid" });
        expect(await raw.exists("k")).toBe(0);
      },
    );

    it("are compared as numbers and not asked of a last write", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1"));
      await store.set(setting("k", "2", { etag: "+001" }));
      await store.set(setting("k", "3", { etag: "77", concurrency: "last-write" }));
      expect(await raw.hgetall("k")).toEqual({ data: "3", version: "3" });
    });

    it("of an item that is not there are not compared", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1", { etag: "5" }));
      expect(await raw.hget("k", "version")).toBe("1");
      await store.delete(deleting("absent", { etag: "5" }));
    });

    it("are needed for ever after a first write", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1", { concurrency: "first-write", consistency: "strong" }));
      expect(await raw.hgetall("k")).toEqual({ data: "1", "first-write": "0", version: "1" });
      for (const concurrency of ["first-write", "last-write", ""] as const) {
        await expect(store.set(setting("k", "2", { concurrency }))).rejects.toMatchObject({
          code: "failed-precondition",
        });
      }
      await store.set(setting("k", "3", { etag: "1", concurrency: "first-write" }));
      await expect(store.set(setting("k", "4", { etag: "1", concurrency: "first-write" }))).rejects.toMatchObject({
        code: "etag-mismatch",
      });
      await store.set(setting("k", "5", { etag: "2" }));
      await expect(store.set(setting("k", "6"))).rejects.toThrow("first write");
      await store.delete(deleting("k"));
      await store.set(setting("k", "7"));
      expect(await raw.hgetall("k")).toEqual({ data: "7", version: "1" });
    });

    it("let exactly one of 64 writers win, for a thousand rounds", async () => {
      const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(properties)));
      const until = performance.now() + 10_000;
      for (let round = 0; round < 1_000 && performance.now() < until; round++) {
        const writes = Array.from({ length: 64 }, (_, index) => {
          const request =
            round % 2 === 0
              ? setting(`race-${round}`, `${index}`, { concurrency: "first-write" })
              : setting(`race-${round - 1}`, `${index}`, { etag: "1" });
          return stores[index % 4]!.set(request);
        });
        const outcomes = await Promise.allSettled(writes);
        const winners = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
        expect(winners).toHaveLength(1);
        const item = await stores[0]!.get(getting(`race-${round - (round % 2)}`));
        expect(item).toEqual({ data: Buffer.from(`${winners[0]}`), etag: `${(round % 2) + 1}` });
      }
    });
  });

  describe("time to live", () => {
    it("is the server's", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1" } }));
      expect(await store.get(getting("k"))).toEqual({ data: Buffer.from("1"), etag: "1" });
      await sleep(1_050);
      expect(await store.get(getting("k"))).toBeUndefined();
    });

    it("stays with a write that has none, and goes with 0 or less", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1000" } }));
      await store.set(setting("k", "2"));
      expect(await raw.ttl("k")).toBeGreaterThan(990);
      await store.set(setting("k", "3", { metadata: { ttlInSeconds: "" } }));
      expect(await raw.ttl("k")).toBeGreaterThan(990);
      for (const ttlInSeconds of ["-1", "0"]) {
        await store.set(setting("k", "4", { metadata: { ttlInSeconds: "1000" } }));
        await store.set(setting("k", "5", { metadata: { ttlInSeconds } }));
        expect(await raw.ttl("k")).toBe(-1);
      }
    });

    it("is not touched by a write that is refused", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1000" } }));
      await expect(store.set(setting("k", "2", { etag: "9", metadata: { ttlInSeconds: "5" } }))).rejects.toThrow();
      expect(await raw.ttl("k")).toBeGreaterThan(990);
      for (const ttlInSeconds of ["foo", "1.5", "-2", "99999999999999999999"]) {
        await expect(store.set(setting("k", "2", { metadata: { ttlInSeconds } }))).rejects.toMatchObject({
          code: "invalid-argument",
        });
      }
      expect(textOf((await store.get(getting("k")))!.data)).toBe("1");
    });

    it("of the whole store is for items without their own", async () => {
      const store = await openStore({ ...properties, ttlInSeconds: "500" });
      await store.set(setting("wide", "1"));
      await store.set(setting("own", "1", { metadata: { ttlInSeconds: "1000" } }));
      await store.transact!([{ kind: "set", request: setting("many", "1") }], {});
      expect(
        [await raw.ttl("wide"), await raw.ttl("own"), await raw.ttl("many")].map((ttl) => Math.round(ttl / 100)),
      ).toEqual([5, 10, 5]);

      const persistent = await openStore({ ...properties, ttlInSeconds: "-1" });
      await persistent.set(setting("wide", "2"));
      expect(await raw.ttl("wide")).toBe(-1);
    });
  });

  describe("a transaction", () => {
    it("applies its operations in order", async () => {
      const store = await openStore(properties);
      await store.set(setting("t1", "old"));
      await store.transact!(
        [
          { kind: "delete", request: deleting("t1") },
          { kind: "set", request: setting("t2", "2") },
          { kind: "delete", request: deleting("t2") },
          { kind: "set", request: setting("t3", "3", { metadata: { ttlInSeconds: "100" } }) },
          { kind: "set", request: setting("t3", "4") },
          { kind: "set", request: setting("t3", "5", { etag: "2" }) },
          { kind: "delete", request: deleting("never-there") },
        ],
        {},
      );
      expect(await raw.keys("*")).toEqual(["t3"]);
      expect(await raw.hgetall("t3")).toEqual({ data: "5", version: "3" });
      expect(await raw.ttl("t3")).toBeGreaterThan(90);
    });

    it("applies nothing when an etag does not match", async () => {
      const store = await openStore(properties);
      await store.set(setting("keep", "old"));
      await store.set(setting("sticky", "old", { concurrency: "first-write" }));
      const before = await Promise.all(["keep", "sticky"].map((key) => raw.hgetall(key)));
      for (const [last, code] of [
        [{ kind: "set", request: setting("keep", "new", { etag: "7" }) }, "etag-mismatch"],
        [{ kind: "delete", request: deleting("keep", { etag: "7" }) }, "etag-mismatch"],
        [{ kind: "set", request: setting("keep", "new", { etag: "x" }) }, "etag-invalid"],
        [{ kind: "set", request: setting("sticky", "new") }, "failed-precondition"],
        [{ kind: "set", request: setting("keep", "new", { metadata: { ttlInSeconds: "x" } }) }, "invalid-argument"],
      ] as const) {
        const operations = [
          { kind: "set" as const, request: setting("new", "1") },
          { kind: "set" as const, request: setting("keep", "2", { etag: "1" }) },
          { kind: "delete" as const, request: deleting("sticky", { etag: "1" }) },
          { kind: "set" as const, request: setting("sticky", "2", { etag: "1" }) },
          last,
        ];
        if (code === "failed-precondition") operations.splice(2, 2);
        await expect(store.transact!(operations, {})).rejects.toMatchObject({ code });
        expect(await Promise.all(["keep", "sticky"].map((key) => raw.hgetall(key)))).toEqual(before);
        expect(await raw.exists("new")).toBe(0);
      }
    });

    it("takes no notice of first-write, as Dapr's takes none", async () => {
      const store = await openStore(properties);
      await store.set(setting("k", "1"));
      await store.transact!([{ kind: "set", request: setting("k", "2", { concurrency: "first-write" }) }], {});
      expect(await raw.hgetall("k")).toEqual({ data: "2", version: "2" });
    });

    it("replaces keys of another type, and takes thousands of operations", async () => {
      const store = await openStore(properties);
      await raw.set("n0", "text");
      const operations = Array.from({ length: 3_000 }, (_, index) => ({
        kind: "set" as const,
        request: setting(`n${index}`, `${index}`),
      }));
      await store.transact!(operations, {});
      expect(await raw.dbsize()).toBe(3_000);
      expect(await raw.hgetall("n0")).toEqual({ data: "0", version: "1" });
    });
  });

  it("takes any key and any bytes", async () => {
    const store = await openStore(properties);
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const keys = [
      "a||b",
      "'; drop table state; --",
      "*",
      "{tag}",
      "\u0000",
      "a\r\nb",
      "ключ 🔑",
      "__proto__",
      "x".repeat(10_000),
    ];
    for (const key of keys) await store.set(setting(key, new Uint8Array([...all, ...bytes(key)])));
    for (const key of keys) expect([...(await store.get(getting(key)))!.data]).toEqual([...all, ...bytes(key)]);
    const items = await store.bulkGet(
      [...keys, "absent"].map((key) => getting(key)),
      { parallelism: 2 },
    );
    expect(items.map(({ key, data, etag }) => [key, data?.length, etag])).toEqual([
      ...keys.map((key) => [key, 256 + bytes(key).length, "1"]),
      ["absent", undefined, undefined],
    ]);

    const large = new Uint8Array(4 * 1024 * 1024).map((_, index) => index * 31);
    await store.set(setting("large", large.subarray(0)));
    expect(Buffer.compare((await store.get(getting("large")))!.data, large)).toBe(0);
    await store.set(setting("empty", ""));
    expect((await store.get(getting("empty")))!.data).toHaveLength(0);
  });

  it("finds its scripts again when the server has forgotten them", async () => {
    const store = await openStore(properties);
    await store.set(setting("k", "1"));
    await raw.script("FLUSH");
    await store.set(setting("k", "2"));
    await raw.script("FLUSH");
    await Promise.all([store.set(setting("a", "1")), store.set(setting("b", "1")), store.delete(deleting("k"))]);
    await raw.script("FLUSH");
    await store.transact!([{ kind: "set", request: setting("c", "1") }], {});
    expect((await raw.keys("*")).sort()).toEqual(["a", "b", "c"]);
  });
});
