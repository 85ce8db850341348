import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describeService } from "@trilby/services/vitest";
import { onTestFinished, test } from "vitest";

import { component, createTrilbyd, type Setup, type Trilbyd } from "./trilbyd.ts";

// Applications that do not do their part, brokers and vaults that cannot do theirs, and the end in the middle of it.

const subscription = (name: string, topic: string, pubsub = "events"): string => `apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: ${name}
spec:
  pubsubname: ${pubsub}
  topic: ${JSON.stringify(topic)}
  routes:
    default: /${name}
`;

test(
  "an app that never answers: what is waited for is told, the APIs serve, and SIGTERM ends it in time",
  { timeout: 60_000 },
  async () => {
    const appPort = await app(() => {});
    const host = await hostWith({
      resources: {
        "clock.yaml": component("clock", "bindings.cron", { schedule: "@every 1s" }),
        "store.yaml": component("store", "state.in-memory"),
      },
      flags: ["--app-binding-options-timeout=300ms", "--disable-init-endpoints=config"],
      appPort,
    });
    await host.start();
    await host.seen(
      /Failed to start the reading of input binding clock: .*the app did not answer within 300 ms. Will retry/,
    );
    const saved = await fetch(`${host.url}/v1.0/state/store`, { method: "POST", body: '[{"key":"a","value":1}]' });
    assert.equal(saved.status, 204);
    const health = await (await fetch(`${host.url}/v1.0/healthz?verbose`)).text();
    assert.match(health, /"notServed":\[\{"component":"clock","reason":".*the app did not answer/);
    await endsInTime(host);
  },
);

test(
  "an app that hangs in a delivery: the message stays, and SIGTERM ends it within the graceful time",
  { timeout: 60_000 },
  async () => {
    const delivered = Promise.withResolvers<void>();
    const appPort = await app((request, response) => {
      if (request.url === "/orders") delivered.resolve();
      else response.writeHead(404).end();
    });
    const host = await hostWith({
      resources: {
        "events.yaml": component("events", "pubsub.in-memory"),
        "orders.yaml": subscription("orders", "orders"),
      },
      flags: ["--dapr-graceful-shutdown-seconds=1"],
      appPort,
    });
    await host.start();
    await host.seen(/dapr initialized/);
    await fetch(`${host.url}/v1.0/publish/events/orders`, { method: "POST", body: "{}" });
    await delivered.promise;
    const beganAt = performance.now();
    host.signal("SIGTERM");
    await host.exit();
    assert.ok(performance.now() - beganAt < 3000);
    assert.ok(
      host.output.some((line) => /topic orders .*had work under way .*cutting it off unacknowledged/.test(line)),
    );
  },
);

test(
  "SIGTERM at any moment of the start ends it with 0, and leaves no process behind",
  { timeout: 60_000 },
  async () => {
    const host = await hostWith({
      resources: {
        "clock.yaml": component("clock", "bindings.cron", { schedule: "@every 1s" }),
        "events.yaml": component("events", "pubsub.in-memory"),
        "orders.yaml": subscription("orders", "orders"),
        "store.yaml": component("store", "state.sqlite", { connectionString: ":memory:" }),
      },
      flags: ["--placement=child"],
      appPort: await app(() => {}),
    });
    const seen: string[] = [];
    for (const moment of [/listening on TCP/, /gRPC server/, /Component loaded/, /application discovered/]) {
      const from = host.output.length;
      host.spawn();
      await host.seen(moment, from);
      const children = host.children();
      host.signal("SIGTERM");
      seen.push(`${moment.source} ${await host.exit()}`);
      assert.deepEqual(await stillAlive(children), [], `after ${moment.source}`);
    }
    assert.deepEqual(
      seen,
      ["listening on TCP", "gRPC server", "Component loaded", "application discovered"].map((moment) => `${moment} 0`),
      host.output.slice(-30).join("\n"),
    );
  },
);

test(
  "SIGTERM under load: each request is answered or refused, and what was acknowledged is there",
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "trilby-load-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = component("store", "state.sqlite", { connectionString: join(folder, "state.db") });
    const host = await hostWith({ resources: { "store.yaml": store }, flags: ["--placement=child"] });
    await host.start();
    const acknowledged: number[] = [];
    let next = 0;
    const write = async (): Promise<void> => {
      while (host.pid !== undefined) {
        const number = next++;
        const body = JSON.stringify([{ key: `n${number}`, value: number }]);
        const status = await fetch(`${host.url}/v1.0/state/store`, { method: "POST", body }).then(
          async (response) => (await response.text(), response.status),
          () => 0,
        );
        if (status === 204) acknowledged.push(number);
        // Refused: the port is closed, or the connection went; an answer of another kind would be a lie.
        else assert.ok(status === 0 || status === 503, `answered ${status}`);
      }
    };
    const writers = Array.from({ length: 32 }, write);
    while (acknowledged.length < 500) await delay(5);
    host.signal("SIGTERM");
    assert.equal(await host.exit(), 0, host.output.slice(-20).join("\n"));
    await Promise.all(writers);
    await host.start();
    const response = await fetch(`${host.url}/v1.0/state/store/bulk`, {
      method: "POST",
      body: JSON.stringify({ keys: acknowledged.map((number) => `n${number}`) }),
    });
    const items = (await response.json()) as { key: string; data?: number }[];
    const found = new Set(items.map(({ data }) => data));
    assert.deepEqual(
      acknowledged.filter((number) => !found.has(number)),
      [],
    );
  },
);

describeService("kafka", (broker) => {
  test(
    "a topic that cannot exist: told with what is wrong, and the other subscription runs",
    { timeout: 60_000 },
    async () => {
      const delivered = Promise.withResolvers<void>();
      const appPort = await app((request, response) => {
        if (request.url === "/good") delivered.resolve();
        response.writeHead(request.url === "/good" ? 200 : 404).end();
      });
      const host = await hostWith({
        resources: {
          "bad.yaml": subscription("bad", "no such topic !"),
          "events.yaml": component("events", "pubsub.kafka", {
            brokers: broker.address,
            authType: "none",
            initialOffset: "oldest",
            consumerGroup: `faults-${process.pid}`,
          }),
          "good.yaml": subscription("good", `good-${process.pid}`),
          "nobody.yaml": subscription("nobody", "orders", "event"),
        },
        appPort,
      });
      await host.start();
      await host.seen(
        /Failed to start subscription .*no such topic ! \(.*bad.yaml:1:1\): .* cannot be a Kafka topic: it takes 1 to 249 of/,
      );
      await host.seen(
        /subscription to topic orders on pubsub event \(.*nobody.yaml:1:1\) is not started: no pubsub component/,
      );
      const refused = await publish(host, "no%20such%20topic%20!");
      assert.match(refused, /^500 .*cannot be a Kafka topic/);
      assert.equal(await publish(host, `good-${process.pid}`), "204 ");
      await delivered.promise;
      const health = await (await fetch(`${host.url}/v1.0/healthz?verbose`)).text();
      assert.match(health, /"topic":"no such topic !","source":".*bad.yaml:1:1","reason":".*cannot be a Kafka topic/);
    },
  );
});

describeService("vault", { storage: "file" }, (vault) => {
  const metadata = { vaultAddr: vault.url, vaultToken: vault.token };

  test(
    "a Vault that is sealed: says so, tells how to unseal it, and works when it is",
    { timeout: 60_000 },
    async () => {
      const type = "secretstores.hashicorp.vault";
      const yaml = component("vault", type, metadata, { more: "  ignoreErrors: true\n" });
      const store = component("store", "state.in-memory");
      const strict = await hostWith({ resources: { "vault.yaml": component("vault", type, metadata) } });
      const host = await hostWith({ resources: { "store.yaml": store, "vault.yaml": yaml } });
      await vault.seal();
      strict.spawn();
      assert.equal(await strict.exit(), 1);
      assert.match(
        strict.output.at(-1) ?? "",
        /vault \(.*\): .* is sealed; unseal it \(vault operator unseal\).*vault.yaml:1:1/,
      );

      await host.start();
      assert.match(await secret(host), /^503 .*vault.yaml:1\) is not ready: .* is sealed; unseal it .*next attempt at/);
      await vault.unseal();
      await host.seen(/Component loaded: vault/);
      assert.match(await secret(host), /^500 .*secret name does not exist/);

      await vault.seal();
      assert.match(await secret(host), /^500 .*cannot read the secret name: .* is sealed; unseal it/);
      await vault.unseal();
      assert.match(await secret(host), /^500 .*secret name does not exist/);
      assert.ok(!host.output.join("\n").includes(vault.token), "the token is in the log");
    },
  );
});

async function hostWith(setup: Setup): Promise<Trilbyd> {
  const host = await createTrilbyd(setup);
  onTestFinished(() => host.stop());
  return host;
}

/** An application on a port of its own. */
async function app(handle: RequestListener): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    handle(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function endsInTime(host: Trilbyd): Promise<void> {
  const beganAt = performance.now();
  host.signal("SIGTERM");
  assert.equal(await host.exit(), 0, host.output.slice(-20).join("\n"));
  assert.ok(performance.now() - beganAt < 2000, host.output.slice(-20).join("\n"));
}

async function publish(host: Trilbyd, topic: string): Promise<string> {
  const response = await fetch(`${host.url}/v1.0/publish/events/${topic}`, { method: "POST", body: "{}" });
  return `${response.status} ${await response.text()}`;
}

async function secret(host: Trilbyd): Promise<string> {
  const response = await fetch(`${host.url}/v1.0/secrets/vault/name`);
  return `${response.status} ${await response.text()}`;
}

/** Of these processes, after they had a moment to end. */
async function stillAlive(pids: readonly number[]): Promise<number[]> {
  const alive = (): number[] =>
    pids.filter((pid) => {
      try {
        process.kill(pid, 0);
        return true;
      } catch {
        return false;
      }
    });
  for (let attempt = 0; attempt < 100 && alive().length > 0; attempt++) await delay(20);
  return alive();
}
