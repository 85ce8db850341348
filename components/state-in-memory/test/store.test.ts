import { afterEach, describe, expect, it, vi } from "vitest";
import { createInMemoryStore } from "@trilby/state-in-memory";
import { bytes, deleting, getting, setting, textOf } from "@trilby/conformance/requests";

describe("the in-memory store", () => {
  let nowMs = Date.UTC(2026, 0, 1, 12, 0, 0, 500);
  const store = createInMemoryStore(() => nowMs);
  const read = async (key: string) => textOf((await store.get(getting(key)))?.data);

  it("keeps a copy of the bytes it is given", async () => {
    const slab = bytes("xxvaluexx");
    await store.set(setting("copy", slab.subarray(2, 7)));
    slab.fill(0);
    expect(await read("copy")).toBe("value");
    expect((await store.get(getting("copy")))!.data.buffer.byteLength).toBe(5);
  });

  it("gives a new etag to each write and takes no other", async () => {
    await store.set(setting("etag", "1"));
    const first = (await store.get(getting("etag")))!.etag;
    await store.set(setting("etag", "2", { etag: first }));
    const second = (await store.get(getting("etag")))!.etag;
    expect(second).not.toBe(first);
    await expect(store.set(setting("etag", "3", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
    await expect(store.delete(deleting("etag", { etag: first }))).rejects.toMatchObject({ code: "etag-mismatch" });
    expect(await read("etag")).toBe("2");
    await store.delete(deleting("etag", { etag: second }));
    expect(await store.get(getting("etag"))).toBeUndefined();
    await expect(store.set(setting("etag", "4", { etag: second }))).rejects.toMatchObject({ code: "etag-mismatch" });
    await expect(store.delete(deleting("etag", { etag: second }))).rejects.toMatchObject({ code: "etag-mismatch" });
  });

  it("takes the first write alone", async () => {
    const writes = Array.from({ length: 64 }, (_, index) =>
      store.set(setting("first", `${index}`, { concurrency: "first-write" })),
    );
    const outcomes = await Promise.allSettled(writes);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await read("first")).toBe("0");
  });

  it("hides an item from the moment it expires, and then takes a first write", async () => {
    await store.set(setting("ttl", "1", { metadata: { ttlInSeconds: "2" } }));
    expect(await store.get(getting("ttl"))).toMatchObject({ metadata: { ttlExpireTime: "2026-01-01T12:00:02Z" } });
    await expect(store.set(setting("ttl", "2", { concurrency: "first-write" }))).rejects.toMatchObject({
      code: "etag-mismatch",
    });
    nowMs += 2_000;
    expect(await store.get(getting("ttl"))).toBeUndefined();
    expect(await store.bulkGet!([getting("ttl")], { parallelism: 0 })).toEqual([{ key: "ttl" }]);
    await store.set(setting("ttl", "3", { concurrency: "first-write" }));
    expect(await read("ttl")).toBe("3");
  });

  it("takes the expiry away on a write without one, and on -1", async () => {
    for (const metadata of [{}, { ttlInSeconds: "-1" }, { ttlInSeconds: "0" }]) {
      await store.set(setting("stays", "1", { metadata: { ttlInSeconds: "1" } }));
      await store.set(setting("stays", "2", { metadata }));
      nowMs += 5_000;
      const item = await store.get(getting("stays"));
      expect(textOf(item?.data)).toBe("2");
      expect(item?.metadata).toBeUndefined();
    }
  });

  it.each(["foo", "1.5", "-2", "99999999999"])(
    "refuses a time to live of %s before it writes",
    async (ttlInSeconds) => {
      await expect(store.set(setting("bad-ttl", "1", { metadata: { ttlInSeconds } }))).rejects.toMatchObject({
        code: "invalid-argument",
      });
      expect(await store.get(getting("bad-ttl"))).toBeUndefined();
    },
  );

  it("applies a transaction in order", async () => {
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
    expect(await Promise.all(["t1", "t2", "t3"].map(read))).toEqual(["", "", "3"]);
  });

  it("applies nothing of a transaction with a wrong etag or time to live", async () => {
    await store.set(setting("keep", "old"));
    for (const extras of [
      { etag: "bad-etag" },
      { metadata: { ttlInSeconds: "foo" } },
      { concurrency: "first-write" as const },
    ]) {
      const operations = [
        { kind: "set" as const, request: setting("not-written", "1") },
        { kind: "set" as const, request: setting("keep", "new", extras) },
      ];
      await expect(store.transact!(operations, {})).rejects.toThrow();
      expect(await read("keep")).toBe("old");
      expect(await store.get(getting("not-written"))).toBeUndefined();
    }
  });

  it("takes any key and any bytes", async () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const key of ["a||b", "'; drop table state; --", "\u0000\u001f", "ключ 🔑", "__proto__", "constructor"]) {
      expect(await store.get(getting(key))).toBeUndefined();
      await store.set(setting(key, all));
      expect([...(await store.get(getting(key)))!.data]).toEqual([...all]);
    }
    const large = new Uint8Array(4 * 1024 * 1024).fill(7);
    await store.set(setting("large", large));
    expect(Buffer.compare((await store.get(getting("large")))!.data, large)).toBe(0);
  });
});

describe("the sweep", () => {
  afterEach(() => void vi.useRealTimers());

  it("frees expired items that nobody asks for", async () => {
    vi.useFakeTimers();
    const store = createInMemoryStore();
    await store.set(setting("gone", "1", { metadata: { ttlInSeconds: "1" } }));
    const deleted = vi.spyOn(Map.prototype, "delete");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(deleted.mock.calls).toContainEqual(["gone"]);
    deleted.mockRestore();
    await store.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
