import { describeService } from "@trilby/services/vitest";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { openStore } from "./open.ts";
import { getting, setting, textOf } from "@trilby/conformance/requests";

describeService("redis", { killable: true }, (redis) => {
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => "done",
      (error: { code: string }) => error.code,
    );

  it(
    "may die and come back: calls fail in time, nothing that was acknowledged is lost",
    { timeout: 40_000 },
    async () => {
      const lines: string[] = [];
      const log = (message: string) => void lines.push(message);
      const store = await openStore({ redisHost: redis.address }, { debug: log, info: log, warn: log, error: log });
      let acknowledged = 0;
      let failed = 0;
      const stop = new AbortController();
      const writer = (async () => {
        for (let n = 1; !stop.signal.aborted; n++) {
          if ((await outcome(store.set(setting("n", `${n}`)))) === "done") acknowledged = n;
          else failed++;
        }
      })();
      await expect.poll(() => acknowledged).toBeGreaterThan(100);

      await redis.kill();
      const started = performance.now();
      const calls = [store.get(getting("n")), store.set(setting("x", "1")), store.ping!()].map(outcome);
      calls.push(outcome(store.transact!([{ kind: "set", request: setting("x", "1") }], {})));
      expect(await Promise.all(calls)).toEqual(["unavailable", "unavailable", "unavailable", "unavailable"]);
      expect(performance.now() - started).toBeLessThan(4_000);
      await expect.poll(() => failed, { timeout: 5_000 }).toBeGreaterThan(0);

      await redis.restart();
      const before = acknowledged;
      await expect.poll(() => acknowledged, { timeout: 10_000 }).toBeGreaterThan(before + 100);
      stop.abort();
      await writer;
      expect(Number(textOf((await store.get(getting("n")))?.data))).toBeGreaterThanOrEqual(acknowledged);
      expect(lines).toEqual(["The connection to Redis is lost; trying again", "Connected to Redis again"]);
    },
  );

  it("may hang: calls end with readTimeout, and go on when it does", { timeout: 40_000 }, async () => {
    const store = await openStore({ redisHost: redis.address, readTimeout: "400ms" });
    await store.set(setting("k", "1"));
    await redis.pause();
    const started = performance.now();
    const calls = Array.from({ length: 20 }, () => outcome(store.get(getting("k"))));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["deadline-exceeded"]));
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(await outcome(store.get(getting("k")))).toMatch(/deadline-exceeded|unavailable/);
    await redis.resume();
    await expect.poll(() => outcome(store.get(getting("k"))), { timeout: 10_000 }).toBe("done");
  });

  it("is left alone after close, also while it is away", { timeout: 20_000 }, async () => {
    const raw = new Redis(redis.url);
    raw.on("error", () => {});
    const clients = async () => ((await raw.client("LIST")) as string).trim().split("\n").length;
    const idle = await clients();
    const { open, closeStores } = await import("./open.ts");
    const component = await open({ redisHost: redis.address });
    expect(await clients()).toBe(idle + 1);
    const pending = component.instance.set(setting("last", "1"));
    await closeStores();
    await pending;
    expect(await raw.hget("last", "data")).toBe("1");
    await expect.poll(clients).toBe(idle);
    await expect(component.instance.get(getting("k"))).rejects.toMatchObject({ code: "closed" });

    const { instance } = await open({ redisHost: redis.address });
    await redis.kill();
    await expect(instance.ping!()).rejects.toMatchObject({ code: "unavailable" });
    const waiting = outcome(instance.get(getting("k")));
    const started = performance.now();
    await closeStores();
    expect(await waiting).toBe("unavailable");
    expect(performance.now() - started).toBeLessThan(1_000);
    raw.disconnect();
    await redis.restart();
  });
});

describeService("redis-cluster", { killable: true }, (cluster) => {
  it(
    "may lose a node: its items fail in time, the others' do not, and all come back",
    { timeout: 60_000 },
    async () => {
      const nodes = cluster.nodes.map(({ address }) => address).join(",");
      const store = await openStore({ redisHost: nodes, redisType: "cluster", readTimeout: "1s" });
      const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
      const write = (key: string) =>
        store.set(setting(key, "v")).then(
          () => "done",
          (error: { code: string }) => error.code,
        );
      expect(new Set(await Promise.all(keys.map(write)))).toEqual(new Set(["done"]));
      await cluster.nodes[2]!.kill();
      const started = performance.now();
      const codes = await Promise.all(keys.map(write));
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(codes).toContain("done");
      // In time means: refused, or given up at the time limit.
      expect(codes.filter((code) => code !== "done")).not.toHaveLength(0);
      for (const code of codes) expect(["done", "unavailable", "deadline-exceeded"]).toContain(code);
      await cluster.restart();
      await expect
        .poll(async () => new Set(await Promise.all(keys.map(write))), { timeout: 30_000 })
        .toEqual(new Set(["done"]));
    },
  );

  it("may go away whole", { timeout: 60_000 }, async () => {
    const { address } = cluster.nodes[0]!;
    const store = await openStore({ redisHost: address, redisType: "cluster" });
    await store.set(setting("k", "v"));
    for (const node of cluster.nodes) await node.kill();
    const started = performance.now();
    const outcomes = await Promise.allSettled([store.get(getting("k")), store.set(setting("k", "w")), store.ping!()]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(performance.now() - started).toBeLessThan(10_000);
    await cluster.restart();
    await expect
      .poll(
        () =>
          store.get(getting("k")).then(
            () => "read",
            () => "failed",
          ),
        { timeout: 30_000 },
      )
      .toBe("read");
  });
});
