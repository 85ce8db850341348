import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { numbered, openBroker, openInbox, publish, publishAll, topicOf, type PubSubCase } from "./inbox.ts";

export const deliveryCases: readonly PubSubCase[] = [
  {
    id: "pubsub/ping-answers-or-is-not-implemented",
    class: "functional",
    async run({ instance }) {
      await instance.ping?.().catch((error: unknown) => {
        assert.ok(ComponentError.is(error) && error.code === "unimplemented", `ping was refused: ${String(error)}`);
      });
    },
  },
  {
    id: "pubsub/delivers-everything-that-was-published",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      const texts = numbered("message", 1, 10);
      await publishAll(world, broker, topic, texts);
      await inbox.handles(texts);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-message-names-the-topic-it-came-by",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "where from");
      await inbox.handles(["where from"]);
      assert.equal(inbox.received[0]!.topic, topic);
      await inbox.close();
    },
  },
  {
    id: "pubsub/delivers-in-the-order-of-publishing",
    class: "functional",
    unless: ({ inOrder }) => (inOrder ? undefined : "the broker does not keep the order of a topic"),
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(
        world,
        broker,
        topic,
        () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5)),
      );
      const texts = numbered("message", 1, 30);
      await publishAll(world, broker, topic, texts);
      await inbox.handles(texts);
      assert.deepEqual([...new Set(inbox.handled)], texts);
      await inbox.close();
    },
  },
  {
    id: "pubsub/goes-on-after-a-handler-failed",
    class: "functional",
    timeoutMs: 90_000,
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const failed = new Set<string>();
      let count = 0;
      const inbox = await openInbox(world, broker, topic, (words) => {
        // Like Dapr's own check: the first two, and each fifth, once.
        if (failed.has(words)) return;
        count++;
        if (count > 2 && count % 5 !== 0) return;
        failed.add(words);
        throw new Error("the application is not ready");
      });
      const texts = numbered("message", 1, 15);
      await publishAll(world, broker, topic, texts);
      const deadlineMs = world.facts.deliveryTimeoutMs + world.facts.redeliveryTimeoutMs;
      const awaited = (): string[] => texts.filter((each) => !failed.has(each));
      await inbox.handles(awaited().slice(0, 1), deadlineMs);
      await inbox.handles(
        [texts.at(-1)!, texts.at(-2)!].filter((each) => !failed.has(each)),
        deadlineMs,
      );
      await inbox.handles(awaited(), deadlineMs);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-message-whose-handler-failed-comes-again",
    class: "functional",
    timeoutMs: 90_000,
    unless: ({ redeliversFailed }) =>
      redeliversFailed ? undefined : "the broker does not deliver failed messages again",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const tried = new Set<string>();
      const inbox = await openInbox(world, broker, topic, (words) => {
        if (tried.has(words)) return;
        tried.add(words);
        throw new Error("not yet");
      });
      await publishAll(world, broker, topic, ["one", "two"]);
      await inbox.handles(["one", "two"], world.facts.deliveryTimeoutMs + world.facts.redeliveryTimeoutMs);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-message-that-was-handled-does-not-come-again",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const first = await openInbox(world, broker, topic);
      await publishAll(world, broker, topic, ["one", "two"]);
      await first.handlesExactly(["one", "two"]);
      await first.close();
      const second = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "three");
      await second.handlesExactly(["three"]);
      await second.close();
    },
  },
  {
    id: "pubsub/200-messages-at-once-all-arrive",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      const texts = numbered("message", 1, 200);
      await Promise.all(texts.map((each) => publish(world, broker, topic, each)));
      await inbox.handlesExactly(texts);
      await inbox.close();
    },
  },
];
