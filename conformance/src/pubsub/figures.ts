import assert from "node:assert/strict";
import { eventually, settled } from "../core/expect.ts";
import { latencies, throughput } from "../core/measure.ts";
import { openBroker, openInbox, publish, topicOf, type PubSubCase } from "./inbox.ts";

const message = "x".repeat(1_024);

export const figureCases: readonly PubSubCase[] = [
  {
    id: "pubsub/figures-of-publish-and-delivery",
    class: "figure",
    timeoutMs: 60_000,
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      let handled = 0;
      let next = Promise.withResolvers<void>();
      const inbox = await openInbox(world, broker, topic, () => {
        handled++;
        next.resolve();
      });
      await publish(world, broker, topic, message);
      await eventually(world.facts.deliveryTimeoutMs, () => assert.equal(handled, 1));
      const roundTrip = await latencies(50, async () => {
        next = Promise.withResolvers();
        await publish(world, broker, topic, message);
        await settled(next.promise, world.facts.deliveryTimeoutMs, "a delivery");
      });
      world.measured("deliveryP50Ms", roundTrip.p50Ms);
      world.measured("deliveryP99Ms", roundTrip.p99Ms);
      let published = 51;
      world.measured(
        "publishesPerSecond",
        await throughput(16, 500, async () => {
          // Publishing alone would fill whatever bounds the broker has.
          if (published - handled > 1_000)
            await eventually(world.facts.deliveryTimeoutMs, () => assert.ok(published - handled <= 1_000));
          await publish(world, broker, topic, message);
          published++;
        }),
      );
      // A broker that is fast because it drops is not fast.
      const started = performance.now();
      const before = handled;
      await eventually(world.facts.deliveryTimeoutMs * 2, () =>
        assert.ok(handled >= published, `${handled} of ${published} arrived`),
      );
      const seconds = (performance.now() - started) / 1_000;
      if (seconds > 0.1) world.measured("deliveriesPerSecond", Math.round((handled - before) / seconds));
      await inbox.close();
    },
  },
];
