import { startService } from "@trilby/services";
import { type Figures, loadGrpc, loadHttp, sampleOf, startLoad, timing } from "../load.ts";
import { grpcPath, grpcPublish, httpRequest, jsonOf } from "../requests.ts";
import type { Group, Measure, Round, Row } from "../row.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";
import { openSubject, type Setting, type SubjectKey, subjectNames } from "../subjects.ts";
import type { World } from "../world.ts";

const all = ["builtin", "inProcess", "child"] as const;

const brokers: readonly { id: Broker; where: string; inFlight: readonly number[] }[] = [
  { id: "memory", where: "in memory", inFlight: [64, 16, 1] },
  { id: "kafka", where: "Kafka", inFlight: [64] },
];

type Broker = "memory" | "kafka";

/** Messages of 1 KB. */
export const pubsub: Group = {
  title: "Publish and subscribe",
  rows: brokers.flatMap(({ id, where, inFlight }) => [
    ...(["http", "grpc"] as const).flatMap((protocol) =>
      inFlight.map((count): Row => ({
        id: `publish-${id}-${protocol}-${count}`,
        title: `${protocol === "http" ? "HTTP" : "gRPC"} publish, ${where}, ${count} in flight`,
        about: "From the request to its answer; nobody subscribes.",
        baseline: subjectNames.builtin,
        quick: id === "memory" && count === 64,
        subjects: forEachOf(count === 64 ? all : ["builtin", "inProcess"], async (key, world, round) => {
          const subject = await publisher(world, id, key);
          return publish(subject, protocol, count, round);
        }),
      })),
    ),
    ...[64, 1].map((count): Row => ({
      id: `delivery-${id}-${count}`,
      title: `Publish to delivery, ${where}, ${count} in flight`,
      about:
        "From the request to publish until the application has the message, over HTTP; the next is published then.",
      baseline: subjectNames.builtin,
      quick: id === "memory" && count === 64,
      subjects: forEachOf(all, async (key, world, round) => (await delivery(world, id, key)).measure(count, round)),
    })),
  ]),
};

function forEachOf(
  keys: readonly SubjectKey[],
  measure: (key: SubjectKey, world: World, round: Round) => Promise<Sample>,
): Record<string, Measure> {
  return Object.fromEntries(
    keys.map((key): [string, Measure] => [subjectNames[key], (world, round) => measure(key, world, round)]),
  );
}

function publish(subject: Subject, protocol: "http" | "grpc", count: number, round: Round): Promise<Sample> {
  const data = jsonOf(1_024);
  if (protocol === "http") {
    const requests = [httpRequest("POST", "/v1.0/publish/channel/published", data)];
    return loadHttp({ address: subject.http, connections: count, requests, expect: [204] }, subject.watched(), round);
  }
  const messages = [grpcPublish("channel", "published", data)];
  return loadGrpc(
    { address: subject.grpc, streams: count, path: grpcPath("publishEvent"), messages },
    subject.watched(),
    round,
  );
}

function publisher(world: World, broker: Broker, key: SubjectKey): Promise<Subject> {
  return world.once(`publish ${broker} ${key}`, async () => openSubject(key, await setting(world, broker, key)));
}

async function setting(world: World, broker: Broker, key: string): Promise<Setting> {
  if (broker === "memory")
    return { components: [{ name: "channel", type: "pubsub.in-memory", package: "pubsub-in-memory" }] };
  const { address, pid } = await world.once("kafka", async () => {
    const service = await startService("kafka", { settings: {} });
    return { address: service.address, pid: service.pid, close: () => service.stop() };
  });
  const metadata = { brokers: address, authType: "none", consumerGroup: key, initialOffset: "oldest" };
  return {
    components: [{ name: "channel", type: "pubsub.kafka", metadata, package: "pubsub-kafka" }],
    backends: pid === undefined ? [] : [pid],
  };
}

interface Delivery {
  measure(count: number, round: Round): Promise<Sample>;
  close(): Promise<void>;
}

/** A daemon with an application, which the load program is at the same time as the publisher. */
function delivery(world: World, broker: Broker, key: SubjectKey): Promise<Delivery> {
  return world.once(`delivery ${broker} ${key}`, async () => {
    // Each its own topic: on Kafka all would get the messages of all.
    const topic = `delivered-${key}`;
    const app = startLoad("delivery");
    const subscriptions = JSON.stringify([{ pubsubname: "channel", topic, route: "/delivered" }]);
    const { port } = await app.ask<{ port: number }>({ subscriptions });
    const subject = await openSubject(key, { ...(await setting(world, broker, key)), appPort: port });
    const measure = async (count: number, round: Round): Promise<Sample> => {
      const watched = subject.watched();
      const plan = { address: subject.http, request: base64(message(topic)), expect: [204], inFlight: count };
      return sampleOf(await app.ask<Figures>({ ...plan, ...timing(watched, round) }), watched);
    };
    const opened = {
      measure,
      async close() {
        await subject.close();
        await app.close();
      },
    };
    try {
      await firstDelivery(measure);
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  });
}

/** A consumer group takes its time until it has its members. */
async function firstDelivery(measure: Delivery["measure"]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await measure(1, { warmSeconds: 0, seconds: 0.5 });
      return;
    } catch (error) {
      if (attempt === 60) throw error;
    }
  }
}

/** The load program writes each message's number where the mark stands. */
function message(topic: string): Uint8Array {
  const start = '{"number":"NUMBER000000","note":"';
  const end = '"}';
  const body = Buffer.from(start + "x".repeat(1_024 - start.length - end.length) + end);
  return httpRequest("POST", `/v1.0/publish/channel/${topic}`, body);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
