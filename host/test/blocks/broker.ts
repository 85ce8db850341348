import { ComponentError } from "@trilby/kit";
import type { BulkPublishRequest, Deliver, Message, Metadata, PublishRequest, PubSub, Turn } from "@trilby/kit";

import type { ComponentRegistry, LoadedComponent } from "../../src/components/registry.ts";

/** A broker in memory, on the contract: it shows what was acknowledged, what was refused, and what is still with it. */
export interface TestBroker {
  readonly pubsub: PubSub;
  readonly published: PublishRequest[];
  readonly bulks: BulkPublishRequest[];
  readonly subscribed: { topic: string; metadata: Metadata }[];
  /** What the last subscription takes ahead. */
  ahead?: number | undefined;
  /** Fate of each message given to `send`, by its number from 0. */
  readonly fates: ("acknowledged" | { readonly refused: string } | "kept" | undefined)[];
  /** Gives a message to the subscription of its topic; resolves when its fate is known. */
  send(
    topic: string,
    data: unknown,
    options?: { metadata?: Metadata; contentType?: string; from?: string; turn?: Turn },
  ): Promise<TestBroker["fates"][number]>;
  /** Makes calls fail: with an error, or by never settling. */
  failure: {
    publish?: Error | "hang" | undefined;
    subscribe?: ((topic: string) => Error | "hang" | undefined) | undefined;
  };
  readonly open: ReadonlySet<string>;
  /** Runs when a subscription was asked to close and still could deliver. */
  onClose?: (deliver: Deliver) => Promise<void>;
  paused: boolean;
}

export function createBroker(options: { bulk?: boolean } = {}): TestBroker {
  const subscriptions = new Map<string, Deliver>();
  const underWay = new Map<string, Set<Promise<unknown>>>();
  const broker: TestBroker = {
    published: [],
    bulks: [],
    subscribed: [],
    fates: [],
    failure: {},
    paused: false,
    get open() {
      return new Set(subscriptions.keys());
    },
    async send(topic, data, { metadata = {}, contentType, from = topic, turn } = {}) {
      const deliver = subscriptions.get(topic);
      if (deliver === undefined) throw new Error(`nobody is subscribed to ${topic}`);
      const index = broker.fates.push(undefined) - 1;
      const bytes =
        data instanceof Uint8Array ? data : Buffer.from(typeof data === "string" ? data : JSON.stringify(data));
      const message: Message = { topic: from, data: bytes, metadata, contentType, turn };
      const handling = deliver(message).then(
        () => "acknowledged" as const,
        (error: Error) =>
          ComponentError.is(error) && error.code === "cancelled" ? ("kept" as const) : { refused: error.message },
      );
      underWay.get(topic)!.add(handling);
      broker.fates[index] = await handling;
      underWay.get(topic)?.delete(handling);
      return broker.fates[index];
    },
    pubsub: {
      async publish(request) {
        if (broker.failure.publish === "hang") await new Promise(() => undefined);
        if (broker.failure.publish instanceof Error) throw broker.failure.publish;
        broker.published.push(request);
      },
      ...(options.bulk
        ? {
            async bulkPublish(request: BulkPublishRequest) {
              broker.bulks.push(request);
              return request.entries
                .filter(({ metadata }) => metadata["refuse"] !== undefined)
                .map(({ entryId, metadata }) => ({ entryId, error: metadata["refuse"]! }));
            },
          }
        : {}),
      async subscribe({ topic, metadata, ahead }, deliver) {
        const failure = broker.failure.subscribe?.(topic);
        if (failure === "hang") await new Promise(() => undefined);
        if (failure instanceof Error) throw failure;
        broker.subscribed.push({ topic, metadata });
        broker.ahead = ahead;
        subscriptions.set(topic, deliver);
        underWay.set(topic, new Set());
        return {
          async close() {
            await broker.onClose?.(deliver);
            if (subscriptions.get(topic) === deliver) subscriptions.delete(topic);
            await Promise.all([...(underWay.get(topic) ?? [])]);
          },
        };
      },
      pause: async () => void (broker.paused = true),
      close: async () => undefined,
    },
  };
  return broker;
}

/** A registry of components that the test puts in and takes out. */
export interface TestRegistry extends ComponentRegistry {
  add(component: LoadedComponent): Promise<void>;
  remove(name: string): Promise<void>;
}

export function createRegistry(): TestRegistry {
  const loaded = new Map<string, LoadedComponent>();
  const onLoad: [string, (component: any) => unknown][] = [];
  const onUnload: [string, (component: any) => unknown][] = [];
  return {
    get: (kind, name) => {
      const component = loaded.get(name);
      return component?.kind === kind ? (component as never) : undefined;
    },
    list: (kind) => [...loaded.values()].filter((component) => component.kind === kind) as never,
    health: () => [],
    onLoad: (kind, listener) => void onLoad.push([kind, listener]),
    onUnload: (kind, listener) => void onUnload.push([kind, listener]),
    async add(component) {
      loaded.set(component.name, component);
      for (const [kind, listener] of onLoad) if (kind === component.kind) await listener(component);
    },
    async remove(name) {
      const component = loaded.get(name)!;
      for (const [kind, listener] of onUnload) if (kind === component.kind) await listener(component);
      loaded.delete(name);
    },
  };
}

export function pubsubComponent(
  name: string,
  broker: TestBroker,
  options: { features?: string[]; properties?: Record<string, string>; namespaced?: boolean } = {},
): LoadedComponent<"pubsub"> {
  return {
    name,
    kind: "pubsub",
    type: "pubsub.test",
    version: "v1",
    instance: broker.pubsub,
    features: options.features ?? [],
    properties: new Map(Object.entries(options.properties ?? {})),
    namespaced: options.namespaced,
  };
}
