import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { closeStores, open, openStore } from "./open.ts";
import { getting, setting, textOf } from "@trilby/conformance/requests";

describeService("postgres", { killable: true }, (postgres) => {
  const properties = { connectionString: postgres.url };
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => "done",
      (error: { code: string }) => error.code,
    );

  it(
    "may die and come back: calls fail at once, nothing that was acknowledged is lost",
    { timeout: 60_000 },
    async () => {
      const store = await openStore("v2", properties);
      let acknowledged = 0;
      const failures = new Set<string>();
      const stop = new AbortController();
      const writer = (async () => {
        for (let n = 1; !stop.signal.aborted; n++) {
          const result = await outcome(
            store.transact!(
              [1, 2].map((half) => ({ kind: "set", request: setting(`n${half}`, `${n}`) })),
              {},
            ),
          );
          if (result === "done") acknowledged = n;
          else failures.add(result);
        }
      })();
      await expect.poll(() => acknowledged).toBeGreaterThan(20);
      await postgres.kill();
      const started = performance.now();
      expect(await outcome(store.get(getting("n1")))).toBe("unavailable");
      expect(await outcome(store.set(setting("x", "1")))).toBe("unavailable");
      expect(performance.now() - started).toBeLessThan(2_000);
      await postgres.restart();
      const before = acknowledged;
      await expect.poll(() => acknowledged, { timeout: 15_000 }).toBeGreaterThan(before + 20);
      stop.abort();
      await writer;
      expect([...failures]).toEqual(["unavailable"]);
      const halves = await Promise.all(
        ["n1", "n2"].map(async (key) => Number(textOf((await store.get(getting(key)))?.data))),
      );
      expect(halves[0]).toBe(halves[1]);
      expect(halves[0]).toBeGreaterThanOrEqual(acknowledged);
    },
  );

  it("may hang: calls end with timeout, and go on when it does", { timeout: 60_000 }, async () => {
    const store = await openStore("v1", { ...properties, timeout: "1s", maxConns: "3", tableName: "hang" });
    await store.set(setting("k", "1"));
    // The server is several processes; the one that serves this connection is stopped by its lock instead.
    const { Client } = await import("pg");
    const other = new Client({ connectionString: postgres.url });
    await other.connect();
    await other.query("BEGIN; LOCK TABLE hang IN ACCESS EXCLUSIVE MODE");
    const started = performance.now();
    const calls = Array.from({ length: 6 }, () => outcome(store.get(getting("k"))));
    const operations = ["a", "b", "c"].map((key) => ({ kind: "set" as const, request: setting(key, "1") }));
    calls.push(outcome(store.transact!(operations, {})));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["deadline-exceeded"]));
    expect(performance.now() - started).toBeLessThan(3_000);
    await other.query("COMMIT");
    await other.end();
    await expect.poll(() => outcome(store.get(getting("k"))), { timeout: 5_000 }).toBe("done");
    expect(await outcome(store.transact!(operations, {}))).toBe("done");
  });

  it("is left alone after close", async () => {
    const { instance } = await open("v2", { ...properties, cleanupInterval: "100ms" });
    const pending = instance.set(setting("last", "1"));
    await closeStores();
    await pending;
    await expect(instance.get(getting("last"))).rejects.toMatchObject({ code: "closed" });
    const again = await openStore("v2", properties);
    expect(textOf((await again.get(getting("last")))?.data)).toBe("1");
  });
});
