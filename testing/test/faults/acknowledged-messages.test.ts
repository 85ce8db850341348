import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { claimPort } from "@trilby/services";
import { describeService } from "@trilby/services/vitest";
import { test } from "vitest";

import { carryOut, times } from "./fault-plan.ts";
import { seededRandom, seedOfRun } from "./seeded-random.ts";
import { component, createTrilbyd } from "./trilbyd.ts";

// Messages are published and delivered while the child, the host, the broker and the application are killed: what was answered with 204 must
// reach the application.

const messages = 5000;
const publishers = 16;
/** Of this many messages the application refuses one, the first time that it comes. */
const refusedOf = 250;
const quietMs = 60_000;

const settings = { "group.min.session.timeout.ms": "1000", "num.partitions": "2" };

describeService("kafka", { killable: true, settings }, (broker) => {
  test("pubsub.kafka in a child: no acknowledged message is lost", { timeout: 240_000 }, async () => {
    const seed = seedOfRun();
    const report = (line: string): void => console.log(`seed ${seed}: ${line}`);
    const app = await startApp();
    const host = await createTrilbyd({
      resources: { "broker.yaml": kafka(broker.address), "orders.yaml": subscription },
      appPort: app.port,
    });
    const acknowledged = new Set<number>();
    let failed = 0;
    try {
      await host.start();
      let next = 0;
      const publish = async (): Promise<void> => {
        while (next < messages) {
          const number = next++;
          while (!(await isPublished(host.url, number))) {
            failed++;
            await delay(50);
          }
          acknowledged.add(number);
        }
      };
      await Promise.all([
        carryOut(
          {
            host,
            server: broker,
            app,
            faults: [...times(2, "app"), ...times(3, "child"), ...times(2, "host"), ...times(2, "server")],
            random: seededRandom(seed),
            progress: () => acknowledged.size / messages,
            serves: () => isPublished(host.url, 0),
          },
          report,
        ),
        ...Array.from({ length: publishers }, publish),
      ]);
      const publishedAt = performance.now();
      await app.hasSeen(acknowledged);
      const lost = [...acknowledged].filter((number) => !app.taken.has(number));
      report(
        `${messages} acknowledged after ${failed} failed attempts; ${app.deliveries} deliveries, ` +
          `${app.duplicates} of them duplicates, ${app.refused} refused; ` +
          `the last one ${Math.round(performance.now() - publishedAt)} ms after the last was published`,
      );
      assert.ok(failed > 0, "no message met a fault: the test proved nothing");
      assert.deepEqual(lost, [], `seed ${seed}: acknowledged messages are lost:\n${host.output.slice(-40).join("\n")}`);
    } finally {
      await host.stop();
      await app.close();
    }
  });
});

const kafka = (brokers: string): string =>
  component("broker", "pubsub.kafka", {
    brokers,
    authType: "none",
    consumerGroup: "orders",
    initialOffset: "oldest",
    // What died without a word is missed after this.
    sessionTimeout: "2s",
    heartbeatInterval: "500ms",
    backOffDuration: "100ms",
  });

const subscription = `apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: orders
spec:
  pubsubname: broker
  topic: orders
  routes:
    default: /orders
`;

async function isPublished(url: string, number: number): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1.0/publish/broker/orders?metadata.partitionKey=${number}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ number }),
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return response.status === 204;
  } catch {
    return false;
  }
}

interface App {
  readonly port: number;
  /** Messages that were answered with 200. */
  readonly taken: ReadonlySet<number>;
  deliveries: number;
  duplicates: number;
  refused: number;
  /** Resolves when all of them were taken, or when nothing has come for so long that nothing will. */
  hasSeen(numbers: ReadonlySet<number>): Promise<void>;
  /** Every connection breaks, answers on their way included, and the port is closed. */
  crash(): void;
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function startApp(): Promise<App> {
  const taken = new Set<number>();
  const refused = new Set<number>();
  let lastAt = performance.now();
  const handle: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url !== "/orders") return void response.writeHead(404).end();
      const { data } = JSON.parse(Buffer.concat(parts).toString()) as { data: { number: number } };
      lastAt = performance.now();
      app.deliveries++;
      if (data.number % refusedOf === 0 && !refused.has(data.number)) {
        refused.add(data.number);
        app.refused++;
        return void response.writeHead(500).end();
      }
      if (taken.has(data.number)) app.duplicates++;
      taken.add(data.number);
      response.writeHead(200).end();
    });
  };
  const claim = await claimPort();
  let server: Server;
  const app: App = {
    port: claim.port,
    taken,
    deliveries: 0,
    duplicates: 0,
    refused: 0,
    async hasSeen(numbers) {
      const isOver = (): boolean => [...numbers].every((number) => taken.has(number));
      while (!isOver() && performance.now() - lastAt < quietMs) await delay(100);
    },
    crash() {
      server.close();
      server.closeAllConnections();
    },
    async restart() {
      server = createServer(handle).listen(claim.port, "127.0.0.1");
      await once(server, "listening");
    },
    async close() {
      app.crash();
      await once(server, "close");
      claim.release();
    },
  };
  await app.restart();
  return app;
}
