import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { eventually, pause, settled } from "../core/expect.ts";
import { numbered, openBroker, openInbox, publish, publishAll, topicOf, type PubSubCase } from "./inbox.ts";

const unlessDurable = ({ durable }: { durable: boolean }) =>
  durable ? undefined : "messages do not wait for a subscriber that is away";

export const subscriptionCases: readonly PubSubCase[] = [
  {
    id: "pubsub/two-topics-do-not-mix",
    class: "functional",
    async run(world) {
      const broker = await openBroker(world);
      const [even, odd] = [topicOf(world, "even"), topicOf(world, "odd")];
      const [evens, odds] = [await openInbox(world, broker, even), await openInbox(world, broker, odd)];
      for (let number = 11; number <= 20; number++)
        await publish(world, broker, number % 2 === 0 ? even : odd, String(number));
      await Promise.all([
        evens.handlesExactly(["12", "14", "16", "18", "20"]),
        odds.handlesExactly(["11", "13", "15", "17", "19"]),
      ]);
      await Promise.all([evens.close(), odds.close()]);
    },
  },
  {
    id: "pubsub/closing-one-subscription-leaves-the-other-alone",
    class: "functional",
    async run(world) {
      const broker = await openBroker(world);
      const [topic1, topic2] = [topicOf(world, "one"), topicOf(world, "two")];
      const [first, second] = [await openInbox(world, broker, topic1), await openInbox(world, broker, topic2)];
      await publishAll(world, broker, topic1, numbered("one", 1, 3));
      await publishAll(world, broker, topic2, numbered("two", 1, 3));
      await Promise.all([first.handles(numbered("one", 1, 3)), second.handles(numbered("two", 1, 3))]);
      await first.close();
      await publishAll(world, broker, topic2, numbered("two", 4, 6));
      await second.handlesExactly(numbered("two", 1, 6));
      await second.close();
    },
  },
  {
    id: "pubsub/a-closed-subscription-gets-nothing-more",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "before");
      await inbox.handles(["before"]);
      await inbox.close();
      const before = inbox.received.length;
      await publishAll(world, broker, topic, numbered("after", 1, 3));
      await inbox.staysSilent(before);
      await inbox.close();
    },
  },
  {
    id: "pubsub/closing-waits-for-the-delivery-under-way-and-acknowledges-it",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inHandler = Promise.withResolvers<void>();
      const first = await openInbox(world, broker, topic, async () => {
        inHandler.resolve();
        await pause(300);
      });
      await publish(world, broker, topic, "under way");
      assert.equal(await settled(inHandler.promise, world.facts.deliveryTimeoutMs, "the first delivery"), "resolved");
      await first.close();
      assert.deepEqual(first.handled, ["under way"], "close did not wait for the delivery under way");
      const second = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "next");
      await second.handlesExactly(["next"]);
      await second.close();
    },
  },
  {
    id: "pubsub/a-message-whose-subscriber-went-away-goes-to-the-next-one",
    class: "functional",
    timeoutMs: 90_000,
    unless: ({ redeliversUnanswered }) =>
      redeliversUnanswered ? undefined : "the broker forgets what it has handed out",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const taken = Promise.withResolvers<void>();
      const first = await openInbox(world, broker, topic, async () => {
        taken.resolve();
        await pause(50);
        throw new ComponentError("cancelled", "the subscriber went away");
      });
      await publish(world, broker, topic, "unanswered");
      assert.equal(await settled(taken.promise, world.facts.deliveryTimeoutMs, "the first delivery"), "resolved");
      await first.close();
      const second = await openInbox(world, broker, topic);
      await second.handles(["unanswered"], world.facts.deliveryTimeoutMs + world.facts.redeliveryTimeoutMs);
      await second.close();
    },
  },
  {
    id: "pubsub/messages-wait-for-a-subscriber-that-is-away",
    class: "functional",
    unless: unlessDurable,
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const first = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "before");
      await first.handles(["before"]);
      await first.close();
      const texts = numbered("while away", 1, 5);
      await publishAll(world, broker, topic, texts);
      const second = await openInbox(world, broker, topic);
      await second.handles(texts);
      await second.close();
    },
  },
  {
    id: "pubsub/subscribers-by-different-names-each-get-everything",
    class: "functional",
    unless: unlessDurable,
    async run(world) {
      const topic = topicOf(world);
      const brokers = [await openBroker(world), await openBroker(world)];
      const inboxes = await Promise.all(brokers.map((broker) => openInbox(world, broker, topic)));
      const texts = numbered("message", 1, 10);
      await publishAll(world, brokers[0]!, topic, texts);
      await Promise.all(inboxes.map((inbox) => inbox.handlesExactly(texts)));
      await Promise.all(inboxes.map((inbox) => inbox.close()));
    },
  },
  {
    id: "pubsub/two-subscriptions-to-one-topic-miss-nothing",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inboxes = [await openInbox(world, broker, topic), await openInbox(world, broker, topic)];
      const texts = numbered("message", 1, 10);
      await publishAll(world, broker, topic, texts);
      if (world.facts.everySubscriptionGetsAll) await Promise.all(inboxes.map((inbox) => inbox.handles(texts)));
      else {
        await eventually(world.facts.deliveryTimeoutMs, () => {
          const handled = new Set(inboxes.flatMap((inbox) => inbox.handled));
          assert.deepEqual(
            texts.filter((each) => !handled.has(each)),
            [],
          );
        });
      }
      await Promise.all(inboxes.map((inbox) => inbox.close()));
    },
  },
  {
    id: "pubsub/while-paused-nothing-comes-and-afterwards-everything",
    class: "functional",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "before");
      await inbox.handles(["before"]);
      // Optional in Dapr's protocol: without it, the runtime closes the subscription instead.
      const unimplemented = (error: unknown): boolean => ComponentError.is(error) && error.code === "unimplemented";
      const paused = broker.pause
        ? await broker.pause().then(
            () => true,
            (error: unknown) => {
              if (unimplemented(error)) return false;
              throw error;
            },
          )
        : false;
      if (paused) {
        await broker.pause!();
        const before = inbox.received.length;
        await publishAll(world, broker, topic, ["while paused 1", "while paused 2"]);
        await inbox.staysSilent(before);
        await broker.resume!();
        await broker.resume!();
        await inbox.handles(["while paused 1", "while paused 2"]);
      }
      await publish(world, broker, topic, "after");
      await inbox.handles(["after"]);
      await inbox.close();
    },
  },
];
