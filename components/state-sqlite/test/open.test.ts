import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { closeStores, openStore } from "./open.ts";
import { getting, setting, textOf } from "@trilby/conformance/requests";

const folder = mkdtempSync(join(tmpdir(), "trilby-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

describe("connectionString", () => {
  it("opens paths and URIs, with the write-ahead log unless it is disabled", async () => {
    for (const [connectionString, disableWAL, mode] of [
      [path("plain.db"), "", "wal"],
      [`file:${path("uri.db")}?mode=rwc`, "", "wal"],
      [`file:${path("delete.db")}?_txlock=deferred&_pragma=synchronous(1)`, "true", "delete"],
    ] as const) {
      const store = await openStore({ connectionString, disableWAL });
      await store.set(setting("k", "v"));
      const database = new DatabaseSync(connectionString.replace(/^file:|\?.*$/g, ""));
      expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: mode });
      database.close();
    }
  });

  it("gives each store a memory of its own, unless a shared one is asked for", async () => {
    const [first, second] = await Promise.all([
      openStore({ connectionString: ":memory:" }),
      openStore({ connectionString: ":memory:" }),
    ]);
    await first.set(setting("k", "v"));
    expect(await second.get(getting("k"))).toBeUndefined();

    const url = "file:shared?mode=memory&cache=shared";
    const [third, fourth] = [await openStore({ url }), await openStore({ url })];
    await third.set(setting("k", "v"));
    expect(textOf((await fourth.get(getting("k")))?.data)).toBe("v");
  });

  it.each(["busy_timeout(1)", "journal_mode(DELETE)", "JOURNAL_MODE=OFF", "foreign_keys(1)", "x; drop table state"])(
    "refuses _pragma=%s",
    async (pragma) => {
      const connectionString = `${path("pragma.db")}?_pragma=${encodeURIComponent(pragma)}`;
      await expect(openStore({ connectionString })).rejects.toMatchObject({ code: "invalid-metadata" });
    },
  );

  it("says what is wrong with a file that cannot be opened", async () => {
    const missing = path("no/such/folder/state.db");
    await expect(openStore({ connectionString: missing })).rejects.toThrow(/no\/such\/folder\/state\.db.*folder exist/);
    await expect(openStore({ connectionString: "" })).rejects.toThrow("connectionString is required");
  });
});

describe("a read-only database", () => {
  it("is read and not modified", async () => {
    const writable = await openStore({ connectionString: path("rw.db"), disableWAL: "true" });
    await writable.set(setting("k", "v"));
    await closeStores();
    copyFileSync(path("rw.db"), path("ro.db"));
    chmodSync(path("ro.db"), 0o444);
    const before = readFileSync(path("ro.db"));

    for (const parameter of ["mode=ro", "immutable=1"]) {
      const store = await openStore({ connectionString: `file:${path("ro.db")}?${parameter}`, cleanupInterval: "1s" });
      expect(textOf((await store.get(getting("k")))?.data)).toBe("v");
      await expect(store.set(setting("k", "w"))).rejects.toMatchObject({ code: "failed-precondition" });
    }
    expect(readFileSync(path("ro.db")).equals(before)).toBe(true);
  });

  it("must have the table", async () => {
    new DatabaseSync(path("none.db")).exec("CREATE TABLE other (x)");
    await expect(openStore({ connectionString: `file:${path("none.db")}?mode=ro` })).rejects.toThrow("no table state");
  });
});

describe("table names", () => {
  it("are taken as given", async () => {
    const store = await openStore({
      connectionString: path("names.db"),
      tableName: "Select",
      metadataTableName: "1meta",
    });
    await store.set(setting("k", "v"));
    const database = new DatabaseSync(path("names.db"));
    expect(database.prepare(`SELECT count(*) AS n FROM "Select"`).get()).toEqual({ n: 1 });
    expect(database.prepare(`SELECT value FROM "1meta"`).get()).toEqual({ value: "1" });
    database.close();
  });

  it.each(["a b", "x; drop table y", "ü", 'a"b', "a.b"])("of the form %s are refused", async (tableName) => {
    await expect(openStore({ connectionString: ":memory:", tableName })).rejects.toThrow(
      "letters, digits and underscores",
    );
  });
});

describe("a locked database", () => {
  it("is waited for without holding up the event loop, and not for ever", async () => {
    const store = await openStore({ connectionString: path("locked.db"), busyTimeout: "400ms" });
    const other = new DatabaseSync(path("locked.db"));
    other.exec("BEGIN EXCLUSIVE");
    let turns = 0;
    const ticking = setInterval(() => turns++, 10);

    await expect(store.set(setting("k", "v"))).rejects.toMatchObject({ code: "unavailable" });
    expect(turns).toBeGreaterThan(10);

    const waiting = store.transact!(
      [1, 2].map((n) => ({ kind: "set", request: setting(`k${n}`, "v") })),
      {},
    );
    setTimeout(() => other.exec("COMMIT"), 100);
    await waiting;
    clearInterval(ticking);
    other.close();
    expect(textOf((await store.get(getting("k2")))?.data)).toBe("v");
  });

  it("lets all writes that wait for it fail together, and none for another's reason", async () => {
    const store = await openStore({ connectionString: path("queue.db"), busyTimeout: "300ms" });
    const other = new DatabaseSync(path("queue.db"));
    other.exec("BEGIN EXCLUSIVE");
    const started = performance.now();
    const writes = Array.from({ length: 1_000 }, (_, index) => store.set(setting(`k${index}`, "v")));
    const outcomes = await Promise.allSettled(writes);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(new Set(outcomes.map((outcome) => (outcome as { reason?: { code?: string } }).reason?.code))).toEqual(
      new Set(["unavailable"]),
    );
    other.exec("COMMIT");
    other.exec(
      "CREATE TRIGGER odd BEFORE INSERT ON state WHEN new.key = 'odd' BEGIN SELECT raise(ROLLBACK, 'odd'); END",
    );
    other.close();

    const mixed = ["a", "odd", "b", "c"].map((key) => store.set(setting(key, "v")));
    mixed.push(
      store.set(setting("a", "w", { etag: "bad" })),
      store.transact!(
        [
          { kind: "set", request: setting("d", "v") },
          { kind: "set", request: setting("b", "w", { etag: "bad" }) },
        ],
        {},
      ),
      store.transact!(
        ["e", "f"].map((key) => ({ kind: "set", request: setting(key, "v") })),
        {},
      ),
    );
    const codes = (await Promise.allSettled(mixed)).map(
      (outcome) => (outcome as { reason?: { code?: string } }).reason?.code,
    );
    expect(codes).toEqual([undefined, "internal", undefined, undefined, "etag-mismatch", "etag-mismatch", undefined]);
    const items = await store.bulkGet(
      ["a", "b", "c", "d", "e", "f", "odd"].map((key) => getting(key)),
      { parallelism: 0 },
    );
    expect(items.map(({ data }) => textOf(data))).toEqual(["v", "v", "v", "", "v", "v", ""]);
  });

  it("is prepared once when several processes come at the same time", async () => {
    const levels: string[] = [];
    const logger = { debug() {}, warn() {}, error() {}, info: (message: string) => void levels.push(message) };
    await Promise.all(
      Array.from({ length: 5 }, () => openStore({ connectionString: path("together.db"), busyTimeout: "10s" }, logger)),
    );
    expect(levels).toEqual(["Bringing the table state to level 1"]);
  });

  it.each(["-1", "foo"])("has a level of %s, which is refused", async (level) => {
    const file = path(`level${level}.db`);
    const database = new DatabaseSync(file);
    database.exec(
      `CREATE TABLE metadata (key text PRIMARY KEY, value text); INSERT INTO metadata VALUES ('migrations', '${level}')`,
    );
    database.close();
    await expect(openStore({ connectionString: file })).rejects.toThrow("is not a number");
  });
});
