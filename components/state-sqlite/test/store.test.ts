import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, Worker } from "node:worker_threads";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeStores, openStore } from "./open.ts";
import { bytes, deleting, getting, setting, textOf } from "@trilby/conformance/requests";

const folder = mkdtempSync(join(tmpdir(), "trilby-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
let file: string;
beforeEach(() => {
  file = join(folder, `${++files}.db`);
});

const rows = (sql: string, ...parameters: string[]) => {
  const database = new DatabaseSync(file);
  try {
    return database
      .prepare(sql)
      .all(...parameters)
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
};
const change = (sql: string, ...parameters: (string | number)[]) => {
  const database = new DatabaseSync(file);
  database.prepare(sql).run(...parameters);
  database.close();
};

describe("the rows", () => {
  it("are those of Dapr's component", async () => {
    const store = await openStore({ connectionString: file });
    await store.set(setting("k", Uint8Array.of(0, 255, 1), { metadata: { ttlInSeconds: "100" } }));
    const [row] = rows(
      "SELECT *, typeof(value) AS kind, typeof(is_binary) AS flag, unixepoch(expiration_time) - unixepoch() AS ttl FROM state",
    );
    expect(row).toMatchObject({ key: "k", value: "AP8B", kind: "text", is_binary: 1, flag: "integer" });
    expect(row!["etag"]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){4}[0-9a-f]{8}$/);
    expect(row!["expiration_time"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
    expect(row!["ttl"]).toBeGreaterThanOrEqual(98);
    expect(row!["update_time"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(rows("SELECT * FROM metadata")).toEqual([{ key: "migrations", value: "1" }]);
  });

  it("that hold JSON text are read as that text", async () => {
    const store = await openStore({ connectionString: file });
    change("INSERT INTO state (key, value, is_binary, etag) VALUES ('json', '{\"ü\":1}', 0, 'e')");
    expect(await store.get(getting("json"))).toEqual({ data: Buffer.from('{"ü":1}'), etag: "e" });
    await store.set(setting("json", "new", { etag: "e" }));
    expect(textOf((await store.get(getting("json")))!.data)).toBe("new");
  });

  it("of a table older than the bookkeeping are kept", async () => {
    const { length } = rows(
      "CREATE TABLE state (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, is_binary BOOLEAN NOT NULL, etag TEXT NOT NULL, expiration_time TIMESTAMP DEFAULT NULL, update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    );
    expect(length).toBe(0);
    change("INSERT INTO state (key, value, is_binary, etag) VALUES ('old', 'YWJj', 1, 'e')");
    const store = await openStore({ connectionString: file });
    expect(textOf((await store.get(getting("old")))!.data)).toBe("abc");
  });
});

describe("etags", () => {
  it("change with each write and are checked by set and delete", async () => {
    const store = await openStore({ connectionString: ":memory:" });
    await store.set(setting("k", "1"));
    const first = (await store.get(getting("k")))!.etag;
    await store.set(setting("k", "2", { etag: first }));
    for (const wrong of [first, "bad-etag", "'; drop table state; --"]) {
      await expect(store.set(setting("k", "3", { etag: wrong }))).rejects.toMatchObject({ code: "etag-mismatch" });
      await expect(store.delete(deleting("k", { etag: wrong }))).rejects.toMatchObject({ code: "etag-mismatch" });
    }
    const second = await store.get(getting("k"));
    expect(textOf(second!.data)).toBe("2");
    await store.delete(deleting("k", { etag: second!.etag }));
    expect(await store.get(getting("k"))).toBeUndefined();
    await expect(store.set(setting("k", "4", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
  });

  it("let exactly one of 64 writers in four threads win, round after round", { timeout: 60_000 }, async () => {
    const rounds = 250;
    const results = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { port1, port2 } = new MessageChannel();
        const workerData = { connectionString: file, rounds, port: port2 };
        const racer = new Worker(new URL("racer.ts", import.meta.url), { workerData, transferList: [port2] });
        racer.once("error", (error) => port1.emit("error", error));
        const [result] = (await once(port1, "message")) as [{ won: number[]; codes: string[] }];
        return result;
      }),
    );
    const won = results.flatMap((result) => result.won).sort((left, right) => left - right);
    expect(won).toEqual(Array.from({ length: rounds }, (_, round) => round));
    expect(new Set(results.flatMap((result) => result.codes))).toEqual(new Set(["etag-mismatch"]));
  });
});

describe("time to live", () => {
  it("hides the item when it is over, before anything is removed", async () => {
    const store = await openStore({ connectionString: file });
    await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1" } }));
    const item = await store.get(getting("k"));
    expect(item?.metadata?.["ttlExpireTime"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await sleep(1_100);
    expect(await store.get(getting("k"))).toBeUndefined();
    expect(await store.bulkGet([getting("k")], { parallelism: 0 })).toEqual([{ key: "k" }]);
    expect(rows("SELECT key FROM state")).toEqual([{ key: "k" }]);
    await expect(store.set(setting("k", "2", { etag: item!.etag }))).rejects.toMatchObject({ code: "etag-mismatch" });
    await store.set(setting("k", "3", { concurrency: "first-write" }));
    expect(textOf((await store.get(getting("k")))!.data)).toBe("3");
  });

  it("goes with a write that has none, -1 or 0", async () => {
    const store = await openStore({ connectionString: ":memory:" });
    for (const metadata of [{}, { ttlInSeconds: "-1" }, { ttlInSeconds: "0" }]) {
      await store.set(setting("k", "1", { metadata: { ttlInSeconds: "1000" } }));
      expect(await store.get(getting("k"))).toHaveProperty("metadata.ttlExpireTime");
      await store.set(setting("k", "2", { metadata }));
      expect(await store.get(getting("k"))).not.toHaveProperty("metadata");
    }
    await expect(store.set(setting("k", "3", { metadata: { ttlInSeconds: "foo" } }))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(textOf((await store.get(getting("k")))!.data)).toBe("2");
  });

  it("removes expired rows, by one process an interval", async () => {
    const properties = { connectionString: file, cleanupInterval: "200ms" };
    const [store] = await Promise.all([openStore(properties), openStore(properties)]);
    await store.set(setting("goes", "1", { metadata: { ttlInSeconds: "1" } }));
    await store.set(setting("stays", "1"));
    await expect.poll(() => rows("SELECT key FROM state"), { timeout: 5_000 }).toEqual([{ key: "stays" }]);
    expect(rows("SELECT value FROM metadata WHERE key = 'last-cleanup'")[0]!["value"]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
    );
  });
});

describe("a transaction", () => {
  it("applies its operations in order", async () => {
    const store = await openStore({ connectionString: file });
    await store.set(setting("t1", "old"));
    await store.transact!(
      [
        { kind: "delete", request: deleting("t1") },
        { kind: "set", request: setting("t2", "2") },
        { kind: "delete", request: deleting("t2") },
        { kind: "set", request: setting("t3", "3") },
      ],
      {},
    );
    expect(rows("SELECT key FROM state")).toEqual([{ key: "t3" }]);
  });

  it("applies nothing when one of them fails", async () => {
    const store = await openStore({ connectionString: file });
    await store.set(setting("keep", "old"));
    for (const extras of [
      { etag: "bad" },
      { concurrency: "first-write" as const },
      { metadata: { ttlInSeconds: "x" } },
    ]) {
      const operations = [
        { kind: "set" as const, request: setting("new", "1") },
        { kind: "delete" as const, request: deleting("keep") },
        { kind: "set" as const, request: setting("keep", "old") },
        { kind: "set" as const, request: setting("keep", "new", extras) },
      ];
      await expect(store.transact!(operations, {})).rejects.toThrow();
      expect(await store.get(getting("new"))).toBeUndefined();
      expect(textOf((await store.get(getting("keep")))!.data)).toBe("old");
    }
  });
});

it("commits the writes of one turn together, in their order, and has them all when it was closed", async () => {
  const store = await openStore({ connectionString: file });
  await store.set(setting("k", "0"));
  const before = new DatabaseSync(file);
  const version = () => before.prepare("PRAGMA data_version").get()!["data_version"] as number;
  const start = version();
  const writes = [
    store.set(setting("k", "1")),
    store.delete(deleting("k")),
    store.set(setting("k", "2", { concurrency: "first-write" })),
  ];
  for (let index = 0; index < 60; index++) writes.push(store.set(setting(`k${index}`, "v")));
  await Promise.all(writes);
  expect(textOf((await store.get(getting("k")))?.data)).toBe("2");
  expect(version() - start).toBe(1);
  before.close();

  const late = Array.from({ length: 200 }, (_, index) => store.set(setting(`late${index}`, "v")));
  await closeStores();
  await Promise.all(late);
  expect(rows("SELECT count(*) AS n FROM state WHERE key LIKE 'late%'")).toEqual([{ n: 200 }]);
});

it("takes any key and any bytes", async () => {
  const store = await openStore({ connectionString: file });
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  const keys = [
    "a||b",
    "'; drop table state; --",
    '"',
    "%",
    "\u0000",
    "a\u0000b",
    "a\u0000c",
    "ключ 🔑",
    "x".repeat(10_000),
  ];
  for (const key of keys) await store.set(setting(key, new Uint8Array([...all, ...bytes(key)])));
  for (const key of keys) expect([...(await store.get(getting(key)))!.data]).toEqual([...all, ...bytes(key)]);
  const items = await store.bulkGet(
    [...keys, "absent"].map((key) => getting(key)),
    { parallelism: 0 },
  );
  expect(items.map(({ key, data }) => [key, data?.length])).toEqual([
    ...keys.map((key) => [key, 256 + bytes(key).length]),
    ["absent", undefined],
  ]);

  const large = new Uint8Array(4 * 1024 * 1024).map((_, index) => index * 31);
  await store.set(setting("large", large));
  expect(Buffer.compare((await store.get(getting("large")))!.data, large)).toBe(0);
  await store.set(setting("empty", ""));
  expect((await store.get(getting("empty")))!.data).toHaveLength(0);
});
