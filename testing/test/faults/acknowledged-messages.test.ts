import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Service } from "@trilby/services";
import { describeService } from "@trilby/services/vitest";
import { test } from "vitest";

import { startCountingApp } from "./counting-app.ts";
import { startStreamingApp } from "./streaming-app.ts";
import { carryOut, type Fault, times } from "./fault-plan.ts";
import { account } from "./account.ts";
import { seededRandom, seedOfRun } from "./seeded-random.ts";
import { component, createTrilbyd } from "./trilbyd.ts";

// Messages are published and delivered while the child, the host, the broker and the application are killed: what was
// acknowledged to the publisher must reach the application.

const publishers = 16;

/** How messages go to the broker and come back. */
interface Way {
  readonly type: string;
  readonly messages: number;
  /** Of so many messages the application refuses one, the first time that it comes. */
  readonly refusedOf: number;
  readonly resources: Readonly<Record<string, string>>;
  /** Present: the application opens a stream for that topic of the component "broker". Absent: it is called. */
  readonly streamed?: string;
  readonly faults: readonly Fault[];
  /** Path and body of the request that publishes. */
  request(number: number): readonly [path: string, body: unknown];
}

const groups = { "group.min.session.timeout.ms": "1000", "num.partitions": "2" };

describeService("kafka", { killable: true, settings: groups }, (broker) => {
  test("pubsub.kafka in a child: no acknowledged message is lost", { timeout: 240_000 }, () =>
    keepsMessages(broker, {
      type: "pubsub.kafka",
      messages: 5000,
      refusedOf: 250,
      resources: { "broker.yaml": kafka(broker.address), "orders.yaml": subscription },
      faults: [...times(2, "app"), ...times(3, "child"), ...times(2, "host"), ...times(2, "server")],
      request: (number) => [`/v1.0/publish/broker/orders?metadata.partitionKey=${number}`, { number }],
    }),
  );
});

describeService("kafka", { killable: true, settings: groups }, (broker) => {
  test("pubsub.kafka in a child, in batches: no acknowledged message is lost", { timeout: 240_000 }, () =>
    keepsMessages(broker, {
      type: "pubsub.kafka, in batches",
      messages: 2000,
      refusedOf: 250,
      resources: { "broker.yaml": kafka(broker.address), "orders.yaml": subscription + batches },
      faults: [...times(2, "app"), ...times(2, "child"), ...times(1, "host"), ...times(1, "server")],
      request: (number) => [`/v1.0/publish/broker/orders?metadata.partitionKey=${number}`, { number }],
    }),
  );

  test("pubsub.kafka in a child, over streams: no acknowledged message is lost", { timeout: 240_000 }, () =>
    keepsMessages(broker, {
      type: "pubsub.kafka, over streams",
      messages: 2000,
      refusedOf: 250,
      resources: { "broker.yaml": kafka(broker.address) },
      streamed: "streamed",
      faults: [...times(3, "app"), ...times(2, "child"), ...times(1, "host"), ...times(1, "server")],
      request: (number) => [`/v1.0/publish/broker/streamed?metadata.partitionKey=${number}`, { number }],
    }),
  );
});

describeService("mosquitto", { killable: true }, (broker) => {
  test("bindings.mqtt3 in a child: no acknowledged event is lost", { timeout: 240_000 }, () =>
    keepsMessages(broker, {
      type: "bindings.mqtt3",
      messages: 1000,
      refusedOf: Infinity,
      resources: { "orders.yaml": mqtt(broker.url) },
      faults: [...times(1, "app"), ...times(2, "child"), ...times(1, "host"), ...times(2, "server")],
      request: (number) => ["/v1.0/bindings/orders", { operation: "create", data: { number } }],
    }),
  );
});

async function keepsMessages(broker: Service, way: Way): Promise<void> {
  const { messages, resources, faults } = way;
  const seed = seedOfRun();
  const report = (line: string): void => console.log(`seed ${seed}: ${line}`);
  const called = way.streamed === undefined ? await startCountingApp(way.refusedOf) : undefined;
  const host = await createTrilbyd({ resources, ...(called && { appPort: called.port }) });
  const topic = { grpcPort: host.grpcPort, pubsubName: "broker", topic: way.streamed ?? "" };
  const app = called ?? (await startStreamingApp(way.refusedOf, topic));
  const { tally } = app;
  const acknowledged = new Set<number>();
  const publish = (number: number): Promise<boolean> => isPublished(host.url, way.request(number));
  let failed = 0;
  try {
    await host.start();
    // What is published before anybody has ever asked for it, the broker need not keep.
    await host.seen(called ? /dapr initialized/ : /streaming subscription to topic .* is started/);
    let next = 0;
    const publishAll = async (): Promise<void> => {
      while (next < messages) {
        const number = next++;
        while (!(await publish(number))) {
          failed++;
          await delay(50);
        }
        acknowledged.add(number);
      }
    };
    const random = seededRandom(seed);
    const progress = (): number => acknowledged.size / messages;
    await Promise.all([
      carryOut({ host, server: broker, app, faults, random, progress, serves: () => publish(0) }, report),
      ...Array.from({ length: publishers }, publishAll),
    ]);
    const publishedAt = performance.now();
    await tally.hasSeen(acknowledged);
    const lost = [...acknowledged].filter((number) => !tally.taken.has(number));
    account(
      `${way.type}, seed ${seed}: ${messages} acknowledged after ${failed} failed attempts; ${tally.deliveries} deliveries, ` +
        `${tally.duplicates} of them duplicates, ${tally.refused} refused; ` +
        `the last one ${Math.round(performance.now() - publishedAt)} ms after the last was published`,
    );
    assert.ok(failed > 0, "no message met a fault: the test proved nothing");
    assert.deepEqual(lost, [], `seed ${seed}: acknowledged messages are lost:\n${host.output.slice(-40).join("\n")}`);
  } finally {
    await host.stop();
    await app.close();
  }
}

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

const mqtt = (url: string): string =>
  component("orders", "bindings.mqtt3", {
    url,
    topic: "orders",
    consumerID: "shop",
    direction: "input, output",
    // Five seconds apart: without, an application that was away gets the event after half a minute.
    backOffMaxRetries: "10",
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

const batches = "  bulkSubscribe: { enabled: true, maxMessagesCount: 10, maxAwaitDurationMs: 20 }\n";

async function isPublished(url: string, [path, body]: readonly [string, unknown]): Promise<boolean> {
  try {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
