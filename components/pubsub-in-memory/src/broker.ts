import { ComponentError, type PubSub } from "@trilby/kit";
import { openSubscription, type QueuedMessage, type RunningSubscription } from "./subscription.ts";

export interface BrokerLimits {
  /** Messages, and bytes of them, that one subscription may have waiting. Beyond either, `publish` is refused. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** How long a message that was refused waits before it is delivered again: at first, and at most (it doubles). */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

const usualLimits: BrokerLimits = {
  maxMessages: 65_536,
  maxBytes: 256 * 2 ** 20,
  firstRetryMs: 1000,
  longestRetryMs: 30_000,
};

/**
 * Every subscription gets its own copy of a message. A message that nobody subscribes to is gone, as in Dapr. What a
 * subscription had not finished when it closed goes to the next one with the same topic, so that a subscriber that comes
 * back misses nothing it was already given.
 */
export function createBroker({
  warn,
  limits = usualLimits,
}: {
  warn: (problem: string) => void;
  limits?: BrokerLimits;
}): PubSub {
  const subscriptions = new Set<RunningSubscription>();
  const leftBehind = new Map<string, QueuedMessage[]>();
  let paused = false;

  return {
    async publish({ topic, data, metadata, contentType }) {
      if (topic === "") throw new ComponentError("invalid-argument", "the topic is empty");
      const takers = [...subscriptions].filter((subscription) => subscription.matches(topic));
      const full = takers.find((subscription) => !subscription.hasRoomFor(data.length));
      if (full) {
        const cause = `the subscription to ${full.topic} has ${full.waiting} messages waiting: its application is too slow, or refuses them`;
        throw new ComponentError("resource-exhausted", `cannot publish to ${topic}: ${cause}`);
      }
      if (takers.length === 0) return;
      const kept = withoutItsSurroundings(data);
      const message =
        contentType === undefined ? { topic, data: kept, metadata } : { topic, data: kept, metadata, contentType };
      for (const subscription of takers) subscription.take({ message, attempts: 0 });
    },

    async subscribe({ topic }, deliver) {
      if (topic === "") throw new ComponentError("invalid-argument", "the topic is empty");
      const backlog = leftBehind.get(topic) ?? [];
      leftBehind.delete(topic);
      const subscription = openSubscription({ topic, deliver, limits, backlog, paused, warn });
      subscriptions.add(subscription);
      return {
        async close() {
          subscriptions.delete(subscription);
          const unfinished = await subscription.close();
          if (unfinished.length > 0)
            leftBehind.set(topic, [...(leftBehind.get(topic) ?? []), ...unfinished].slice(0, limits.maxMessages));
        },
      };
    },

    async pause() {
      paused = true;
      for (const subscription of subscriptions) subscription.pause();
    },

    async resume() {
      paused = false;
      for (const subscription of subscriptions) subscription.resume();
    },

    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      subscriptions.clear();
      leftBehind.clear();
    },
  };
}

/** Bytes that came over a socket are a part of what was read at once, all of which would wait in memory with them. */
function withoutItsSurroundings(data: Uint8Array): Uint8Array {
  return data.buffer.byteLength > 2 * data.byteLength ? new Uint8Array(data) : data;
}
