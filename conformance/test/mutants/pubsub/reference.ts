import type { Deliver, Message, OpenedInstanceOf, PubSubFeature } from "@trilby/kit";
import { PubSubBackend, referencePubSub } from "../../reference/pubsub.ts";
import type { Mutant, Reference } from "../mutant.ts";

export type PubSubMutant = Mutant<"pubsub", PubSubBackend>;
export type Broker = OpenedInstanceOf["pubsub"];

export const pubSubReference: Reference<"pubsub", PubSubBackend> = {
  features: ["MESSAGE_TTL", "SUBSCRIBE_WILDCARDS", "BULK_PUBSUB", "BULK_SUBSCRIBE_IMMEDIATE"],
  properties: { label: "x" },
  facts: {
    deliveryTimeoutMs: 400,
    redeliveryTimeoutMs: 200,
    silenceMs: 100,
    patienceMs: 800,
    maxMessageBytes: 256 * 1024,
    wildcard: { pattern: "{}.*", matches: "{}.orders", misses: "orders.{}" },
  },
  createBackend: () => new PubSubBackend(),
  define: (backend, features) => referencePubSub(backend, features as PubSubFeature[]),
};

/** A broker that changes messages, or the way they are delivered. */
export function delivering(
  right: Broker,
  change: (deliver: Deliver) => (message: Message) => Promise<void>,
): Partial<Broker> {
  return { subscribe: (request, deliver) => right.subscribe(request, change(deliver)) };
}

/** A broker that changes what is published. */
export function publishing(
  right: Broker,
  change: (request: Parameters<Broker["publish"]>[0]) => Parameters<Broker["publish"]>[0] | undefined,
): Partial<Broker> {
  return {
    async publish(request) {
      const changed = change(request);
      if (changed) await right.publish(changed);
    },
  };
}

export const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);
export const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);
