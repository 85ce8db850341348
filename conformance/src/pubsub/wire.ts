import assert from "node:assert/strict";
import type { ClientStream } from "@trilby/kit/transport";
import { RpcCode } from "@trilby/kit/transport";
import { PubSubDefinition, PullMessagesRequest, PullMessagesResponse } from "@trilby/proto/components";
import { bytes, text } from "../core/bytes.ts";
import { pause, settled } from "../core/expect.ts";
import { call, codeOf, headers, statusOf } from "../wire/call.ts";
import { protocolCases } from "../wire/protocol.ts";
import { topicOf, type PubSubCase, type PubSubWorld } from "./inbox.ts";

const abilities = ["wire"] as const;
const { methods } = PubSubDefinition;

export const wireCases: readonly PubSubCase[] = [
  ...protocolCases("pubsub", "pubsub"),
  {
    id: "pubsub/answers-to-unknown-ids-are-ignored",
    class: "hostile",
    abilities,
    async run(world) {
      const { pull, publish, close } = await wired(world);
      const stream = pull();
      await stream.started();
      await stream.send({ topic: undefined, ackMessageId: "no such id", ackError: undefined });
      await stream.send({ topic: undefined, ackMessageId: "", ackError: { message: "nor this" } });
      await publish("still flows");
      const { id } = await stream.next("still flows");
      await stream.acknowledge(id);
      await stream.acknowledge(id);
      await publish("and again");
      await stream.acknowledge((await stream.next("and again")).id);
      close();
    },
  },
  {
    id: "pubsub/every-message-of-a-stream-has-an-id-of-its-own",
    class: "functional",
    abilities,
    async run(world) {
      const { pull, publish, close } = await wired(world);
      const stream = pull();
      await stream.started();
      const ids: string[] = [];
      for (const words of ["one", "two", "three"]) {
        await publish(words);
        const { id } = await stream.next(words);
        assert.notEqual(id, "", "a message has no id");
        ids.push(id);
        await stream.acknowledge(id);
      }
      assert.equal(new Set(ids).size, 3, `ids are used twice: ${ids.join(", ")}`);
      close();
    },
  },
  {
    id: "pubsub/an-unanswered-message-of-a-cancelled-stream-comes-on-the-next-one",
    class: "functional",
    abilities,
    unless: ({ redeliversUnanswered }) =>
      redeliversUnanswered ? undefined : "the broker forgets what it has handed out",
    async run(world) {
      const { pull, publish, close } = await wired(world);
      const first = pull();
      await first.started();
      await publish("unanswered");
      await first.next("unanswered");
      first.cancel();
      // The protocol does not tell when the component has seen it.
      await pause(300);
      const second = pull();
      const { id } = await second.next("unanswered", world.facts.redeliveryTimeoutMs);
      await second.acknowledge(id);
      close();
    },
  },
  {
    id: "pubsub/an-error-without-a-message-is-a-refusal-all-the-same",
    class: "functional",
    abilities,
    unless: ({ redeliversFailed }) =>
      redeliversFailed ? undefined : "the broker does not deliver failed messages again",
    async run(world) {
      const { pull, publish, close } = await wired(world);
      const stream = pull();
      await stream.started();
      await publish("refused once");
      const { id } = await stream.next("refused once");
      await stream.send({ topic: undefined, ackMessageId: id, ackError: { message: "" } });
      const again = await stream.next("refused once", world.facts.redeliveryTimeoutMs);
      await stream.acknowledge(again.id);
      close();
    },
  },
  {
    id: "pubsub/a-stream-that-names-no-topic-harms-nobody",
    class: "hostile",
    abilities,
    async run(world) {
      const { channel, instanceName } = world.wire!;
      const { pull, publish, close } = await wired(world);
      const stream = pull();
      await stream.started();
      for (const first of [{ topic: undefined }, { topic: { name: "", metadata: {} } }]) {
        const nameless = channel.stream(path, { metadata: headers(instanceName), timeoutMs: 500 });
        // Refused at once, or left alone until its time is over.
        await nameless
          .send(PullMessagesRequest.encode({ ...first, ackMessageId: "", ackError: undefined }).finish())
          .catch(() => undefined);
        await statusOf(readOne(nameless));
      }
      await publish("still flows");
      await stream.acknowledge((await stream.next("still flows")).id);
      close();
    },
  },
  {
    id: "pubsub/pause-and-resume-answer-ok-or-unimplemented-and-may-be-repeated",
    class: "functional",
    abilities,
    async run(world) {
      const { instance, close } = await wired(world);
      for (const method of [methods.pause, methods.pause, methods.resume, methods.resume]) {
        const code = await codeOf(call(world.wire!, PubSubDefinition, method, {}, instance));
        assert.ok(code === RpcCode.OK || code === RpcCode.UNIMPLEMENTED, `${method.name} ended with status ${code}`);
      }
      close();
    },
  },
  {
    id: "pubsub/without-bulk-pubsub-the-wire-answers-unimplemented",
    class: "functional",
    abilities,
    lacks: ["BULK_PUBSUB"],
    async run(world) {
      const { wire } = world;
      const entries = [{ entryId: "1", event: bytes("lost"), contentType: "text/plain", metadata: {} }];
      const request = { entries, pubsubName: "", topic: topicOf(world), metadata: {} };
      await statusOf(
        call(wire!, PubSubDefinition, methods.bulkPublish, request, wire!.instanceName),
        RpcCode.UNIMPLEMENTED,
      );
    },
  },
];

const path = `/${PubSubDefinition.fullName}/${methods.pullMessages.name}`;

/** An instance of its own, spoken to by nothing but messages of the protocol. */
async function wired(world: PubSubWorld) {
  const { wire, facts, properties } = world;
  const instance = world.unique("instance");
  const topic = topicOf(world);
  const metadata = { properties: { ...properties, consumerID: world.unique("group") } };
  await call(wire!, PubSubDefinition, methods.init, { metadata }, instance);
  const streams: ClientStream[] = [];
  return {
    instance,
    async publish(words: string): Promise<void> {
      const request = {
        data: bytes(words),
        pubsubName: instance,
        topic,
        metadata: { ...facts.publishMetadata },
        contentType: "",
      };
      await call(wire!, PubSubDefinition, methods.publish, request, instance);
    },
    pull() {
      const accepted = Promise.withResolvers<void>();
      const onHeaders = (): void => accepted.resolve();
      const stream = wire!.channel.stream(path, { metadata: headers(instance), onHeaders });
      streams.push(stream);
      return pulled(stream, accepted.promise, topic, facts);
    },
    close: () => streams.forEach((stream) => stream.cancel()),
  };
}

function pulled(stream: ClientStream, accepted: Promise<void>, topic: string, facts: PubSubWorld["facts"]) {
  const messages = stream.messages[Symbol.asyncIterator]();
  const send = (request: PullMessagesRequest): Promise<void> =>
    stream.send(PullMessagesRequest.encode(request).finish());
  const opened = send({
    topic: { name: topic, metadata: { ...facts.subscribeMetadata } },
    ackMessageId: "",
    ackError: undefined,
  });
  return {
    send,
    /** Our own components say when the subscription stands; for others it takes a moment. */
    async started(): Promise<void> {
      await opened;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([accepted, new Promise<void>((resolve) => (timer = setTimeout(resolve, 5_000)))]);
      clearTimeout(timer);
    },
    acknowledge: (id: string) => send({ topic: undefined, ackMessageId: id, ackError: undefined }),
    cancel: () => stream.cancel(),
    /** The next message, which must be this one. */
    async next(words: string, extraMs = 0): Promise<PullMessagesResponse> {
      const result = messages.next();
      assert.equal(
        await settled(result, facts.deliveryTimeoutMs + extraMs, `the delivery of "${words}"`),
        "resolved",
        "the stream ended",
      );
      const { done, value } = await result;
      assert.ok(!done, "the stream ended");
      const message = PullMessagesResponse.decode(value);
      assert.equal(text(message.data), words);
      return message;
    },
  };
}

async function readOne(stream: ClientStream): Promise<void> {
  for await (const _ of stream.messages) assert.fail("a message came");
}
