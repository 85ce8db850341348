import pubsubInMemory from "@trilby/pubsub-in-memory";
import stateInMemory from "@trilby/state-in-memory";
import express from "express";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { CommunicationProtocolEnum, DaprServer, LogLevel } from "@dapr/dapr";

import { createTestHost } from "../src/index.ts";

const folder = new URL("..", import.meta.url);
const store = { name: "store", definition: stateInMemory };
const orders = { name: "orders", definition: pubsubInMemory };

function yaml(name: string, type: string, more = ""): string {
  return `apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: ${name}\nspec:\n  type: ${type}\n  version: v1\n${more}`;
}

/** An Express app that subscribes to one topic. `next` resolves to the data of the next message. */
function subscriber() {
  const messages: unknown[] = [];
  const waiting: ((data: unknown) => void)[] = [];
  const app = express().use(express.json({ type: ["application/json", "application/*+json"] }));
  app.get("/dapr/subscribe", (_request, response) => {
    response.json([{ pubsubname: "orders", topic: "placed", route: "/placed" }]);
  });
  app.post("/placed", (request, response) => {
    response.json({ status: "SUCCESS" });
    const { data } = request.body as { data: unknown };
    const waiter = waiting.shift();
    if (waiter) waiter(data);
    else messages.push(data);
  });
  const next = (): Promise<unknown> =>
    messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve));
  return { app, next };
}

async function stateOf(url: string, key: string): Promise<string> {
  return (await fetch(`${url}/v1.0/state/store/${key}`)).text();
}
const save = (url: string, key: string, value: unknown) =>
  fetch(`${url}/v1.0/state/store`, { method: "POST", body: JSON.stringify([{ key, value }]) });

test("an app behind a handler gets what is published", async () => {
  const { app, next } = subscriber();
  await using host = await createTestHost({ components: [store, orders], app });
  await host.publish("orders", "placed", { order: 1 });
  assert.deepEqual(await next(), { order: 1 });
  await host.publish("orders", "placed", "two");
  assert.equal(await next(), "two");
  await host.publish("orders", "placed", { order: 3 }, { contentType: "text/x-order" });
  assert.equal(await next(), '{"order":3}');

  assert.equal((await save(host.url, "a", 1)).status, 204);
  assert.equal(await stateOf(host.url, "a"), "1");
  const { id, components, subscriptions } = await host.metadata();
  assert.equal(id, "test");
  assert.deepEqual(components?.map(({ name, type }) => [name, type]).toSorted(), [
    ["orders", "pubsub.in-memory"],
    ["store", "state.in-memory"],
  ]);
  assert.deepEqual(
    subscriptions?.map(({ pubsubname, topic }) => [pubsubname, topic]),
    [["orders", "placed"]],
  );
  assert.ok(host.log.some(({ message }) => message.startsWith("dapr initialized. Status: Running.")));
  await assert.rejects(host.publish("nowhere", "placed", 1), /the host answered 404: .*ERR_PUBSUB_NOT_FOUND/);
});

test("an app that runs already is called on its port and left running", async () => {
  const { app, next } = subscriber();
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const host = await createTestHost({ components: [orders], app: port });
  assert.equal(host.appPort, port);
  await host.publish("orders", "placed", 7);
  assert.equal(await next(), 7);
  await host.stop();
  assert.equal((await fetch(`http://127.0.0.1:${port}/dapr/subscribe`)).status, 200);
});

test("a gRPC app is started when the APIs answer, and ended with the host", async () => {
  const got = Promise.withResolvers<unknown>();
  let ended = 0;
  const host = await createTestHost({
    components: [orders],
    app: {
      protocol: "grpc",
      async start({ appPort, grpcPort }) {
        const server = new DaprServer({
          serverHost: "127.0.0.1",
          serverPort: String(appPort),
          communicationProtocol: CommunicationProtocolEnum.GRPC,
          clientOptions: { daprHost: "127.0.0.1", daprPort: String(grpcPort) },
          logger: { level: LogLevel.Error },
        });
        await server.pubsub.subscribe("orders", "placed", async (data: unknown) => got.resolve(data));
        await server.start();
        return async () => {
          await server.stop();
          await server.client.stop();
          ended++;
        };
      },
    },
  });
  await host.publish("orders", "placed", { order: 1 });
  assert.deepEqual(await got.promise, { order: 1 });
  await host.stop();
  await host.stop();
  assert.equal(ended, 1);
});

test("components come from YAML texts, files and folders", async () => {
  const path = await mkdtemp(join(tmpdir(), "trilby-testing-"));
  onTestFinished(() => rm(path, { recursive: true }));
  await writeFile(join(path, "one.yaml"), yaml("store", "state.in-memory"));
  const { app, next } = subscriber();
  const subscription =
    "apiVersion: dapr.io/v2alpha1\nkind: Subscription\nmetadata:\n  name: more\n" +
    "spec:\n  pubsubname: orders\n  topic: more\n  routes:\n    default: /placed\n";
  await using host = await createTestHost({
    folder,
    components: [`${yaml("orders", "pubsub.in-memory")}---\n${subscription}`, join(path, "one.yaml")],
    app,
  });
  await save(host.url, "a", "x");
  assert.equal(await stateOf(host.url, "a"), '"x"');
  await host.publish("orders", "more", 1);
  assert.equal(await next(), 1);
  await using other = await createTestHost({ folder, components: [path] });
  assert.equal((await other.metadata()).components?.[0]?.name, "store");
});

test("hosts of one process share nothing", async () => {
  await using one = await createTestHost({ components: [store] });
  await using two = await createTestHost({ components: [store] });
  await save(one.url, "a", 1);
  assert.equal(await stateOf(two.url, "a"), "");
  assert.notEqual(one.httpPort, two.httpPort);
});

test.each([
  [
    "a component that does not start",
    { components: [yaml("store", "state.redis", "  metadata:\n  - name: redisHots\n    value: a\n")] },
    /components\[0\]:\d+:\d+: redisHots is not a metadata field of state.redis; did you mean redisHost\?/,
  ],
  ["YAML that cannot be read", { components: ["a:\n\t- b\n"] }, /components\[0\]:2:1: YAML is indented with a tab/],
  [
    "a resource with a mistake",
    {
      components: [
        yaml("store", "state.in-memory").replace(
          "name: store",
          "name: store\n  annotations: {trilby.dev/placement: here}",
        ),
      ],
    },
    /components\[0\]:5:\d+: annotation trilby.dev\/placement must be in-process, child or socket/,
  ],
  ["a path that leads nowhere", { components: ["nowhere.yaml"] }, /components\[0\] is neither YAML .*nowhere\.yaml/],
  ["a flag that there is none of", { flags: ["--app-max-concurency=1"] }, /did you mean --app-max-concurrency\?/],
  [
    "a subscription that cannot be started",
    {
      components: [orders],
      app: (_request: unknown, response: ServerResponse) =>
        response
          .setHeader("content-type", "application/json")
          .end('[{"pubsubname": "orders", "topic": "a", "route": "/a", "metadata": {"rawPayload": "perhaps"}}]'),
    },
    /subscription to topic a on pubsub orders \(the app's answer to GET \/dapr\/subscribe, entry 0\) is not served: rawPayload/,
  ],
  [
    "an app that does not start",
    { app: { start: () => Promise.reject(new Error("the app said no")) } },
    /^Error: the app said no$/,
  ],
  [
    "an app that never listens",
    { app: { port: 1, start: async () => {} }, readyWithinMs: 300 },
    /not ready within 300 ms: it waits for the app on port 1$/,
  ],
])("%s is an error that says so", async (_, setup, message) => {
  await assert.rejects(createTestHost({ folder, ...setup }), message);
});

test("the machine's environment is not the host's", async () => {
  const token = process.env["DAPR_API_TOKEN"];
  process.env["DAPR_API_TOKEN"] = "secret";
  onTestFinished(() => {
    if (token === undefined) delete process.env["DAPR_API_TOKEN"];
    else process.env["DAPR_API_TOKEN"] = token;
  });
  await using open = await createTestHost();
  assert.equal((await fetch(`${open.url}/v1.0/metadata`)).status, 200);
  await using closed = await createTestHost({ environment: { DAPR_API_TOKEN: "secret" } });
  assert.equal((await fetch(`${closed.url}/v1.0/metadata`)).status, 401);
  assert.equal((await closed.metadata()).id, "test");
});

// A process ends by itself exactly when nothing is left open.
test("leaves nothing open: the process of a script ends after it", () => {
  const script = `
    import { createTestHost } from "@trilby/testing";
    import pubsub from "@trilby/pubsub-in-memory";
    import state from "@trilby/state-in-memory";
    const app = (request, response) => response.end("[]");
    const components = [{ name: "store", definition: state }, { name: "orders", definition: pubsub }];
    const startMs = [];
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      const host = await createTestHost({ components, app });
      startMs.push(Math.round(performance.now() - began));
      await fetch(host.url + "/v1.0/metadata").then((response) => response.text());
      await host.stop();
    }
    await createTestHost({ app: 1, readyWithinMs: 50 }).catch(() => {});
    console.log(JSON.stringify(startMs));
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: folder,
    encoding: "utf8",
    timeout: 15_000,
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const [first, ...others] = JSON.parse(stdout) as number[];
  // Generous for a busy machine; the point is that a host costs a test nothing worth saving.
  assert.ok(first! < 3000 && Math.min(...others) < 500, stdout);
  console.log(`a test host starts in ${Math.min(...others)} ms, the first of a process in ${first} ms`);
});
