import assert from "node:assert/strict";
import { bytes } from "../core/bytes.ts";
import { pause, refused } from "../core/expect.ts";
import {
  numbered,
  openBroker,
  openInbox,
  publish,
  publishAll,
  topicOf,
  type PubSubCase,
  type PubSubWorld,
} from "./inbox.ts";

function entriesOf(world: PubSubWorld, texts: readonly string[]) {
  return texts.map((each, index) => ({
    entryId: String(index + 11),
    event: bytes(each),
    contentType: "text/plain",
    metadata: { ...world.facts.publishMetadata },
  }));
}

export const featureCases: readonly PubSubCase[] = [
  {
    id: "pubsub/a-bulk-publish-delivers-every-entry",
    class: "functional",
    needs: ["BULK_PUBSUB"],
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      const texts = numbered("entry", 1, 10);
      const metadata = { ...world.facts.publishMetadata };
      const failures = await broker.bulkPublish!({ topic, entries: entriesOf(world, texts), metadata });
      assert.deepEqual(failures, []);
      await inbox.handlesExactly(texts);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-bulk-publish-of-nothing-does-nothing",
    class: "functional",
    needs: ["BULK_PUBSUB"],
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      assert.deepEqual(await broker.bulkPublish!({ topic, entries: [], metadata: {} }), []);
    },
  },
  {
    id: "pubsub/without-bulk-pubsub-a-bulk-publish-is-not-implemented",
    class: "functional",
    lacks: ["BULK_PUBSUB"],
    async run(world) {
      const { bulkPublish } = world.instance;
      const request = { topic: topicOf(world), entries: entriesOf(world, ["lost"]), metadata: {} };
      if (bulkPublish) await refused(bulkPublish(request), "unimplemented");
    },
  },
  {
    id: "pubsub/a-message-that-expired-is-not-delivered",
    class: "functional",
    needs: ["MESSAGE_TTL"],
    unless: ({ durable }) => (durable ? undefined : "messages do not wait, so none expires"),
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const first = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "before");
      await first.handles(["before"]);
      await first.close();
      await publish(world, broker, topic, "short-lived", { ttlInSeconds: "1" });
      await publish(world, broker, topic, "long-lived", { ttlInSeconds: "600" });
      await publish(world, broker, topic, "for ever");
      await pause(2_200);
      const second = await openInbox(world, broker, topic);
      await second.handlesExactly(["long-lived", "for ever"]);
      await second.close();
    },
  },
  {
    id: "pubsub/a-message-with-a-ttl-is-delivered-in-its-time",
    class: "functional",
    needs: ["MESSAGE_TTL"],
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "in time", { ttlInSeconds: "60" });
      await inbox.handlesExactly(["in time"]);
      await inbox.close();
    },
  },
  {
    id: "pubsub/without-message-ttl-a-message-with-a-ttl-is-delivered-all-the-same",
    class: "functional",
    lacks: ["MESSAGE_TTL"],
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "in time", { ttlInSeconds: "60" });
      await inbox.handlesExactly(["in time"]);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-wildcard-gets-what-it-matches-and-nothing-else",
    class: "functional",
    needs: ["SUBSCRIBE_WILDCARDS"],
    unless: ({ wildcard }) => (wildcard ? undefined : "no pattern is given as a fact"),
    async run(world) {
      const { pattern, matches, misses } = world.facts.wildcard!;
      const broker = await openBroker(world);
      const word = world.unique("word");
      const named = (template: string): string => world.facts.topicPrefix + template.replaceAll("{}", word);
      const inbox = await openInbox(world, broker, named(pattern));
      await publish(world, broker, named(misses), "missed");
      await publishAll(world, broker, named(matches), ["one", "two"]);
      await inbox.handlesExactly(["one", "two"]);
      for (const { topic } of inbox.received)
        assert.equal(topic, named(matches), "the message does not name its own topic");
      await inbox.close();
    },
  },
  {
    id: "pubsub/without-wildcards-a-star-matches-no-other-topic",
    class: "functional",
    lacks: ["SUBSCRIBE_WILDCARDS"],
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const plain = await openInbox(world, broker, topic);
      const star = await openInbox(world, broker, `${topic.slice(0, -2)}*`).catch(() => undefined);
      await publish(world, broker, topic, "one");
      await plain.handles(["one"]);
      await star?.staysSilent(0);
      await Promise.all([plain.close(), star?.close()]);
    },
  },
];
