import { describeService } from "@trilby/services/vitest";
import { createCertificates, startService } from "@trilby/services";
import { Cluster, Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { open, openStore } from "./open.ts";
import { deleting, getting, setting, textOf } from "@trilby/conformance/requests";

describe("metadata", () => {
  it.each([
    [{ redisHost: "a:1", redisPort: "2" }, "drop one of them"],
    [{ redisHost: "a:1,b:1" }, "several hosts"],
    [{ redisHost: "a:x" }, "host or host:port"],
    [{ redisHost: "" }, "redisHost is required"],
    [{ redisHost: "a", enableTLS: "yes" }, "enableTLS must be true or false"],
    [{ redisHost: "a", failover: "true" }, "sentinelMasterName is required"],
    [{ redisHost: "a", clientCert: "x" }, "belong together"],
    [{ redisHost: "a", redisType: "ring" }, "redisType must be one of node, cluster"],
    [{ redisHost: "a", useEntraID: "true" }, "useEntraID is not supported yet"],
    [{ redisHost: "a", useOIDC: "true", oidcClientID: "x" }, "useOIDC is not supported yet"],
    [{ redisHost: "a", ttlInSeconds: "x" }, "ttlInSeconds must be an integer"],
    [{ redisHost: "a", queryIndexes: "[{}]" }, "index without name"],
    [{ redisHost: "a", queryIndexes: '[{"name":"i","indexes":[{"key":"a"}]}]' }, "entry without type"],
    [{ redisHost: "a", queryIndexes: "{" }, "valid JSON"],
  ])("%j is refused", async (properties, problem) => {
    await expect(openStore(properties as Record<string, string>)).rejects.toThrow(problem);
  });
});

it("says where nothing answers, soon", async () => {
  const started = performance.now();
  const opening = openStore({ redisHost: "127.0.0.1:1", redisMinRetryInterval: "10" });
  await expect(opening).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/127\.0\.0\.1:1.*ECONNREFUSED/),
  });
  expect(performance.now() - started).toBeLessThan(3_000);
});

describeService("redis", { password: "open sesame" }, (redis) => {
  it("is opened with the password only, on the database that is asked for", async () => {
    const redisPassword = "open sesame";
    await expect(openStore({ redisHost: redis.address })).rejects.toMatchObject({ code: "unauthenticated" });
    const wrong = openStore({ redisHost: redis.address, redisPassword: "wrong secret" });
    await expect(wrong).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.not.stringContaining("secret"),
    });

    const store = await openStore({
      redisHost: redis.host,
      redisPort: `${redis.port}`,
      redisPassword,
      redisUsername: "default",
      redisDB: "3",
    });
    await store.set(setting("k", "v"));
    const raw = new Redis(redis.url, { db: 3 });
    expect(await raw.hget("k", "data")).toBe("v");
    raw.disconnect();
    await expect(openStore({ redisHost: redis.address, redisPassword, redisDB: "99" })).rejects.toThrow(/out of range/);
  });
});

describeService("redis", { tls: "mutual" }, (redis) => {
  const { clientCertificate, clientKey } = redis.certificates!;
  const tls = { redisHost: redis.address, enableTLS: "true", clientCert: clientCertificate, clientKey };

  it("is opened with TLS and the client's certificate", async () => {
    const store = await openStore({ ...tls, insecureSkipTLSVerify: "true" });
    await store.set(setting("k", "v"));
    expect(textOf((await store.get(getting("k")))?.data)).toBe("v");
  });

  it("is refused when its certificate is not trusted, or it is spoken to without", async () => {
    const quick = { redisMaxRetries: "-1", redisMinRetryInterval: "1" };
    await expect(openStore({ ...tls, ...quick })).rejects.toThrow(/self-signed certificate/);
    await expect(openStore({ ...quick, redisHost: redis.address })).rejects.toMatchObject({ code: "unavailable" });
    const other = await createCertificates(`${redis.certificates!.caFile}.other`);
    const stranger = {
      ...tls,
      insecureSkipTLSVerify: "true",
      clientCert: other.clientCertificate,
      clientKey: other.clientKey,
    };
    await expect(openStore({ ...stranger, ...quick })).rejects.toMatchObject({ code: "unavailable" });
  });
});

describeService("redis", { killable: true }, (redis) => {
  it("has a strong write on its replicas before it is acknowledged", async () => {
    const replica = await startService("redis", { replicaOf: redis });
    const raw = new Redis(redis.url);
    const onReplica = new Redis(replica.url);
    try {
      await expect
        .poll(() => raw.info("replication"), { timeout: 10_000 })
        .toMatch(/connected_slaves:1[^]*state=online/);
      const store = await openStore({ redisHost: redis.address });
      for (let round = 0; round < 200; round++) {
        await store.set(setting("k", `${round}`, { consistency: "strong" }));
        expect(await onReplica.hget("k", "data")).toBe(`${round}`);
      }
      await raw.script("FLUSH");
      await store.delete(deleting("k", { consistency: "strong", etag: "200" }));
      expect(await onReplica.exists("k")).toBe(0);
      const twice = { consistency: "strong", concurrency: "first-write" } as const;
      await store.set(setting("k", "1", twice));
      await expect(store.set(setting("k", "2", twice))).rejects.toMatchObject({ code: "failed-precondition" });

      // A replica that hangs holds up strong writes for a second, and nothing else.
      await replica.pause();
      const strong = store.set(setting("slow", "1", { consistency: "strong" }));
      const started = performance.now();
      await store.set(setting("quick", "1"));
      expect(performance.now() - started).toBeLessThan(500);
      await strong;
      expect(performance.now() - started).toBeGreaterThan(800);
      await replica.resume();
    } finally {
      raw.disconnect();
      onReplica.disconnect();
      await replica.stop();
    }
  });
});

describeService("redis-sentinel", (sentinels) => {
  it("is found through its sentinels, and found again after a fail-over", { timeout: 60_000 }, async () => {
    const store = await openStore({
      redisHost: sentinels.sentinels.map(({ address }) => address).join(","),
      failover: "true",
      sentinelMasterName: sentinels.primaryName,
    });
    await store.set(setting("k", "before", { consistency: "strong" }));
    await sentinels.primary.kill();
    await expect
      .poll(
        () =>
          store.set(setting("k", "after")).then(
            () => "written",
            () => "failed",
          ),
        { timeout: 40_000, interval: 200 },
      )
      .toBe("written");
    expect(textOf((await store.get(getting("k")))?.data)).toBe("after");
    const replica = new Redis(sentinels.replica.url);
    expect(await replica.hget("k", "data")).toBe("after");
    replica.disconnect();
    await expect(
      openStore({ redisHost: sentinels.address, failover: "true", sentinelMasterName: "unknown", readTimeout: "500" }),
    ).rejects.toThrow(/sentinels/);
  });
});

describeService("redis-cluster", (cluster) => {
  const nodes = cluster.nodes.map(({ address }) => address).join(",");
  const raw = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
  afterAll(() => raw.disconnect());

  it("keeps items on all its nodes, and takes transactions over them", async () => {
    const warnings: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message) };
    const { instance: store } = await open({ redisHost: nodes, redisType: "cluster", redisDB: "3" }, logger);
    expect(warnings).toEqual(["redisDB 3 has no effect: a cluster has but the database 0"]);
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    await store.bulkSet(
      keys.map((key) => setting(key, key)),
      { parallelism: 0 },
    );
    const items = await store.bulkGet(
      keys.map((key) => getting(key)),
      { parallelism: 0 },
    );
    expect(items.map(({ data }) => textOf(data)).sort()).toEqual([...keys].sort());
    const counts = await Promise.all(raw.nodes("master").map((node) => node.dbsize()));
    expect(counts.every((count) => count > 0)).toBe(true);

    await store.transact!(
      keys.map((key, index) =>
        index % 2 === 0
          ? { kind: "delete", request: deleting(key) }
          : { kind: "set", request: setting(key, "new", { etag: "1" }) },
      ),
      {},
    );
    expect(await store.get(getting("key-2"))).toBeUndefined();
    expect(await store.get(getting("key-3"))).toEqual({ data: Buffer.from("new"), etag: "2" });

    const together = [setting("{a}1", "1"), setting("{a}2", "1", { etag: "bad" }), setting("{a}3", "1")];
    await store.set(setting("{a}2", "old"));
    await expect(
      store.transact!(
        together.map((request) => ({ kind: "set", request: { ...request, etag: request.etag && "9" } })),
        {},
      ),
    ).rejects.toMatchObject({ code: "etag-mismatch" });
    expect(await store.get(getting("{a}1"))).toBeUndefined();
    await store.ping!();
  });
});
