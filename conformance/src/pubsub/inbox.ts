import assert from "node:assert/strict";
import type { Message, Metadata, PubSub, Subscription } from "@trilby/kit";
import { bytes, text } from "../core/bytes.ts";
import type { Case } from "../core/case.ts";
import { eventually, pause } from "../core/expect.ts";
import type { World } from "../core/world.ts";

export type PubSubCase = Case<"pubsub">;
export type PubSubWorld = World<"pubsub">;

/** An instance with a consumer group of its own, so that cases side by side share nothing. */
export async function openBroker(world: PubSubWorld, consumerID = world.unique("group")): Promise<PubSub> {
  const { instance } = await world.open({ properties: { ...world.properties, consumerID } });
  return instance;
}

export function topicOf({ facts, unique }: PubSubWorld, word = "topic"): string {
  return facts.topicPrefix + unique(word);
}

export async function publish(
  world: PubSubWorld,
  broker: PubSub,
  topic: string,
  data: string | Uint8Array,
  metadata: Metadata = {},
) {
  await broker.publish({
    topic,
    data: typeof data === "string" ? bytes(data) : data,
    metadata: { ...world.facts.publishMetadata, ...metadata },
  });
}

/** Publishes texts one after the other. */
export async function publishAll(
  world: PubSubWorld,
  broker: PubSub,
  topic: string,
  texts: readonly string[],
): Promise<void> {
  for (const each of texts) await publish(world, broker, topic, each);
}

export function numbered(run: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${run} ${from + index}`);
}

export interface Inbox {
  /** Every message that was given to the handler, in order, those that it refused too. */
  readonly received: readonly Message[];
  /** Texts of those that the handler took. */
  readonly handled: readonly string[];
  /** Waits until each of these was handled at least once. */
  handles(texts: readonly string[], timeoutMs?: number): Promise<void>;
  /** Waits until it was silent for a while, then compares exactly: nothing twice, nothing else. */
  handlesExactly(texts: readonly string[]): Promise<void>;
  /** Nothing has come since that many had come, and nothing comes for as long as silence has to last. */
  staysSilent(since: number): Promise<void>;
  close(): Promise<void>;
}

/** Subscribes. `handle` may refuse a message by throwing. */
export async function openInbox(
  { facts }: PubSubWorld,
  broker: PubSub,
  topic: string,
  handle: (message: string, count: number) => Promise<void> | void = () => {},
): Promise<Inbox> {
  const received: Message[] = [];
  const handled: string[] = [];
  const request = { topic, metadata: { ...facts.subscribeMetadata } };
  const subscription: Subscription = await broker.subscribe(request, async (message) => {
    received.push(message);
    const words = text(message.data);
    await handle(words, received.length);
    handled.push(words);
  });
  const silence = async (): Promise<void> => {
    for (let before = -1; before !== received.length;) {
      before = received.length;
      await pause(facts.silenceMs);
    }
  };
  const handles = (texts: readonly string[], timeoutMs = facts.deliveryTimeoutMs): Promise<void> =>
    eventually(timeoutMs, () => {
      const missing = texts.filter((each) => !handled.includes(each));
      assert.deepEqual(missing, [], `${missing.length} of ${texts.length} messages did not arrive`);
    });
  if (facts.settleMs > 0) await pause(facts.settleMs);
  return {
    received,
    handled,
    handles,
    async handlesExactly(texts) {
      await handles(texts);
      await silence();
      assert.deepEqual([...handled].sort(), [...texts].sort());
    },
    async staysSilent(since) {
      await pause(facts.silenceMs);
      assert.deepEqual(
        received.slice(since).map(({ data }) => text(data)),
        [],
        "messages came that must not come",
      );
    },
    close: () => subscription.close(),
  };
}
