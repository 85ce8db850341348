import { connect } from "@trilby/kit/transport";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";

import type { Log } from "../../src/observability/log.ts";
import { parseFlags } from "../../src/options/flag-values.ts";
import { readHostOptions } from "../../src/options/host-options.ts";
import { createRuntime, type Runtime, type RuntimeParts } from "../../src/runtime.ts";
import definitions from "../fixtures/fixture-components/index.js";
import { rpc } from "../api/rpc.ts";
import { manifest, scratch, write } from "./world.ts";

const fixture = (type: string) => definitions.find((each) => each.type === type)!;
const stores = [{ definition: fixture("state.fixture"), name: "store" }];
const free = [
  "--dapr-http-port=0",
  "--dapr-grpc-port=0",
  "--metrics-port=0",
  "--dapr-listen-addresses=127.0.0.1",
  "--metrics-listen-address=127.0.0.1",
];

function runtimeWith(
  argv: readonly string[],
  parts: RuntimeParts = {},
  environment = {},
): { runtime: Runtime; log: string[] } {
  const log: string[] = [];
  const entry = (message: string): void => void log.push(message);
  const recorded: Log = {
    scope: () => ({ debug: () => {}, info: entry, warn: entry, error: entry }),
    fatal: (_scope, message) => entry(message),
    flush: () => Promise.resolve(),
  };
  const { options } = readHostOptions(parseFlags(["--app-id=shop", ...free, ...argv]), environment);
  const runtime = createRuntime(options, { log: recorded, environment, ...parts });
  onTestFinished(async () => void (await runtime.stop()));
  return { runtime, log };
}

function urlOf(runtime: Runtime, path: string): string {
  const [address] = runtime.addresses.http;
  assert.ok(address && "port" in address);
  return `http://127.0.0.1:${address.port}${path}`;
}
const statusOf = (runtime: Runtime, path: string) =>
  fetch(urlOf(runtime, path)).then(async (response) => (await response.text(), response.status));

async function app(
  handle: Parameters<typeof createHttpServer>[1],
  port = 0,
): Promise<{ server: Server; port: number }> {
  const server = createHttpServer(handle).listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

test("starts with components in code, serves, and stops", async () => {
  const { runtime, log } = runtimeWith([], { components: stores });
  const beganAt = performance.now();
  await runtime.start();
  await runtime.ready;
  const tookMs = performance.now() - beganAt;
  const saved = await fetch(urlOf(runtime, "/v1.0/state/store"), {
    method: "POST",
    body: '[{"key": "a", "value": {"b": 1}}]',
  });
  assert.equal(saved.status, 204);
  assert.equal(await (await fetch(urlOf(runtime, "/v1.0/state/store/a"))).text(), '{"b":1}');
  assert.equal(await statusOf(runtime, "/v1.0/healthz"), 204);
  const url = urlOf(runtime, "/v1.0/healthz");
  const metrics = await (await fetch(`http://127.0.0.1:${runtime.addresses.metricsPort}/`)).text();
  assert.match(
    metrics,
    /^dapr_runtime_component_init_total\{.*component_type="state.fixture".*\} 1$|^dapr_runtime_component_loaded\{/m,
  );
  await runtime.stop();
  await assert.rejects(fetch(url));
  assert.ok(log.some((line) => /^dapr initialized. Status: Running. Init Elapsed \d+ms$/.test(line)));
  assert.deepEqual(log.slice(-3), [
    "Dapr is shutting down",
    "Shutting down component store (state.fixture/v1)",
    "Dapr runtime stopped",
  ]);
  assert.ok(tookMs < 2000, `${tookMs} ms`);
});

test("a port in use: the error names the port and the flag, and nothing stays open", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  for (const flag of ["dapr-http-port", "dapr-grpc-port", "dapr-public-port", "metrics-port"]) {
    const argv = [`--${flag}=${port}`, "--dapr-public-listen-address=127.0.0.1"];
    const { runtime } = runtimeWith(argv, { components: stores });
    await assert.rejects(
      runtime.start(),
      (error: Error) => error.message.includes(String(port)) && error.message.includes(`--${flag}`),
      flag,
    );
    await runtime.stop();
  }
});

test("stopping in the middle of the start ends it", async () => {
  const { runtime, log } = runtimeWith([], {
    components: [...stores, { definition: fixture("state.fixture"), name: "slow", properties: { init: "hang" } }],
  });
  const starting = runtime.start();
  starting.catch(() => {});
  while (!log.some((line) => line.startsWith("Component loaded: store")))
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await statusOf(runtime, "/v1.0/healthz/outbound"), 500);
  const beganAt = performance.now();
  await runtime.stop();
  assert.ok(performance.now() - beganAt < 1000);
  await assert.rejects(starting);
});

test("calls wait for the first start of the components, health does not", async () => {
  const gate = Promise.withResolvers<void>();
  const slow = { ...fixture("state.fixture") } as (typeof stores)[number]["definition"];
  const open = slow.open.bind(slow);
  slow.open = (async (...words: Parameters<typeof open>) => {
    await gate.promise;
    return open(...words);
  }) as typeof open;
  const { runtime, log } = runtimeWith([], { components: [...stores, { definition: slow, name: "slow" }] });
  const starting = runtime.start();
  while (!log.some((line) => line.startsWith("Component loaded: store")))
    await new Promise((resolve) => setTimeout(resolve, 5));

  assert.equal(await statusOf(runtime, "/v1.0/healthz/outbound"), 500);
  const gone = new AbortController();
  const left = fetch(urlOf(runtime, "/v1.0/metadata"), { signal: gone.signal }).catch(() => "gone");
  let answered = false;
  const names = fetch(urlOf(runtime, "/v1.0/metadata")).then(async (response) => {
    answered = true;
    const { components } = (await response.json()) as { components: { name: string }[] };
    return components.map(({ name }) => name);
  });
  const read = statusOf(runtime, "/v1.0/state/slow/a");
  const [grpc] = runtime.addresses.grpc;
  assert.ok(grpc && "port" in grpc);
  const channel = await connect({ host: "127.0.0.1", port: grpc.port });
  onTestFinished(() => channel.close());
  const readOverGrpc = rpc(channel, "getState", { storeName: "slow", key: "a", consistency: 0, metadata: {} });
  // Answers to what is asked later and waits for nothing: those before it had their time.
  for (let index = 0; index < 3; index++) await statusOf(runtime, "/v1.0/healthz?verbose");
  gone.abort();
  assert.equal(await left, "gone");
  assert.equal(answered, false);
  gate.resolve();
  await starting;
  assert.deepEqual(await names, ["store", "slow"]);
  assert.equal(await read, 204);
  assert.equal((await readOverGrpc).data.length, 0);
});

test("a component that fails stops the start, with daprd's words", async () => {
  const { runtime } = runtimeWith([], {
    components: [{ definition: fixture("state.fixture"), name: "bad", properties: { init: "reject" } }],
  });
  await assert.rejects(
    runtime.start(),
    /\[INIT_COMPONENT_FAILURE\]: initialization error occurred for bad \(state.fixture\/v1\): .*the backend said no/,
  );
});

test("waits for the app, subscribes, and says so in health", async () => {
  const { server, port } = await app(() => {});
  server.close();
  await once(server, "close");
  const { runtime, log } = runtimeWith([`--app-port=${port}`], {
    components: [{ definition: fixture("pubsub.fixture"), name: "broker" }],
  });
  await runtime.start();
  assert.equal(await statusOf(runtime, "/v1.0/healthz/outbound"), 204);
  assert.equal(await statusOf(runtime, "/v1.0/healthz"), 500);

  const received = Promise.withResolvers<string>();
  await app((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.url === "/dapr/config") response.end('{"entities": ["Cart"]}');
      else if (request.url === "/dapr/subscribe")
        response.end('[{"pubsubname": "broker", "topic": "orders", "route": "/orders"}]');
      else if (request.url === "/orders") {
        received.resolve(Buffer.concat(chunks).toString());
        response.end('{"status": "SUCCESS"}');
      } else response.writeHead(404).end();
    });
  }, port);
  await runtime.ready;
  assert.equal(await statusOf(runtime, "/v1.0/healthz"), 204);
  const published = await fetch(urlOf(runtime, "/v1.0/publish/broker/orders"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"id": 7}',
  });
  assert.equal(published.status, 204);
  assert.ok(log.includes("the app hosts the actors Cart, but this version has no actors: nobody can call them"));
  assert.deepEqual((JSON.parse(await received.promise) as { data: unknown }).data, { id: 7 });
});

test("a call that takes longer than the graceful time is cut off, and the stop tells", async () => {
  const quiet = { definition: fixture("state.fixture"), name: "store", properties: { keyPrefix: "none" } };
  const { runtime, log } = runtimeWith(["--dapr-graceful-shutdown-seconds=1"], { components: [quiet] });
  await runtime.start();
  const slow = statusOf(runtime, "/v1.0/state/store/slow").catch(() => "cut off");
  await statusOf(runtime, "/v1.0/state/store/other");
  const beganAt = performance.now();
  assert.equal(await runtime.stop(), false);
  assert.ok(performance.now() - beganAt < 2000);
  assert.equal(await slow, "cut off");
  assert.equal(log.at(-1), "Graceful shutdown timeout exceeded, forcing shutdown");
});

test("an app that never answers does not hold up the stop", async () => {
  const asked = Promise.withResolvers<void>();
  const { server, port } = await app(() => asked.resolve());
  onTestFinished(() => server.closeAllConnections());
  const binding = { definition: fixture("bindings.fixture"), name: "events" };
  const { runtime, log } = runtimeWith([`--app-port=${port}`], { components: [binding] });
  await runtime.start();
  await asked.promise;
  const beganAt = performance.now();
  assert.equal(await runtime.stop(), true, log.join("\n"));
  assert.ok(performance.now() - beganAt < 1000);
});

test("with a block duration the APIs stay up after the stop began", async () => {
  const { port } = await app((_request, response) => response.writeHead(404).end());
  const { runtime, log } = runtimeWith([`--app-port=${port}`, "--dapr-block-shutdown-duration=400ms"], {
    components: stores,
  });
  await runtime.start();
  await runtime.ready;
  const stopped = runtime.stop();
  while (!log.some((line) => line.startsWith("Blocking graceful shutdown for 400ms")))
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await statusOf(runtime, "/v1.0/state/store/none"), 204);
  await stopped;
  assert.ok(log.includes("Block shutdown period expired, entering shutdown..."));
});

test("fatal mistakes in files stop the start, others are logged with their place", async () => {
  const folder = await write(await scratch(), {
    "config.yaml": "kind: Configuration\nspec:\n  secrets:\n    scopes: [{storeName: a}, {storeName: a}]\n",
    "resources/a.yaml": `${manifest("twice", "lock.redis")}---\n${manifest("twice", "lock.redis")}`,
    "others/b.yaml": "a:\n\t- b\n",
  });
  await assert.rejects(
    runtimeWith([`--config=${folder}/config.yaml`]).runtime.start(),
    /^SettingsError: error loading configuration: .*config.yaml:4:30: a storeName is repeated/,
  );
  await assert.rejects(runtimeWith([`--resources-path=${folder}/resources`]).runtime.start(), {
    message:
      "failed to load components: duplicate definition of Component name twice (lock.redis/v1) with existing twice (lock.redis/v1)",
  });
  const { runtime, log } = runtimeWith([`--resources-path=${folder}/others`]);
  await runtime.start();
  assert.ok(log.includes(`${folder}/others/b.yaml:2:1: YAML is indented with a tab; use spaces`));
  const health = (await (await fetch(urlOf(runtime, "/v1.0/healthz?verbose"))).json()) as { notServed: unknown };
  assert.deepEqual(health.notServed, [
    { source: `${folder}/others/b.yaml:2:1`, reason: "YAML is indented with a tab; use spaces" },
  ]);
});

test("unix domain sockets take the place of ports", async () => {
  const folder = await scratch();
  const { runtime } = runtimeWith([`--unix-domain-socket=${folder}`], { components: stores });
  await runtime.start();
  assert.deepEqual(runtime.addresses.http, [{ path: join(folder, "dapr-shop-http.socket") }]);
  assert.deepEqual(runtime.addresses.grpc, [{ path: join(folder, "dapr-shop-grpc.socket") }]);
});
