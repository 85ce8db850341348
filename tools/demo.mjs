// The quickstart, narrated: builds, starts trilbyd and a small app, uses every building block, stops.
// Plain JavaScript, so that nothing has to be built before it can say what it does.
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const example = path.join(root, "examples/quickstart");
// The Node and the tools of the workspace, however this script was started.
const environment = {
  ...process.env,
  PATH: path.join(root, "node_modules", ".bin") + path.delimiter + process.env.PATH,
};
const startedAt = Date.now();
let step = 0;

build();
const [httpPort, grpcPort, metricsPort, appPort] = await freePorts(4);
const app = start("app", ["src/main.ts"], { APP_PORT: String(appPort) });
const host = start("trilbyd", [
  path.join(root, "host/dist/main.js"),
  ...["--app-id", "quickstart", "--app-port", appPort, "--resources-path", "resources"],
  ...["--dapr-http-port", httpPort, "--dapr-grpc-port", grpcPort, "--metrics-port", metricsPort],
]);

try {
  await until("trilbyd to be ready", async () => (await http("GET", "/v1.0/healthz")).status === 204);
  say(`trilbyd and an Express app are up (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  await overHttp();
  await overGrpc();
  await throughTheApp();
  console.log(`\nAll of it worked. ${((Date.now() - startedAt) / 1000).toFixed(1)} s in all; stopping.`);
} catch (error) {
  console.error(`\nThe demo failed: ${error.message}\n`);
  for (const child of [host, app]) console.error(`--- ${child.title} said:\n${child.output.join("")}`);
  process.exitCode = 1;
} finally {
  await Promise.all([stop(host), stop(app)]);
}

async function overHttp() {
  heading("State over HTTP (state.sqlite)");
  await show("save cart = {items: 2}", "POST", "/v1.0/state/store", [{ key: "cart", value: { items: 2 } }], 204);
  const read = await show("read cart", "GET", "/v1.0/state/store/cart", undefined, 200);
  const etag = read.headers.get("etag");
  const second = { key: "cart", value: { items: 3 }, etag, options: { concurrency: "first-write" } };
  await show(`save {items: 3} with the etag just read`, "POST", "/v1.0/state/store", [second], 204);
  await show("save again with that old etag: refused", "POST", "/v1.0/state/store", [second], 409);
  const operations = [
    { operation: "upsert", request: { key: "paid", value: true } },
    { operation: "delete", request: { key: "cart" } },
  ];
  await show("one transaction: set paid, delete cart", "POST", "/v1.0/state/store/transaction", { operations }, 204);
  await show("read cart: gone", "GET", "/v1.0/state/store/cart", undefined, 204);
  await show("read paid", "GET", "/v1.0/state/store/paid", undefined, 200);

  heading("Secrets over HTTP (secretstores.local.file)");
  await show("read the secret greeting", "GET", "/v1.0/secrets/vault/greeting", undefined, 200);

  heading("Publish over HTTP (pubsub.in-memory)");
  await show("publish {order: 1} to the topic placed", "POST", "/v1.0/publish/orders/placed", { order: 1 }, 204);
}

async function overGrpc() {
  heading("The same over gRPC, with the official client @dapr/dapr");
  const require = createRequire(path.join(example, "package.json"));
  const { CommunicationProtocolEnum, DaprClient } = require("@dapr/dapr");
  const client = new DaprClient({
    daprHost: "127.0.0.1",
    daprPort: String(grpcPort),
    communicationProtocol: CommunicationProtocolEnum.GRPC,
    logger: { level: "error" },
  });
  await client.state.save("store", [{ key: "basket", value: { items: 5 } }]);
  result("save basket, read basket", await client.state.get("store", "basket"));
  const conflict = await client.state
    .save("store", [{ key: "basket", value: 0, etag: "stale", options: { concurrency: 1, consistency: 2 } }])
    .then(
      (answer) => answer?.error?.message ?? "",
      (error) => error.message,
    );
  if (!/etag/i.test(conflict)) throw new Error(`a stale etag was not refused over gRPC: ${conflict || "no error"}`);
  result("save basket with a stale etag: refused", conflict);
  await client.state.transaction("store", [
    { operation: "upsert", request: { key: "ordered", value: "yes" } },
    { operation: "delete", request: { key: "basket" } },
  ]);
  result("one transaction, then read ordered", await client.state.get("store", "ordered"));
  result("read the secret greeting", await client.secret.get("vault", "greeting"));
  await client.pubsub.publish("orders", "placed", { order: 2 });
  result("publish {order: 2} to the topic placed", "accepted");
  await client.stop();
}

async function throughTheApp() {
  heading("What reached the app");
  let seen;
  await until("both orders and a tick of the clock to reach the app", async () => {
    seen = await (await fetch(`http://127.0.0.1:${appPort}/seen`)).json();
    return seen.orders.length >= 2 && seen.ticks >= 1;
  });
  result("orders received from the topic", seen.orders);
  result("events received from bindings.cron", seen.ticks);
}

async function show(words, method, route, body, expected) {
  const response = await http(method, route, body);
  const text = await response.text();
  if (response.status !== expected) {
    throw new Error(`${words}: expected ${expected}, got ${response.status} ${text}`);
  }
  result(words, text.trim() === "" ? undefined : text.trim(), response.status);
  return response;
}

function http(method, route, body) {
  return fetch(`http://127.0.0.1:${httpPort}${route}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  }).catch((error) => {
    if (host.exited) throw new Error(`trilbyd ended with exit code ${host.exited.code}`);
    return { status: 0, text: async () => error.message, headers: new Headers() };
  });
}

function build() {
  const { status, error } = spawnSync("node", ["tools/build.mjs"], { cwd: root, env: environment, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function start(title, args, variables = {}) {
  const child = spawn("node", args.map(String), {
    cwd: example,
    env: { ...environment, ...variables, DAPR_API_TOKEN: "", APP_API_TOKEN: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const handle = { title, child, output: [], exited: undefined };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => handle.output.push(String(chunk)));
  handle.done = new Promise((resolve) =>
    child.on("exit", (code, signal) => resolve((handle.exited = { code, signal }))),
  );
  return handle;
}

async function stop(handle) {
  if (!handle.exited) handle.child.kill("SIGTERM");
  const timer = setTimeout(() => handle.child.kill("SIGKILL"), 10_000);
  await handle.done;
  clearTimeout(timer);
}

async function until(what, condition) {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited 20 s for ${what}`);
    await delay(50);
  }
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function heading(words) {
  console.log(`\n${words}`);
}

function say(words) {
  console.log(words);
}

function result(words, value, status) {
  step += 1;
  const shown = value === undefined ? "" : ` -> ${typeof value === "string" ? value : JSON.stringify(value)}`;
  console.log(`  ${String(step).padStart(2)}. ${words}${shown}${status === undefined ? "" : ` (${status})`}`);
}
