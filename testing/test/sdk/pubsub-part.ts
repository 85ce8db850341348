import { DaprPubSubStatusEnum } from "@dapr/dapr";
import assert from "node:assert/strict";
import { describe, test } from "vitest";

import { eventually } from "./eventually.ts";
import { type Part, refusal } from "./world.ts";

/** What an application does with a broker. */
export function pubsubPart(pubsub: string): Part {
  const topics = ["plain", "bulk", "batch", "large", "small", "again", "dropped", "poison", "dead", "raw"] as const;
  type Topic = (typeof topics)[number];
  let got: Record<Topic, unknown[]>;
  let label = "";
  const nameOf = (topic: Topic): string => `${label}-${topic}`;

  return {
    async prepare(server, world) {
      label = world;
      got = {
        plain: [],
        bulk: [],
        batch: [],
        large: [],
        small: [],
        again: [],
        dropped: [],
        poison: [],
        dead: [],
        raw: [],
      };
      const received = got;
      const subscribe = async (topic: Topic, answer?: () => DaprPubSubStatusEnum, more: object = {}) => {
        // Without a route of its own the SDK serves every subscription at one path of its HTTP server.
        const route = `${pubsub}-${topic}`;
        const callback = async (data: unknown) => {
          received[topic].push(data);
          return answer?.();
        };
        await server.pubsub.subscribeWithOptions(pubsub, nameOf(topic), { route, callback, ...more });
      };
      await subscribe("plain");
      await subscribe("bulk");
      await subscribe("again", () =>
        received.again.length < 3 ? DaprPubSubStatusEnum.RETRY : DaprPubSubStatusEnum.SUCCESS,
      );
      await subscribe("dropped", () => DaprPubSubStatusEnum.DROP);
      await subscribe("poison", () => DaprPubSubStatusEnum.RETRY, { deadLetterTopic: nameOf("dead") });
      await subscribe("dead");
      const inBatch = async (data: { id: number }) => {
        received.batch.push(data);
        if (data.id === 2) return DaprPubSubStatusEnum.DROP;
        // The third is wanted once more.
        const times = received.batch.filter((each) => (each as { id: number }).id === data.id).length;
        return data.id === 3 && times === 1 ? DaprPubSubStatusEnum.RETRY : DaprPubSubStatusEnum.SUCCESS;
      };
      await server.pubsub.subscribeBulk(pubsub, nameOf("batch"), inBatch, {
        route: `${pubsub}-batch`,
        maxMessagesCount: 5,
        maxAwaitDurationMs: 100,
      });
      // One topic, two routes.
      const [large, small] = [`${pubsub}-large`, `${pubsub}-small`];
      await server.pubsub.subscribeWithOptions(pubsub, nameOf("large"), {
        route: {
          rules: [{ match: 'event.type == "order" && event.data.amount > 100', path: large }],
          default: small,
        },
      });
      server.pubsub.subscribeToRoute(pubsub, nameOf("large"), large, async (data: object) => {
        received.large.push(data);
      });
      server.pubsub.subscribeToRoute(pubsub, nameOf("large"), small, async (data: object) => {
        received.small.push(data);
      });
      // The SDK sends every value as JSON, so that the text "true" would arrive in quotes.
      await subscribe("raw", undefined, { metadata: { rawPayload: true } });
    },

    steps(world) {
      describe.concurrent(`pub/sub on ${pubsub}`, () => {
        const publish = (topic: Topic, data: object | string, options = {}) =>
          world().client.pubsub.publish(pubsub, nameOf(topic), data, options);
        /** Brokers promise at least once. */
        const unlike = (topic: Topic): unknown[] => [
          ...new Map(got[topic].map((data) => [JSON.stringify(data), data])).values(),
        ];

        test("objects and texts arrive as they were published", async () => {
          const messages = [{ id: 1, name: "Żółć 🎩" }, { id: 2, list: [1, [2]] }, "a text", "x".repeat(100_000)];
          for (const message of messages) assert.deepEqual(await publish("plain", message), {});
          await eventually(() => assert.deepEqual(new Set(unlike("plain")), new Set(messages)));
        });

        test("messages published in bulk arrive, each one", async () => {
          const messages = ["one", { two: 2 }, ...Array.from({ length: 20 }, (_, index) => ({ index }))];
          assert.deepEqual(await world().client.pubsub.publishBulk(pubsub, nameOf("bulk"), messages), {
            failedMessages: [],
          });
          await eventually(() => assert.deepEqual(new Set(unlike("bulk")), new Set(messages)));
        });

        test("messages that the application takes in batches have their fates one by one", async () => {
          const messages = Array.from({ length: 12 }, (_, index) => ({ id: index + 1 }));
          assert.deepEqual(await world().client.pubsub.publishBulk(pubsub, nameOf("batch"), messages), {
            failedMessages: [],
          });
          const times = (id: number): number => got.batch.filter((each) => (each as { id: number }).id === id).length;
          await eventually(() => {
            assert.deepEqual(new Set(unlike("batch")), new Set(messages));
            assert.ok(times(3) >= 2, "the third did not come again");
          });
        });

        test("messages go the way that rules say", async () => {
          const order = { metadata: { "cloudevent.type": "order" } };
          await publish("large", { amount: 500 }, order);
          await publish("large", { amount: 5 }, order);
          await publish("large", { amount: 500, of: "another type" });
          await eventually(() => {
            assert.deepEqual(unlike("large"), [{ amount: 500 }]);
            assert.deepEqual(new Set(unlike("small")), new Set([{ amount: 5 }, { amount: 500, of: "another type" }]));
          });
        });

        test("a message that the application wants again comes again", async () => {
          await publish("again", { id: 3 });
          await eventually(() => assert.ok(got.again.length >= 3, `it came ${got.again.length} times`));
          assert.deepEqual(unlike("again"), [{ id: 3 }]);
        });

        test("a message that the application cannot take goes to the dead letter topic", async () => {
          await publish("poison", { id: 4 });
          await eventually(() => assert.deepEqual(unlike("dead"), [{ id: 4 }]));
          assert.deepEqual(unlike("poison"), [{ id: 4 }]);
        });

        test("a message that the application drops does not come again", async () => {
          await publish("dropped", { id: 5 });
          await eventually(() => assert.deepEqual(got.dropped, [{ id: 5 }]));
          // What comes after it on the same topic shows that it was passed.
          await publish("dropped", { id: 6 });
          await eventually(() => assert.deepEqual(got.dropped, [{ id: 5 }, { id: 6 }]));
        });

        test("raw messages travel without an envelope", async () => {
          await publish("raw", { id: 7 }, { metadata: { rawPayload: "true" } });
          await eventually(() => assert.deepEqual(unlike("raw"), [{ id: 7 }]));
        });

        test("a broker that there is none of is an error that says so", async () => {
          const { client } = world();
          assert.match(
            await refusal(client.pubsub.publish("nowhere", "plain", { id: 1 })),
            /pubsub nowhere is not found/,
          );
          const { failedMessages } = await client.pubsub.publishBulk("nowhere", "plain", ["a", "b"]);
          assert.deepEqual(
            failedMessages.map(({ message }) => message.event),
            ["a", "b"],
          );
        });
      });
    },
  };
}
