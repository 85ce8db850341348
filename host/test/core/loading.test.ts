import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { manifest, plainGet, projectWithFixtures, textOf, world, write } from "./world.ts";

const inProcess = (name: string, type: string, pairs: Record<string, string> = {}, more = "") =>
  manifest(name, type, pairs, more).replace(
    `name: ${name}\n`,
    `name: ${name}\n  annotations: {trilby.dev/placement: in-process}\n`,
  );
const passwordFrom = (store: string, secret: string, key = "") =>
  `  metadata:\n  - name: password\n    secretKeyRef: {name: ${secret}${key === "" ? "" : `, key: ${key}`}}\nauth: {secretStore: ${store}}\n`;

test("secret stores start first, and secrets reach a component by name and key", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": inProcess("store", "state.fixture", {}, passwordFrom("vault", "db")),
    "z.yaml": inProcess("vault", "secretstores.fixture"),
  });
  const { components, load, lines } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!;
  assert.equal(textOf((await store.instance.get(plainGet("password")))?.data), "hunter2");
  assert.equal(store.properties.get("password"), "hunter2");
  assert.deepEqual([...(store.secretNames ?? [])], [["password", "db"]]);
  assert.deepEqual(lines("info"), [
    "Component loaded: vault (secretstores.fixture/v1)",
    "Component loaded: store (state.fixture/v1)",
  ]);
  for (const { message } of [...lines("info"), ...lines("warn")].map((message) => ({ message })))
    assert.ok(!message.includes("hunter2"));
});

test("a secret store that needs another secret store waits for it", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": inProcess("outer", "secretstores.fixture", {}, passwordFrom("inner", "x")),
    "b.yaml": inProcess("inner", "secretstores.fixture"),
    "c.yaml": inProcess("store", "state.fixture", {}, passwordFrom("outer", "y")),
  });
  const { components, load } = await world(folder);
  await load();
  const store = components.registry.get("state", "store")!;
  assert.equal(textOf((await store.instance.get(plainGet("password")))?.data), "hunter2");
});

test("a component whose secret store no resource declares is parked, the others start, and health says why", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": inProcess("parked", "state.fixture", {}, passwordFrom("vault", "x")),
    "b.yaml": inProcess("free", "state.fixture"),
    "c.yaml": inProcess(
      "unsaid",
      "state.fixture",
      {},
      "  metadata:\n  - name: password\n    secretKeyRef: {name: x}\n",
    ),
  });
  const { components, load } = await world(folder);
  await load();
  assert.ok(components.registry.get("state", "free"));
  assert.equal(components.registry.get("state", "parked"), undefined);
  expect(components.registry.health()).toMatchObject([
    {
      name: "parked",
      state: "failed",
      lastError: "it needs the secret store vault, which no resource declares for this app",
    },
    { name: "free", state: "ready" },
    {
      name: "unsaid",
      state: "failed",
      lastError: "its metadata has a secretKeyRef, but auth.secretStore does not say which store",
    },
  ]);
});

test("a secret that is not there fails the component with its place", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": inProcess("store", "state.fixture", {}, passwordFrom("vault", "db", "other")),
    "z.yaml": inProcess("vault", "secretstores.fixture"),
  });
  const { load } = await world(folder);
  await assert.rejects(load(), (error: Error) => {
    assert.ok(
      error.message.startsWith(
        `process component store error: [INIT_COMPONENT_FAILURE]: initialization error occurred for store (state.fixture/v1): ${folder}/a.yaml:10:5: metadata password: secret db of store vault has no key other`,
      ),
      error.message,
    );
    return true;
  });
});

test("envRef reads what it may and nothing else", async () => {
  const withVariable = (variable: string) =>
    inProcess("store", "state.fixture", {}, `  metadata:\n  - name: password\n    envRef: ${variable}\n`);
  const environment = { DB_PASSWORD: "from-env", DAPR_API_TOKEN: "no", OTHER: "no" };
  const folder = await projectWithFixtures({ "a.yaml": withVariable("DB_PASSWORD") });
  const allowed = await world(folder, { environment, envKeys: ["DB_PASSWORD"] });
  await allowed.load();
  assert.equal(allowed.components.registry.get("state", "store")?.properties.get("password"), "from-env");

  await write(folder, { "a.yaml": withVariable("DAPR_API_TOKEN") });
  await assert.rejects((await world(folder, { environment })).load(), /envRef DAPR_API_TOKEN is not allowed/);
  await write(folder, { "a.yaml": withVariable("OTHER") });
  await assert.rejects(
    (await world(folder, { environment, envKeys: ["DB_PASSWORD"] })).load(),
    /DAPR_ENV_KEYS does not list it/,
  );
});

test("templates are filled, consumerID is the app, namespaced is noticed", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": inProcess("store", "state.fixture", { password: "{appID}/{namespace}/{podName}" }),
    "b.yaml": inProcess("broker", "pubsub.fixture", { consumerID: "{namespace}", unknownMetadata: "allow" }),
    "c.yaml": inProcess("other", "pubsub.fixture"),
  });
  const { components, load } = await world(folder, { namespace: "prod", environment: { POD_NAME: "pod-1" } });
  await load();
  const { registry } = components;
  assert.equal(registry.get("state", "store")?.properties.get("password"), "shop/prod.shop/pod-1");
  assert.equal(registry.get("pubsub", "broker")?.properties.get("consumerid"), "prod.shop");
  assert.equal(registry.get("pubsub", "broker")?.namespaced, true);
  assert.equal(registry.get("pubsub", "other")?.properties.get("consumerid"), "shop");
  assert.equal(registry.get("pubsub", "other")?.namespaced, false);
});

const failures: [name: string, yaml: string, message: RegExp][] = [
  [
    "rejects in Init",
    manifest("c", "state.fixture", { init: "reject" }),
    /state.fixture did not open: the backend said no \(component declared at .*c.yaml:1:1\)$/,
  ],
  ["crashes in Init", manifest("c", "state.fixture", { init: "crash" }), /its process ended with exit code 7/],
  [
    "throws out of nowhere in Init",
    manifest("c", "state.fixture", { init: "throw" }),
    /its process ended with exit code 1: an exception was thrown and nobody caught it: ending: Error: out of nowhere/,
  ],
  [
    "never answers Init",
    manifest("c", "state.fixture", { init: "hang" }, "  initTimeout: 300ms\n"),
    /init timeout for component c \(state.fixture\/v1\) exceeded after 0.3s/,
  ],
  [
    "has unknown metadata",
    manifest("c", "state.fixture", { pasword: "hunter2" }),
    /c.yaml:9:5: pasword is not a metadata field of state.fixture; did you mean password\?/,
  ],
  ["has an unknown category", manifest("c", "store.fixture"), /incorrect type store.fixture/],
  ["is not installed", manifest("c", "state.fixtur"), /couldn't find state store state.fixtur\/v1/],
];
for (const [name, yaml, message] of failures) {
  for (const placement of ["child", "in-process"] as const) {
    if (placement === "in-process" && /crashes|out of nowhere/.test(name)) continue;
    test(`a component that ${name} (${placement}) stops the host with its place and cause`, async () => {
      const folder = await projectWithFixtures({ "c.yaml": yaml });
      const { load } = await world(folder, { placement });
      await assert.rejects(load(), (error: Error) => {
        assert.match(
          error.message,
          /^process component c error: (incorrect type|\[INIT_COMPONENT_FAILURE\]: initialization error occurred for c \()/,
        );
        assert.match(error.message, message);
        assert.ok(!error.message.includes("hunter2"));
        return true;
      });
    });
  }
}

test("with ignoreErrors the others start at once, and the failed one is tried again until it works", async () => {
  const folder = await projectWithFixtures({
    "bad.yaml": manifest("bad", "state.later", {}, "  ignoreErrors: true\n"),
    "good.yaml": inProcess("good", "state.fixture"),
    "late.yaml": inProcess("late", "state.fixture", {}, passwordFrom("vault", "x")),
    "vault.yaml": inProcess("vault", "secretstores.broken", {}, "  ignoreErrors: true\n"),
  });
  const later = join(folder, "node_modules/later");
  await write(folder, {
    "node_modules/later/package.json": JSON.stringify({
      name: "later",
      type: "module",
      exports: "./index.js",
      trilby: {
        components: [{ type: "secretstores.broken", kind: "secretstores", version: "v1", placement: "in-process" }],
      },
    }),
    "node_modules/later/index.js": `
      let attempts = 0;
      export default { kind: "secretstores", type: "secretstores.broken", version: "v1", features: [], metadata: {}, async open() {
        if (attempts++ === 0) throw new Error("sealed");
        return { async get({ name }) { return { [name]: "unsealed" }; }, async bulkGet() { return {}; }, async close() {} };
      } };`,
  });
  const { components, load, seen, lines } = await world(folder);
  await load();
  assert.ok(components.registry.get("state", "good"));
  const health = new Map(components.registry.health().map((each) => [each.name, each]));
  assert.equal(health.get("bad")?.state, "failed");
  assert.ok((health.get("bad")?.nextRetry ?? 0) > Date.now());
  assert.match(health.get("vault")?.lastError ?? "", /sealed/);
  assert.equal(health.get("late")?.lastError, "it waits for the secret store vault");
  assert.ok(
    lines("error").some((line) =>
      /^Ignoring error processing component: process component .* it is tried again in 1s$/.test(line),
    ),
  );

  await seen(/Component loaded: late/);
  assert.equal(components.registry.get("state", "late")?.properties.get("password"), "unsealed");
  await rm(later, { recursive: true });
});

test("components in code: no file, no package", async () => {
  const folder = await projectWithFixtures({});
  const { default: definitions } = await import("../fixtures/fixture-components/index.js");
  const definition = definitions.find(({ type }) => type === "state.fixture")!;
  const { components, load } = await world(folder, {}, [{ definition, name: "memory", properties: { password: "p" } }]);
  await load();
  assert.equal(
    textOf((await components.registry.get("state", "memory")?.instance.get(plainGet("password")))?.data),
    "p",
  );
  expect(components.registry.health()).toMatchObject([
    { name: "memory", source: "code", placement: "in-process", state: "ready" },
  ]);
});

test("denied components and those of lacking capabilities are left out", async () => {
  const folder = await projectWithFixtures({
    "a.yaml": inProcess("denied", "state.fixture"),
    "b.yaml": inProcess("kept", "pubsub.fixture"),
    "c.yaml": manifest("lock", "lock.redis"),
    "d.yaml": inProcess("unversioned", "pubsub.fixture").replace("  version: v1\n", ""),
  });
  const { components, load, lines } = await world(folder, { denied: ["state.fixture/v1"] });
  await load();
  assert.deepEqual(
    components.registry.health().map(({ name }) => name),
    ["kept"],
  );
  assert.deepEqual(lines("warn"), [
    "component 'denied' cannot be loaded because components of type 'denied (state.fixture/v1)' are not allowed",
    `${folder}/c.yaml:1:1: component lock (lock.redis/v1) has no effect, because this version has no locks`,
    "component 'unversioned' cannot be loaded because components of type 'unversioned (pubsub.fixture)' are not allowed",
  ]);
});

test("listeners are awaited before a component counts as loaded, and told before it closes", async () => {
  const folder = await projectWithFixtures({ "a.yaml": inProcess("store", "state.fixture") });
  const { components, load, lines } = await world(folder);
  const events: string[] = [];
  components.registry.onLoad("state", async ({ name }) => {
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`load ${name} ${lines("info").length}`);
  });
  components.registry.onUnload("state", ({ name }) => void events.push(`unload ${name}`));
  await load();
  await components.close(1000);
  assert.deepEqual(events, ["load store 0", "unload store"]);
});
