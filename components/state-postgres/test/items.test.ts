import { describeService } from "@trilby/services/vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { rawPool } from "./raw-pool.ts";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { closeStores, openStore, type Version } from "./open.ts";
import { bytes, deleting, getting, setting, textOf } from "@trilby/conformance/requests";

const columns = {
  v1: { etag: "xmin", expiry: "expiredate" },
  v2: { etag: "etag", expiry: "expires_at" },
};

describeService("postgres", (postgres) => {
  const pool = rawPool(postgres.url);
  afterAll(() => pool.end());
  afterEach(async () => {
    await closeStores();
    await pool.query("DROP TABLE IF EXISTS state, dapr_metadata");
  });
  const rows = async (text: string, values: unknown[] = []) =>
    (await pool.query(text, values)).rows as Record<string, unknown>[];
  const properties = { connectionString: postgres.url, cleanupInterval: "0" };

  describe("the rows of v1", () => {
    it("are base64 text as JSON, or JSON when the request says so", async () => {
      const store = await openStore("v1", properties);
      await store.set(setting("bytes", Uint8Array.of(0, 255, 1)));
      await store.set(setting("json", '{"b": 1,"a":[1.50]}', { metadata: { contentType: "application/json" } }));
      expect(
        await rows(
          "SELECT key, value::text, isbinary, insertdate, updatedate, expiredate, row_id::int FROM state ORDER BY row_id",
        ),
      ).toEqual([
        {
          key: "bytes",
          value: '"AP8B"',
          isbinary: true,
          insertdate: expect.any(Date),
          updatedate: null,
          expiredate: null,
          row_id: 1,
        },
        {
          key: "json",
          value: '{"a": [1.50], "b": 1}',
          isbinary: false,
          insertdate: expect.any(Date),
          updatedate: null,
          expiredate: null,
          row_id: 2,
        },
      ]);
      expect([...(await store.get(getting("bytes")))!.data]).toEqual([0, 255, 1]);
      expect(textOf((await store.get(getting("json")))!.data)).toBe('{"a": [1.50], "b": 1}');
      const [row] = await rows("SELECT xmin::text AS etag FROM state WHERE key = 'bytes'");
      expect((await store.get(getting("bytes")))!.etag).toBe(row!["etag"]);
      await store.set(setting("bytes", "2"));
      expect(await rows("SELECT updatedate IS NOT NULL AS updated FROM state WHERE key = 'bytes'")).toEqual([
        { updated: true },
      ]);
      expect(await rows("SELECT key, value FROM dapr_metadata ORDER BY key")).toEqual([
        { key: "lock", value: "lock" },
        { key: "migrations", value: "3" },
      ]);
    });

    it("hold as bytes what is called JSON and is none, or none that PostgreSQL takes", async () => {
      const store = await openStore("v1", properties);
      const json = { metadata: { contentType: "application/json" } };
      for (const value of ["{", "", '"\\u0000"', '"\\ud800"', '["\\udc00\\ud800"]', "\ufeff1", "nul"]) {
        await store.set(setting("k", value, json));
        expect([...(await store.get(getting("k")))!.data]).toEqual([...bytes(value)]);
        expect(await rows("SELECT isbinary FROM state")).toEqual([{ isbinary: true }]);
      }
      for (const value of [
        '"\\ud83d\\ude00"',
        '"\\\\u0000"',
        '"\\\\ud800"',
        "12345678901234567890123456789.5",
        "null",
      ]) {
        await store.set(setting("k", value, json));
        expect(JSON.parse(textOf((await store.get(getting("k")))!.data))).toEqual(JSON.parse(value));
        expect(await rows("SELECT isbinary FROM state")).toEqual([{ isbinary: false }]);
      }
    });

    it("take only numbers of 32 bits for etags", async () => {
      const store = await openStore("v1", properties);
      await store.set(setting("k", "1"));
      for (const etag of ["text", "-1", "+1", "4294967296", "1.5", "'; drop table state; --"]) {
        await expect(store.set(setting("k", "2", { etag }))).rejects.toMatchObject({ code: "etag-invalid" });
        await expect(store.delete(deleting("k", { etag }))).rejects.toMatchObject({ code: "etag-invalid" });
      }
      await expect(store.set(setting("k", "2", { etag: "4294967295" }))).rejects.toMatchObject({
        code: "etag-mismatch",
      });
      await store.set(setting("k", "2", { etag: `00${(await store.get(getting("k")))!.etag}` }));
    });
  });

  describe("the rows of v2", () => {
    it("are bytes and a UUID", async () => {
      const store = await openStore("v2", { ...properties, tablePrefix: "" });
      await store.set(setting("k", Uint8Array.of(0, 255, 1), { metadata: { contentType: "application/json" } }));
      const [row] = await rows("SELECT * FROM state");
      expect(row).toMatchObject({
        key: "k",
        value: Buffer.of(0, 255, 1),
        updated_at: null,
        expires_at: null,
        row_id: "1",
      });
      expect(await store.get(getting("k"))).toEqual({ data: Buffer.of(0, 255, 1), etag: row!["etag"] });
      expect(await rows("SELECT key, value FROM dapr_metadata ORDER BY key")).toEqual([
        { key: "lock", value: "lock" },
        { key: "migrations-state-v2-", value: "2" },
      ]);
      expect(
        (await rows("SELECT indexname FROM pg_indexes WHERE tablename = 'state' ORDER BY 1")).map(
          (index) => index["indexname"],
        ),
      ).toEqual(["state_expires_at_idx", "state_pkey", "state_row_id_uidx"]);
    });

    it("match no etag that is no UUID, and a UUID in any of its forms", async () => {
      const store = await openStore("v2", properties);
      await store.set(setting("k", "1"));
      for (const etag of ["text", "1", "e9b9e142-74b1-4a2e-8e90-3f4ffeea2e70", "'; drop table state; --"]) {
        await expect(store.set(setting("k", "2", { etag }))).rejects.toMatchObject({ code: "etag-mismatch" });
        await expect(store.delete(deleting("k", { etag }))).rejects.toMatchObject({ code: "etag-mismatch" });
      }
      const forms = [
        (uuid: string) => uuid.toUpperCase(),
        (uuid: string) => `{${uuid}}`,
        (uuid: string) => `urn:uuid:${uuid}`,
        (uuid: string) => uuid.replaceAll("-", ""),
      ];
      for (const form of forms)
        await store.set(setting("k", "3", { etag: form((await store.get(getting("k")))!.etag!) }));
    });
  });

  describe.each(["v1", "v2"] as Version[])("%s", (version) => {
    it("gives a new etag to each write and takes no other", async () => {
      const store = await openStore(version, properties);
      await store.set(setting("k", "1"));
      const first = (await store.get(getting("k")))!.etag;
      await store.set(setting("k", "2", { etag: first }));
      await expect(store.set(setting("k", "3", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await expect(store.set(setting("k", "3", { etag: first, concurrency: "last-write" }))).rejects.toMatchObject({
        code: "etag-mismatch",
      });
      await expect(store.delete(deleting("k", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
      const second = await store.get(getting("k"));
      expect(textOf(second!.data)).toBe("2");
      await store.delete(deleting("k", { etag: second!.etag }));
      expect(await store.get(getting("k"))).toBeUndefined();
      await expect(store.set(setting("k", "4", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await expect(store.delete(deleting("k", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await store.delete(deleting("k"));
    });

    it("lets exactly one of 64 writers win, round after round", async () => {
      const stores = await Promise.all([1, 2].map(() => openStore(version, { ...properties, maxConns: "20" })));
      const until = performance.now() + 5_000;
      let rounds = 0;
      for (; rounds < 500 && performance.now() < until; rounds++) {
        const again = rounds % 2 === 1;
        const key = `race-${rounds - (again ? 1 : 0)}`;
        const { etag } = (await stores[0]!.get(getting(key))) ?? {};
        const writes = Array.from({ length: 64 }, (_, index) =>
          stores[index % 2]!.set(setting(key, `${index}`, again ? { etag } : { concurrency: "first-write" })),
        );
        const outcomes = await Promise.allSettled(writes);
        const winners = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
        expect(winners).toHaveLength(1);
        expect(textOf((await stores[0]!.get(getting(key)))!.data)).toBe(`${winners[0]}`);
        const codes = new Set(
          outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : [])),
        );
        expect([...codes]).toEqual([again ? "etag-mismatch" : "failed-precondition"]);
      }
      expect(rounds).toBeGreaterThan(20);
    });

    it("hides an item from the moment it expires, and then takes a first write", async () => {
      const store = await openStore(version, properties);
      await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1" } }));
      const item = await store.get(getting("k"));
      expect(item?.metadata?.["ttlExpireTime"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(Date.parse(item!.metadata!["ttlExpireTime"]!) - Date.now()).toBeLessThan(1_000);
      await sleep(1_050);
      expect(await store.get(getting("k"))).toBeUndefined();
      expect(await store.bulkGet([getting("k")], { parallelism: 0 })).toEqual([{ key: "k" }]);
      expect(await rows("SELECT key FROM state")).toEqual([{ key: "k" }]);
      await expect(store.set(setting("k", "2", { etag: item!.etag }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await store.set(setting("k", "3", { concurrency: "first-write" }));
      expect(textOf((await store.get(getting("k")))!.data)).toBe("3");
    });

    it("takes the time to live away with a write that has none, -1 or 0", async () => {
      const store = await openStore(version, properties);
      for (const metadata of [{}, { ttlInSeconds: "-1" }, { ttlInSeconds: "0" }]) {
        await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1000" } }));
        expect((await store.bulkGet([getting("k")], { parallelism: 0 }))[0]).toHaveProperty("metadata.ttlExpireTime");
        await store.set(setting("k", "2", { metadata }));
        expect(await store.get(getting("k"))).not.toHaveProperty("metadata");
      }
      await expect(store.set(setting("k", "3", { metadata: { ttlInSeconds: "foo" } }))).rejects.toMatchObject({
        code: "invalid-argument",
      });
      await store.set(setting("k", "4", { metadata: { ttlInSeconds: "2147483647" } }));
      expect(await rows(`SELECT extract(year FROM ${columns[version].expiry})::int > 2090 AS late FROM state`)).toEqual(
        [{ late: true }],
      );
    });

    it("removes expired rows, by one process an interval", async () => {
      const often = { ...properties, cleanupInterval: "300ms" };
      const [store] = await Promise.all([openStore(version, often), openStore(version, often)]);
      await store.set(setting("goes", "1", { metadata: { ttlInSeconds: "1" } }));
      await store.set(setting("stays", "1"));
      await expect.poll(() => rows("SELECT key FROM state"), { timeout: 5_000 }).toEqual([{ key: "stays" }]);
      const key = version === "v1" ? "last-cleanup" : "last-cleanup-state-v2-";
      const [last] = await rows(
        "SELECT extract(epoch FROM now() - value::timestamptz)::float8 AS age FROM dapr_metadata WHERE key = $1",
        [key],
      );
      expect(last!["age"]).toBeLessThan(1);
    });

    it("applies a transaction in order", async () => {
      const store = await openStore(version, properties);
      await store.set(setting("t1", "old"));
      await store.transact!(
        [
          { kind: "delete", request: deleting("t1") },
          { kind: "set", request: setting("t2", "2") },
          { kind: "delete", request: deleting("t2") },
          { kind: "set", request: setting("t3", "3") },
          { kind: "delete", request: deleting("never-there") },
        ],
        {},
      );
      expect(await rows("SELECT key FROM state")).toEqual([{ key: "t3" }]);
      await store.transact!([{ kind: "delete", request: deleting("t3") }], {});
      expect(await rows("SELECT key FROM state")).toEqual([]);
    });

    it("applies nothing of a transaction that fails", async () => {
      const store = await openStore(version, { ...properties, maxConns: "2" });
      await store.set(setting("keep", "old"));
      const wrong = version === "v1" ? "1" : "e9b9e142-74b1-4a2e-8e90-3f4ffeea2e70";
      const failing = [
        { kind: "set", request: setting("keep", "new", { etag: wrong }) },
        { kind: "delete", request: deleting("keep", { etag: wrong }) },
        { kind: "set", request: setting("keep", "new", { concurrency: "first-write" }) },
        { kind: "set", request: setting("keep", "new", { metadata: { ttlInSeconds: "x" } }) },
        { kind: "set", request: setting("nul\u0000", "new") },
      ] as const;
      for (const last of [...failing, ...failing]) {
        const operations = [{ kind: "set" as const, request: setting("new", "1") }, last];
        await expect(store.transact!(operations, {})).rejects.toThrow();
        expect(await store.get(getting("new"))).toBeUndefined();
        expect(textOf((await store.get(getting("keep")))!.data)).toBe("old");
      }
      expect(
        await rows("SELECT count(*)::int AS open FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"),
      ).toEqual([{ open: 0 }]);
    });

    it("takes any key but one with NUL, and any bytes", async () => {
      const store = await openStore(version, properties);
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const keys = [
        "a||b",
        "'; drop table state; --",
        '"',
        "\\",
        "{a,b}",
        "NULL",
        "\u0001\r\n",
        "ключ 🔑",
        "$1",
        "x".repeat(2_000),
      ];
      for (const key of keys) await store.set(setting(key, new Uint8Array([...all, ...bytes(key)])));
      for (const key of keys) expect([...(await store.get(getting(key)))!.data]).toEqual([...all, ...bytes(key)]);
      const items = await store.bulkGet(
        [...keys, "absent", keys[0]!].map((key) => getting(key)),
        { parallelism: 1 },
      );
      expect(items.map(({ key, data }) => [key, data?.length])).toEqual([
        ...keys.map((key) => [key, 256 + bytes(key).length]),
        ["absent", undefined],
        [keys[0], 256 + bytes(keys[0]!).length],
      ]);
      for (const key of keys) await store.delete(deleting(key));
      expect(await rows("SELECT key FROM state")).toEqual([]);
      await expect(store.set(setting("a\u0000b", "1"))).rejects.toMatchObject({ code: "invalid-argument" });
      await expect(store.get(getting("a\u0000b"))).rejects.toMatchObject({ code: "invalid-argument" });

      const large = new Uint8Array(4 * 1024 * 1024).map((_, index) => index * 31);
      await store.set(setting("large", large));
      expect(Buffer.compare((await store.get(getting("large")))!.data, large)).toBe(0);
      await store.set(setting("empty", ""));
      expect((await store.get(getting("empty")))!.data).toHaveLength(0);
    });
  });
});
