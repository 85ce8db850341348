import assert from "node:assert/strict";
import { once } from "node:events";
import { linkSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";

import { component, createTrilbyd, type Setup, type Trilbyd } from "./trilbyd.ts";

// What can be wrong before the first request: the host says which component, in which file and line, why, and what to do. What
// keeps it from starting is the last line of its log; with anything else it goes on.

let folder: string;
const servers: Server[] = [];
let takenPort: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "trilby-sockets-"));
  const taken = createServer();
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  takenPort = (taken.address() as AddressInfo).port;

  const mute = createServer();
  mute.listen(join(folder, "mute.sock"));
  await once(mute, "listening");

  // What a killed process leaves behind: a socket's file that nobody listens at.
  const dead = createServer();
  dead.listen(join(folder, "alive.sock"));
  await once(dead, "listening");
  linkSync(join(folder, "alive.sock"), join(folder, "dead.sock"));
  dead.close();
  servers.push(taken, mute);
});

afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const good = component("good", "state.in-memory");
const brokenPackage = join(import.meta.dirname, "fixtures", "broken-component");

/** The store of the fixture, wrong in this way. */
function broken(init: string, annotation = `trilby.dev/package: ${brokenPackage}`): string {
  const yaml = component("store", "state.broken", { init }, { more: "  initTimeout: 1s\n" });
  return yaml.replace("  name: store\n", `  name: store\n  annotations:\n    ${annotation}\n`);
}

type Case = readonly [name: string, setup: () => Omit<Setup, "resources"> & { yaml: string }, says: readonly RegExp[]];

const sqlite = (metadata: Record<string, string>) =>
  component("store", "state.sqlite", { connectionString: ":memory:", ...metadata });

const fatal: readonly Case[] = [
  [
    "an unknown metadata key",
    () => ({ yaml: sqlite({ cleanupIntervall: "1h" }) }),
    [
      /store \(state.sqlite\/v1\)/,
      /b.yaml:11:7: cleanupIntervall is not a metadata field/,
      /did you mean cleanupInterval\?/,
    ],
  ],
  [
    "two metadata values of another kind, both told",
    () => ({ yaml: sqlite({ timeout: "soon", cleanupInterval: "x" }) }),
    [/b.yaml:11:7: timeout must be a duration such as .*soon/, /b.yaml:13:7: cleanupInterval must be a duration/],
  ],
  [
    "one metadata key twice",
    () => ({ yaml: sqlite({ connectionstring: "x" }) }),
    [/b.yaml:9:7: .*are the same field: keep one of them/],
  ],
  [
    "a name that another component has",
    () => ({ yaml: component("good", "pubsub.in-memory") }),
    [/duplicate definition of Component name good \(pubsub.in-memory\/v1\) with existing good \(state.in-memory\/v1\)/],
  ],
  [
    "a type with a typing error",
    () => ({ yaml: component("store", "state.redus") }),
    [/couldn't find state store state.redus\/v1/, /did you mean state.redis\?/, /b.yaml:1:1/],
  ],
  [
    "a socket that is not there",
    () => ({ yaml: broken("", `trilby.dev/socket: ${folder}/nobody.sock`) }),
    [/nobody.sock .* there is no such socket; start the component's process or correct the path/, /b.yaml:1:1/],
  ],
  [
    "a socket that nobody serves",
    () => ({ yaml: broken("", `trilby.dev/socket: ${folder}/dead.sock`) }),
    [/dead.sock .*: nobody serves it: its process is gone and left the file behind; start/, /b.yaml:1:1/],
  ],
  [
    "a socket that takes connections and never answers",
    () => ({ yaml: broken("", `trilby.dev/socket: ${folder}/mute.sock`) }),
    [/mute.sock .*: it did not say within 1000 ms which services it has/, /b.yaml:1:1/],
  ],
  [
    "a component that never answers Init",
    () => ({ yaml: broken("hang") }),
    [/init timeout for component store .* exceeded after 1s/, /or raise spec.initTimeout/, /b.yaml:1:1/],
  ],
  [
    "a component that refuses in Init",
    () => ({ yaml: broken("reject") }),
    [/state.broken did not open: the backend said no/, /b.yaml:1:1/],
  ],
  [
    "a component that crashes in Init",
    () => ({ yaml: broken("crash") }),
    [/its process ended with exit code 1: .*SyntaxError: Unexpected token/, /b.yaml:1:1/],
  ],
  [
    "a component that ends in Init",
    () => ({ yaml: broken("exit") }),
    [/its process ended with exit code 7/, /b.yaml:1:1/],
  ],
  [
    "a backend that is not there",
    () => ({ yaml: component("store", "state.redis", { redisHost: "127.0.0.1:1" }) }),
    [/store \(state.redis\/v1\)/, /127.0.0.1:1.*ECONNREFUSED/, /b.yaml:1:1/],
  ],
  [
    "a file of secrets that is not there",
    () => ({ yaml: component("secrets", "secretstores.local.file", { secretsFile: "/no/such/file.json" }) }),
    [/secrets \(secretstores.local.file\/v1\): secretsFile \/no\/such\/file.json .*no such file/, /b.yaml:1:1/],
  ],
];

describe("ends the host with exit code 1; the last line says why", () => {
  test.each(fatal)("%s", async (_name, setup, says) => {
    const { yaml, ...more } = setup();
    await withHost({ resources: { "a.yaml": good, "b.yaml": yaml }, ...more }, async (host) => {
      host.spawn();
      assert.equal(await host.exit(), 1);
      const last = host.output.at(-1) ?? "";
      assert.match(last, /level=fatal msg="Fatal error from runtime: /);
      for (const each of says) assert.match(last, each);
    });
  });
});

describe("ends the host with exit code 1 and names the flag", () => {
  test.each(["dapr-http-port", "dapr-grpc-port", "dapr-public-port"])("a port in use, --%s", async (flag) => {
    const flags = [`--${flag}=${takenPort}`, "--dapr-public-listen-address=127.0.0.1"];
    await withHost({ resources: { "a.yaml": good }, flags }, async (host) => {
      host.spawn();
      assert.equal(await host.exit(), 1);
      assert.match(host.output.at(-1) ?? "", new RegExp(`level=fatal .*${takenPort}.*--${flag}`));
    });
  });
});

const passedOver: readonly (readonly [name: string, yaml: string, says: RegExp])[] = [
  [
    "YAML with tabs",
    "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n\tname: x\n",
    /b.yaml:4:1: YAML is indented with a tab; use spaces/,
  ],
  ["YAML that breaks off", "apiVersion: dapr.io/v1alpha1\nkind: {Component\n", /level=error msg=".*b.yaml:\d+:\d+: /],
  ["a list where one resource belongs", `- ${good.replaceAll("\n", "\n  ")}`, /b.yaml:1:1: the document is a list/],
  [
    "a list as name",
    good.replace("name: good", "name: [good]"),
    /b.yaml:4:9: metadata.name must be a text, but is a list/,
  ],
  ["a text as metadata", `${good}  metadata: none\n`, /b.yaml:8:13: spec.metadata must be a list/],
  ["aliases that multiply", bomb(), /b.yaml:1:\d+: the document has more than/],
];

describe("is an error with its place, and the host goes on without it", () => {
  test.each(passedOver)("%s", async (_name, yaml, says) => {
    await withHost({ resources: { "a.yaml": good, "b.yaml": yaml } }, async (host) => {
      await host.start();
      assert.ok(
        host.output.some((line) => says.test(line)),
        host.output.join("\n"),
      );
      const saved = await fetch(`${host.url}/v1.0/state/good`, { method: "POST", body: '[{"key":"a","value":1}]' });
      assert.equal(saved.status, 204);
      const health = await (await fetch(`${host.url}/v1.0/healthz?verbose`)).text();
      assert.match(health, /"notServed":\[\{"source":"[^"]*b.yaml:\d+:\d+","reason":"/);
    });
  });
});

test("with ignoreErrors a bad component is named in health and takes down no other", async () => {
  const yaml = broken("crash").replace("  initTimeout: 1s\n", "  initTimeout: 1s\n  ignoreErrors: true\n");
  await withHost({ resources: { "a.yaml": good, "b.yaml": yaml } }, async (host) => {
    await host.start();
    const saved = await fetch(`${host.url}/v1.0/state/good`, { method: "POST", body: '[{"key":"a","value":1}]' });
    assert.equal(saved.status, 204);
    const refused = await fetch(`${host.url}/v1.0/state/store/a`);
    assert.equal(refused.status, 503);
    assert.match(
      await refused.text(),
      /component store \(state.broken, .*b.yaml:1\) is not ready: its process ended .*SyntaxError/,
    );
    const health = await (await fetch(`${host.url}/v1.0/healthz?verbose`)).text();
    assert.match(health, /"name":"store".*"state":"failed","lastError":"its process ended .*"nextRetry":"20/);
  });
});

async function withHost(setup: Setup, body: (host: Trilbyd) => Promise<void>): Promise<void> {
  const host = await createTrilbyd(setup);
  try {
    await body(host);
  } finally {
    await host.stop();
  }
}

function bomb(): string {
  const level = (index: number): string => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(", ")}]`;
  return ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", ...Array.from({ length: 8 }, (_, index) => level(index))].join(
    "\n",
  );
}
