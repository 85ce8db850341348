import assert from "node:assert/strict";
import { bytes, sameBytes } from "../core/bytes.ts";
import { eventually, refused } from "../core/expect.ts";
import { oddCase, unknownField } from "../core/opening.ts";
import { openBroker, openInbox, publish, topicOf, type PubSubCase, type PubSubWorld } from "./inbox.ts";

const payloads: Readonly<Record<string, Uint8Array>> = {
  "no-bytes-at-all": new Uint8Array(),
  "all-256-bytes": Uint8Array.from({ length: 256 }, (_, index) => index),
  "zero-bytes": new Uint8Array(64),
  "bytes-that-are-not-utf-8": Uint8Array.of(0xff, 0xfe, 0xc0, 0x80),
  "json-in-its-own-spacing": bytes('{ "b" : 1,\n  "a" : 2 }'),
  "line-breaks-and-quotes": bytes("a'b\"c\\d\r\n\te"),
  emoji: bytes("🦜 größe 大小"),
};

/** Some brokers refuse some of these; what none may do is to mix topics up. */
const topics: Readonly<Record<string, readonly [topic: string, beside: string]>> = {
  dots: ["{}.a.b", "{}.a"],
  slashes: ["{}/a/b", "{}/a"],
  "upper-case": ["{}-Topic", "{}-topic"],
  underscores: ["{}_a", "{}.a"],
  blanks: ["{} a b", "{} a"],
  quotes: ["{}'a\"", "{}'a"],
  "letters-of-many-scripts": ["{}-größe-大小", "{}-grosse-大小"],
  "200-characters": [`{}-${"x".repeat(180)}1`, `{}-${"x".repeat(180)}2`],
};

export const hostileCases: readonly PubSubCase[] = [
  ...Object.entries(payloads).map(([name, payload]) =>
    delivering(`pubsub/delivers-${name}-as-they-were-published`, () => payload),
  ),
  delivering("pubsub/delivers-a-message-of-the-largest-size", ({ facts }) =>
    Uint8Array.from({ length: facts.maxMessageBytes }, (_, index) => (index * 31) & 0xff),
  ),
  ...Object.entries(topics).map(([name, [template, templateBeside]]): PubSubCase => ({
    id: `pubsub/a-topic-of-${name}-is-refused-or-its-own`,
    class: "hostile",
    async run(world) {
      const broker = await openBroker(world);
      const word = topicOf(world);
      const [topic, beside] = [template.replace("{}", word), templateBeside.replace("{}", word)];
      const inbox = await openInbox(world, broker, topic).catch(() => undefined);
      const other = await openInbox(world, broker, beside).catch(() => undefined);
      const sent = await publish(world, broker, topic, "for the topic").then(
        () => true,
        () => false,
      );
      const sentBeside = await publish(world, broker, beside, "for the one beside").then(
        () => true,
        () => false,
      );
      await Promise.all([
        inbox && sent ? inbox.handlesExactly(["for the topic"]) : undefined,
        other && sentBeside ? other.handlesExactly(["for the one beside"]) : undefined,
      ]);
      await Promise.all([inbox?.close(), other?.close()]);
    },
  })),
  {
    // In-process only: on the wire it is the runtime that never sends one.
    id: "pubsub/an-empty-topic-is-refused",
    class: "hostile",
    abilities: ["in-process"],
    async run(world) {
      await refused(publish(world, world.instance, "", "lost"));
      await refused(world.instance.subscribe({ topic: "", metadata: {} }, async () => {}));
    },
  },
  {
    id: "pubsub/unknown-publish-metadata-is-ignored",
    class: "hostile",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "with metadata", {
        "x-unknown": "1",
        "odd name": "'; --",
        traceparent: "00-0-0-00",
      });
      await inbox.handles(["with metadata"]);
      await inbox.close();
    },
  },
  {
    id: "pubsub/a-handler-that-rejects-with-nothing-has-not-handled",
    class: "hostile",
    unless: ({ redeliversFailed }) =>
      redeliversFailed ? undefined : "the broker does not deliver failed messages again",
    async run(world) {
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      let tries = 0;
      const inbox = await openInbox(world, broker, topic, () => {
        // oxlint-disable-next-line only-throw-error -- an application may do this
        if (++tries === 1) throw undefined;
      });
      await publish(world, broker, topic, "again");
      await inbox.handles(["again"], world.facts.deliveryTimeoutMs + world.facts.redeliveryTimeoutMs);
      await inbox.close();
    },
  },
  {
    id: "pubsub/metadata-names-are-compared-without-case",
    class: "hostile",
    async run(world) {
      const properties = oddCase({ ...world.properties, consumerID: world.unique("group") });
      const { instance: broker } = await world.open({ properties });
      const topic = topicOf(world);
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, "arrives");
      await inbox.handles(["arrives"]);
      await inbox.close();
    },
  },
  {
    id: "pubsub/unknown-metadata-is-refused-by-name",
    class: "hostile",
    abilities: ["in-process"],
    async run({ open, properties }) {
      const error = await refused(open({ properties: { ...properties, ...unknownField } }), "invalid-metadata");
      assert.match(error.message, /trilbyUnknownField/);
    },
  },
  {
    id: "pubsub/a-closed-instance-refuses-calls",
    class: "functional",
    abilities: ["in-process"],
    async run(world) {
      const { instance, close } = await world.open({
        properties: { ...world.properties, consumerID: world.unique("group") },
      });
      await close();
      await refused(publish(world, instance, topicOf(world), "lost"), "closed");
      await refused(
        instance.subscribe({ topic: topicOf(world), metadata: {} }, async () => {}),
        "closed",
      );
    },
  },
];

function delivering(id: string, payloadOf: (world: PubSubWorld) => Uint8Array): PubSubCase {
  return {
    id,
    class: "hostile",
    async run(world) {
      const payload = payloadOf(world);
      const [broker, topic] = [await openBroker(world), topicOf(world)];
      const inbox = await openInbox(world, broker, topic);
      await publish(world, broker, topic, payload);
      const message = await eventually(world.facts.deliveryTimeoutMs, () => {
        assert.ok(inbox.received.length > 0, "the message did not arrive");
        return inbox.received[0]!;
      });
      sameBytes(message.data, payload, "the message");
      await inbox.close();
    },
  };
}
