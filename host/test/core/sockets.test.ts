import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

import { lines } from "../../src/components/placements/lines.ts";
import { manifest, plainGet, plainSet, projectWithFixtures, textOf, world } from "./world.ts";

/** Somebody else's component process on a socket. Resolves when it serves. */
async function serve(socketPath: string, type: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const main = fileURLToPath(new URL("../../src/components/placements/child-main.ts", import.meta.url));
  const entryUrl = new URL("../fixtures/fixture-components/index.js", import.meta.url).href;
  const child = spawn(process.execPath, [main, "--socket", socketPath], {
    env: {
      ...process.env,
      TRILBY_CHILD_TASK: JSON.stringify({ folder: `${socketPath}.folder`, entryUrl, type, version: "v1" }),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  await new Promise<void>((resolve, reject) => {
    lines(child.stdout, (line) => line.startsWith("trilby component ready") && resolve());
    child.once("close", () => reject(new Error("the component process ended")));
  });
  return { pid: child.pid ?? 0, kill };
}

async function socketsIn(folder: string): Promise<string> {
  await mkdir(join(folder, "sockets"), { recursive: true });
  return join(folder, "sockets");
}

test("a live socket serves the type of its name, and is used before a package", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("store", "state.fixture") });
  const { pid } = await serve(join(await socketsIn(folder), "fixture.sock"), "state.fixture");
  const { components, load } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!.instance;
  assert.equal(textOf((await store.get(plainGet("pid")))?.data), String(pid));
  expect(components.registry.health()).toMatchObject([{ placement: "socket", state: "ready" }]);
});

test("when the process behind a socket comes back it is initialised again, behind the same instance", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("store", "state.external") });
  const path = join(await socketsIn(folder), "external.sock");
  const before = await serve(path, "state.fixture");
  const { components, load, seen } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!.instance;
  await store.set(plainSet("a", "1"));
  await before.kill();
  await seen(/component store is lost: its connection was closed/);
  assert.equal(components.registry.health()[0]?.state, "degraded");
  const waiting = store.get(plainGet("a"));
  const after = await serve(path, "state.fixture");
  // A call that came while nobody was there either waited long enough or was told so.
  await waiting.catch((error: { code: string; message: string }) => {
    assert.equal(error.code, "unavailable");
    assert.match(error.message, /component "store" is not available/);
  });
  await seen(/component store is back/);
  assert.equal(textOf((await store.get(plainGet("pid")))?.data), String(after.pid));
  assert.equal(await store.get(plainGet("a")), undefined);
});

test("a socket that serves another kind is told so", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("broker", "pubsub.external") });
  await serve(join(await socketsIn(folder), "external.sock"), "state.fixture");
  await assert.rejects(
    (await world(folder)).load(),
    /pubsub.external.*external.sock cannot be used: it does not serve PubSub/,
  );
});

test("subscriptions on a socket are opened again", async () => {
  const folder = await projectWithFixtures({ "c.yaml": manifest("broker", "pubsub.external") });
  const path = join(await socketsIn(folder), "external.sock");
  const before = await serve(path, "pubsub.fixture");
  const { components, load, seen } = await world(folder);
  await load();
  const broker = components.registry.get("pubsub", "broker")!.instance;
  let arrived = Promise.withResolvers<string | undefined>();
  await broker.subscribe({ topic: "t", metadata: {} }, async ({ data }) => arrived.resolve(textOf(data)));
  const publish = (text: string) => broker.publish({ topic: "t", data: new TextEncoder().encode(text), metadata: {} });
  await publish("one");
  assert.equal(await arrived.promise, "one");
  await before.kill();
  await serve(path, "pubsub.fixture");
  await seen(/component broker is back/);
  arrived = Promise.withResolvers();
  await publish("two");
  assert.equal(await arrived.promise, "two");
});

test("a dead socket and one that never answers hold up nobody else, and a package takes their place", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": manifest("store", "state.fixture"),
    "b.yaml": manifest("silent", "state.silent", {}, "  ignoreErrors: true\n"),
    "c.yaml": manifest("dead", "pubsub.dead", {}, "  ignoreErrors: true\n"),
  });
  const sockets = await socketsIn(folder);
  for (const name of ["fixture", "dead"]) await (await serve(join(sockets, `${name}.sock`), "state.fixture")).kill();
  const silent = createServer(() => {}).listen(join(sockets, "silent.sock"));
  onTestFinished(() => void silent.close());
  await once(silent, "listening");

  const { components, load, lines: logged, seen } = await world(folder, { placement: "in-process" });
  const loaded = load();
  await seen(/Component loaded: store/);
  assert.ok(
    logged("warn").some((line) => /fixture.sock is passed over for component store: nobody serves it/.test(line)),
  );
  await loaded;
  const health = new Map(components.registry.health().map((each) => [each.name, each]));
  assert.equal(health.get("store")?.placement, "in-process");
  assert.match(
    health.get("silent")?.lastError ?? "",
    /couldn't find state store state.silent\/v1: .*silent.sock cannot be used: it did not say within 2000 ms/,
  );
  assert.match(
    health.get("dead")?.lastError ?? "",
    /dead.sock cannot be used: nobody serves it: its process is gone and left the file behind/,
  );
});

test("a socket that never answers Init is given up after the component's time limit", async () => {
  const yaml = manifest("store", "state.external", { init: "hang" }, "  initTimeout: 300ms\n");
  const folder = await projectWithFixtures({ "c.yaml": yaml });
  await serve(join(await socketsIn(folder), "external.sock"), "state.fixture");
  await assert.rejects(
    (await world(folder)).load(),
    /init timeout for component store \(state.external\/v1\) exceeded after 0.3s \(Init was not answered within 0.3s\); check that its backend can be reached, or raise spec.initTimeout/,
  );
});

test("an annotation names the socket by its path", async () => {
  const yaml = manifest("store", "state.anything").replace(
    "name: store\n",
    "name: store\n  annotations: {trilby.dev/socket: ./my.socket}\n",
  );
  const folder = await projectWithFixtures({ "c.yaml": yaml });
  await assert.rejects(
    (await world(folder)).load(),
    /my.socket of annotation trilby.dev\/socket cannot be used: there is no such socket/,
  );
  await serve(join(folder, "my.socket"), "state.fixture");
  const { components, load } = await world(folder);
  await load();
  assert.ok(components.registry.get("state", "store"));
});

test("placement socket waits for the process to come, within the time limit", async () => {
  const yaml = (more: string) =>
    manifest("store", "state.external", {}, more).replace(
      "name: store\n",
      "name: store\n  annotations: {trilby.dev/placement: socket}\n",
    );
  const folder = await projectWithFixtures({ "c.yaml": yaml("  initTimeout: 10s\n") });
  const path = join(await socketsIn(folder), "external.sock");
  const { components, load } = await world(folder);
  const loaded = load();
  await serve(path, "state.fixture");
  await loaded;
  assert.ok(components.registry.get("state", "store"));

  const nobody = await projectWithFixtures({ "c.yaml": yaml("  initTimeout: 300ms\n") });
  await assert.rejects(
    (await world(nobody)).load(),
    /couldn't find state store state.external\/v1: no socket external.sock in .*; start the component's process/,
  );
});
