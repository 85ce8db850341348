import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import {
  manifest,
  plainDelete,
  plainGet,
  plainSet,
  projectWithFixtures,
  scratch,
  textOf,
  world,
  write,
} from "./world.ts";

const kill = (pid: string | undefined) => process.kill(Number(pid), "SIGKILL");

test("a component in a child process answers, and closes in good order", async () => {
  const folder = await projectWithFixtures({});
  const journal = join(folder, "journal");
  await write(folder, { "store.yaml": manifest("store", "state.fixture", { journal }) });
  const { components, load, lines } = await world(folder);
  await load();
  const store = components.registry.get("state", "store");
  assert.deepEqual(store?.features, ["ETAG"]);
  await store?.instance.set(plainSet("a", "1"));
  assert.equal(textOf((await store?.instance.get(plainGet("a")))?.data), "1");
  const pid = textOf((await store?.instance.get(plainGet("pid")))?.data);
  assert.notEqual(pid, String(process.pid));
  expect(components.registry.health()).toMatchObject([
    {
      name: "store",
      type: "state.fixture",
      state: "ready",
      placement: "child",
      source: `${folder}/store.yaml:1`,
      lastError: undefined,
    },
  ]);
  assert.ok(lines("info").includes("Component loaded: store (state.fixture/v1)"));
  await components.close(5000);
  assert.throws(() => process.kill(Number(pid), 0), /ESRCH/);
  assert.equal(await readFile(journal, "utf8"), `open ${pid}\nclose ${pid}\n`);
});

test("a killed child comes back behind the same instance; calls in between wait", async () => {
  const folder = await projectWithFixtures({});
  const file = join(folder, "values");
  await write(folder, { "store.yaml": manifest("store", "state.fixture", { file }) });
  const { components, load, seen } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!.instance;
  await store.set(plainSet("a", "1"));
  const first = textOf((await store.get(plainGet("pid")))?.data);

  const slow = store.get(plainGet("slow")).catch((error: { code: string }) => error.code);
  // Makes sure that the slow call has reached the child.
  await store.get(plainGet("a"));
  kill(first);
  assert.equal(await slow, "unavailable");
  await seen(/component store is lost/);
  const [health] = components.registry.health();
  assert.equal(health?.state, "degraded");
  assert.match(health?.lastError ?? "", /its process was ended by SIGKILL/);

  // On a busy machine the start may take longer than a call waits.
  const waited = await store.get(plainGet("a")).catch((error: { code: string }) => error.code);
  assert.ok(waited === "unavailable" || (typeof waited === "object" && textOf(waited.data) === "1"));
  await seen(/component store is back/);
  const second = textOf((await store.get(plainGet("pid")))?.data);
  assert.notEqual(second, first);
  assert.equal(components.registry.health()[0]?.state, "ready");
});

test("kill -9 of a child under load: every acknowledged write survives, and it serves again within a second", async () => {
  const folder = await projectWithFixtures({});
  const file = join(folder, "values");
  await write(folder, { "store.yaml": manifest("store", "state.fixture", { file }) });
  const { components, load, log } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!.instance;
  const acknowledged = new Set<string>();
  const refused: string[] = [];
  const run = { over: false };
  let count = 0;
  const writer = async (): Promise<void> => {
    while (!run.over) {
      const key = `k${count++}`;
      await store.set(plainSet(key, key)).then(
        () => acknowledged.add(key),
        (error: { code: string }) => refused.push(error.code),
      );
    }
  };
  const writers = Array.from({ length: 8 }, writer);
  const outages: number[] = [];
  for (let round = 0; round < 3; round++) {
    const enough = acknowledged.size + 200;
    while (acknowledged.size < enough) await new Promise((resolve) => setTimeout(resolve, 5));
    const pid = textOf((await store.get(plainGet("pid")))?.data);
    kill(pid);
    for (;;) {
      const now = await store.get(plainGet("pid")).then(
        (found) => textOf(found?.data),
        () => pid,
      );
      if (now !== pid) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const backAt = log.findLast(({ message }) => message.includes("runs in process"))?.at ?? 0;
    outages.push(performance.now() - backAt);
  }
  run.over = true;
  await Promise.all(writers);
  for (const key of acknowledged) assert.equal(textOf((await store.get(plainGet(key)))?.data), key);
  assert.deepEqual([...new Set(refused)], ["unavailable"]);
  for (const outage of outages) assert.ok(outage < 1000, `served ${outage} ms after the process was back`);
});

test("subscriptions are opened again on the new process, for whoever holds them unchanged", async () => {
  const folder = await projectWithFixtures({});
  const journal = join(folder, "journal");
  await write(folder, { "broker.yaml": manifest("broker", "pubsub.fixture", { journal }) });
  const { components, load, seen } = await world(folder);
  await load();
  const broker = components.registry.get("pubsub", "broker")!.instance;
  const received: string[] = [];
  let arrived = Promise.withResolvers<void>();
  const deliver = async ({ data }: { data: Uint8Array }): Promise<void> => {
    received.push(textOf(data) ?? "");
    arrived.resolve();
  };
  const subscription = await broker.subscribe({ topic: "orders", metadata: {} }, deliver);
  const closed = await broker.subscribe({ topic: "closed", metadata: {} }, deliver);
  await closed.close();
  const publish = (topic: string, text: string) =>
    broker.publish({ topic, data: new TextEncoder().encode(text), metadata: {} });
  await publish("orders", "one");
  await arrived.promise;

  await assert.rejects(publish("crash", ""), { code: "unavailable" });
  await seen(/component broker is back/);
  arrived = Promise.withResolvers();
  await publish("orders", "two");
  await arrived.promise;
  assert.deepEqual(received, ["one", "two"]);
  const opened = (await readFile(journal, "utf8")).split("\n").filter((line) => line.startsWith("subscribe"));
  assert.deepEqual(opened, ["subscribe orders", "subscribe closed", "subscribe orders"]);
  await subscription.close();
  await publish("orders", "three");
  await publish("orders", "four");
  assert.deepEqual(received, ["one", "two"]);
});

test("both halves of a binding come back", async () => {
  const folder = await projectWithFixtures({ "both.yaml": manifest("both", "bindings.fixture") });
  const { components, load, seen } = await world(folder);
  await load();
  const binding = components.registry.get("bindings", "both")!.instance;
  assert.deepEqual(binding.operations, ["emit", "crash"]);
  const events: string[] = [];
  await binding.read!(async ({ data }) => {
    events.push(textOf(data) ?? "");
    return new Uint8Array();
  });
  const emit = (text: string) =>
    binding.invoke!({ operation: "emit", data: new TextEncoder().encode(text), metadata: {} });
  await emit("one");
  await assert.rejects(binding.invoke!({ operation: "crash", data: new Uint8Array(), metadata: {} }), {
    code: "unavailable",
  });
  await seen(/component both is back/);
  await emit("two");
  assert.deepEqual(events, ["one", "two"]);
});

test("a component that dies at each start is tried rarer and rarer, and calls are told why", async () => {
  const folder = await projectWithFixtures({});
  const journal = join(folder, "journal");
  await write(folder, { "store.yaml": manifest("store", "state.fixture", { journal }) });
  const { components, load, log } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!.instance;
  await assert.rejects(store.delete(plainDelete("crash")), { code: "unavailable" });
  // Each time it is back it is crashed again.
  for (let round = 0; round < 3; round++)
    await assert.rejects(store.delete(plainDelete("crash")), { code: "unavailable" });
  const attempts = log.filter(({ message }) => message.includes("is lost")).length;
  assert.ok(attempts >= 3, `${attempts} attempts`);
  const { nextRetry, state } = components.registry.health()[0]!;
  assert.ok(state === "degraded" || state === "ready", state);
  if (nextRetry !== undefined) assert.ok(nextRetry > Date.now() - 1000);
});

test("the child gets the host's environment without its tokens, and our own log level", async () => {
  const folder = await projectWithFixtures({ "store.yaml": manifest("store", "state.fixture") });
  process.env["DAPR_API_TOKEN"] = "secret-one";
  process.env["APP_API_TOKEN"] = "secret-two";
  process.env["SOME_CLOUD_CREDENTIAL"] = "given";
  try {
    const { components, load } = await world(folder);
    await load();
    const store = components.registry.get("state", "store")!.instance;
    const environment = JSON.parse(
      textOf((await store.get(plainGet("environment")))?.data) ?? "{}",
    ) as NodeJS.ProcessEnv;
    assert.equal(environment["DAPR_API_TOKEN"], undefined);
    assert.equal(environment["APP_API_TOKEN"], undefined);
    assert.equal(environment["SOME_CLOUD_CREDENTIAL"], "given");
    assert.equal(environment["TRILBY_LOG_LEVEL"], "info");
  } finally {
    delete process.env["DAPR_API_TOKEN"];
    delete process.env["APP_API_TOKEN"];
    delete process.env["SOME_CLOUD_CREDENTIAL"];
  }
});

test("state.sqlite in a child, killed under load: what was acknowledged is in the file", async () => {
  const folder = await scratch();
  const installed = fileURLToPath(new URL("../../../components/state-sqlite", import.meta.url));
  const annotations = `{trilby.dev/package: ${installed}, trilby.dev/placement: child}`;
  const yaml = manifest("store", "state.sqlite", { connectionString: join(folder, "state.db") });
  await write(folder, { "store.yaml": yaml.replace("name: store\n", `name: store\n  annotations: ${annotations}\n`) });
  const { components, load, lines } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!.instance;
  assert.equal(typeof store.transact, "function");
  const pids = () => lines("debug").flatMap((line) => /runs in process (\d+)/.exec(line)?.[1] ?? []);

  const acknowledged: string[] = [];
  const run = { over: false };
  const writer = async (_: unknown, worker: number): Promise<void> => {
    for (let count = 0; !run.over; count++) {
      const key = `${worker}-${count}`;
      await store.set(plainSet(key, key)).then(
        () => acknowledged.push(key),
        (error: { code: string }) => assert.equal(error.code, "unavailable"),
      );
    }
  };
  const writers = Array.from({ length: 4 }, writer);
  for (let round = 1; round <= 3; round++) {
    await until(() => acknowledged.length >= round * 100);
    kill(pids().at(-1));
    await until(() => pids().length === round + 1);
  }
  await until(() => acknowledged.length >= 400);
  run.over = true;
  await Promise.all(writers);
  for (const key of acknowledged) assert.equal(textOf((await store.get(plainGet(key)))?.data), key);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
