import { ComponentError, definePubSub, isRawPayload, messageTtlMs, text } from "@trilby/kit";
import type { Deliver, Message, PubSub, PubSubFeature } from "@trilby/kit";
import { ReferenceBackend } from "./backend.ts";

export interface Entry {
  readonly message: Message;
  readonly expiresAt: number;
}

/** Messages of one consumer for one topic or pattern; kept while nobody takes them. */
export class Group {
  readonly pattern: string;
  readonly pending: Entry[] = [];
  readonly takers = new Set<Taker>();
  working = false;
  inFlight: { readonly entry: Entry; readonly taker: Taker } | undefined;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  matches(topic: string): boolean {
    return this.pattern.endsWith("*") ? topic.startsWith(this.pattern.slice(0, -1)) : topic === this.pattern;
  }
}

export interface Taker {
  readonly deliver: Deliver;
  paused(): boolean;
  closed: boolean;
}

export class PubSubBackend extends ReferenceBackend {
  readonly groups = new Map<string, Group>();
  readonly retryMs = 10;

  constructor() {
    super();
    this.onBack(() => this.kick());
  }

  group(consumer: string, pattern: string): Group {
    const name = `${consumer}\n${pattern}`;
    const group = this.groups.get(name) ?? new Group(pattern);
    this.groups.set(name, group);
    return group;
  }

  publish(message: Message, ttlMs: number | undefined): void {
    const expiresAt = ttlMs === undefined ? Infinity : Date.now() + ttlMs;
    for (const group of this.groups.values()) {
      if (!group.matches(message.topic)) continue;
      group.pending.push({ message, expiresAt });
      void this.work(group);
    }
  }

  kick(): void {
    for (const group of this.groups.values()) void this.work(group);
  }

  /** The components died: what they had in hand is nobody's again. */
  abandonAll(): void {
    for (const group of this.groups.values()) {
      for (const taker of group.takers) taker.closed = true;
      group.takers.clear();
      group.working = false;
      group.inFlight = undefined;
    }
  }

  async work(group: Group): Promise<void> {
    if (group.working) return;
    group.working = true;
    await Promise.resolve();
    for (;;) {
      const taker = [...group.takers].find((each) => !each.closed && !each.paused());
      const entry = group.pending[0];
      if (!taker || !entry || this.isDown) break;
      if (entry.expiresAt <= Date.now()) {
        group.pending.shift();
        continue;
      }
      const mine = { entry, taker };
      group.inFlight = mine;
      const outcome = await taker.deliver(entry.message).then(
        () => "handled" as const,
        (error: unknown) =>
          ComponentError.is(error) && error.code === "cancelled" ? ("left" as const) : ("failed" as const),
      );
      // Somebody else may have it by now.
      if (group.inFlight !== mine) return;
      group.inFlight = undefined;
      if (outcome === "left") {
        await new Promise((resolve) => setTimeout(resolve, this.retryMs));
        continue;
      }
      group.pending.splice(group.pending.indexOf(entry), 1);
      if (outcome === "failed") {
        setTimeout(() => {
          group.pending.push(entry);
          void this.work(group);
        }, this.retryMs);
      }
    }
    group.working = false;
  }
}

/** A broker that does everything right, in as few words as possible. */
export function referencePubSub(backend: PubSubBackend, features: readonly PubSubFeature[]) {
  return definePubSub({
    type: "pubsub.reference",
    version: "v1",
    status: "development-only",
    title: "Reference",
    description: "A right broker for the tests of the suite.",
    placement: "in-process",
    features,
    metadata: {
      label: text({ description: "Anything.", default: "" }),
      consumerID: text({ description: "Group.", default: "default" }),
    },
    async open({ consumerID }) {
      return broker(backend, consumerID, new Set(features));
    },
  });
}

function broker(backend: PubSubBackend, consumer: string, features: ReadonlySet<PubSubFeature>): PubSub {
  let paused = false;
  const publish: PubSub["publish"] = async ({ topic, data, metadata, contentType }) => {
    if (topic === "") throw new ComponentError("invalid-argument", "the topic is empty");
    const ttlMs = features.has("MESSAGE_TTL") ? messageTtlMs(metadata) : undefined;
    await backend.reached();
    const typed = contentType === undefined ? {} : { contentType };
    backend.publish(
      { topic, data: new Uint8Array(data), metadata: { raw: String(isRawPayload(metadata)) }, ...typed },
      ttlMs,
    );
  };
  return {
    publish,
    ...(features.has("BULK_PUBSUB") && {
      async bulkPublish({ topic, entries }) {
        for (const { event, contentType, metadata } of entries)
          await publish({ topic, data: event, contentType, metadata });
        return [];
      },
    }),
    async subscribe({ topic }, deliver) {
      if (topic === "") throw new ComponentError("invalid-argument", "the topic is empty");
      if (topic.endsWith("*") && !features.has("SUBSCRIBE_WILDCARDS"))
        throw new ComponentError("invalid-argument", "no wildcards");
      await backend.reached();
      const group = backend.group(consumer, topic);
      const taker: Taker = { deliver, paused: () => paused, closed: false };
      group.takers.add(taker);
      void backend.work(group);
      return {
        async close() {
          taker.closed = true;
          while (group.inFlight?.taker === taker) await new Promise((resolve) => setTimeout(resolve, 5));
          group.takers.delete(taker);
          void backend.work(group);
        },
      };
    },
    async pause() {
      paused = true;
    },
    async resume() {
      paused = false;
      backend.kick();
    },
    async ping() {
      await backend.reached();
    },
    async close() {},
  };
}
