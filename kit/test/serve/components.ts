import {
  ComponentError,
  defineBinding,
  definePubSub,
  defineSecretStore,
  defineStateStore,
  integer,
  text,
} from "@trilby/kit";
import type {
  BindingDefinition,
  Deliver,
  DeliverEvent,
  OpenContext,
  PubSub,
  PubSubDefinition,
  StateStoreDefinition,
} from "@trilby/kit";

export interface Opened {
  readonly context: OpenContext;
  closed: boolean;
}

/** A store in memory with every feature, that tells what was opened. */
export function shelf(): { definition: StateStoreDefinition; opened: Opened[] } {
  const opened: Opened[] = [];
  const definition = defineStateStore({
    type: "state.shelf",
    aliases: ["state.board"],
    version: "v1",
    status: "alpha",
    title: "Shelf",
    description: "Keeps items in memory.",
    placement: "child",
    features: ["ETAG", "TRANSACTIONAL", "TTL", "QUERY_API"],
    metadata: {
      label: text({ description: "Its label.", default: "none" }),
      delayMs: integer({ description: "How long it takes to open.", default: 0 }),
    },
    async open({ label, delayMs }, context) {
      if (label === "broken") throw new ComponentError("unavailable", "the shelf is broken");
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const items = new Map<string, { data: Uint8Array; etag: string; contentType: string | undefined }>();
      const self: Opened = { context, closed: false };
      opened.push(self);
      let version = 0;
      const check = (key: string, etag: string | undefined): void => {
        if (etag === "bad") throw new ComponentError("etag-invalid", "the etag is no number");
        if (etag !== undefined && items.get(key)?.etag !== etag)
          throw new ComponentError("etag-mismatch", `the etag of ${key} does not match`);
      };
      return {
        async get({ key, metadata, consistency }) {
          if (key === "echo")
            return { data: new TextEncoder().encode(JSON.stringify({ metadata, consistency, label })), etag: "e" };
          const found = items.get(key);
          return found && { ...found, metadata: { ttlExpireTime: "2030-01-01T00:00:00Z" } };
        },
        async set({ key, value, etag, options, contentType }, call) {
          if (key === "wait") {
            await new Promise((_, reject) =>
              call?.signal?.addEventListener("abort", () => reject(new ComponentError("cancelled", "gave up"))),
            );
          }
          if (key === "plain") throw new Error("something odd");
          if (key === "api") {
            throw new ComponentError("failed-precondition", "not like this", {
              api: { httpStatus: 418, tag: "ERR_TEAPOT", reason: "TEAPOT", domain: "shelf" },
            });
          }
          if (options.concurrency === "first-write" && etag === undefined && items.has(key)) {
            throw new ComponentError("etag-mismatch", `${key} exists`);
          }
          check(key, etag);
          items.set(key, { data: value, etag: String(++version), contentType });
        },
        async delete({ key, etag }) {
          check(key, etag);
          items.delete(key);
        },
        async bulkDelete(requests) {
          const affected = requests.filter(({ key }) => items.delete(key)).length;
          if (affected !== requests.length) {
            throw new ComponentError("row-mismatch", "some were not there", {
              rows: { expected: requests.length, affected },
            });
          }
        },
        async transact(operations, metadata) {
          if (metadata["fail"]) throw new ComponentError("resource-exhausted", "too much");
          for (const { request } of operations) check(request.key, request.etag);
          for (const operation of operations) {
            if (operation.kind === "set")
              items.set(operation.request.key, {
                data: operation.request.value,
                etag: String(++version),
                contentType: undefined,
              });
            else items.delete(operation.request.key);
          }
        },
        multiMaxSize: async () => 42,
        async query(query, metadata) {
          const data = new TextEncoder().encode(JSON.stringify({ query, metadata }));
          return { items: [{ key: "asked", data, etag: "1" }], token: "next", metadata: { pages: "2" } };
        },
        ping: async () => undefined,
        async close() {
          self.closed = true;
        },
      };
    },
  });
  return { definition, opened };
}

export interface Source {
  readonly topic: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly deliver: Deliver;
  closed: boolean;
}

/** A broker that the test plays itself. */
export function puppet(features: PubSubDefinition["features"] = ["BULK_PUBSUB"]): {
  definition: PubSubDefinition;
  sources: Source[];
  log: string[];
  opened: () => number;
} {
  const sources: Source[] = [];
  const log: string[] = [];
  let opened = 0;
  const definition = definePubSub({
    type: "pubsub.puppet",
    version: "v1",
    status: "alpha",
    title: "Puppet",
    description: "Does what a test wants.",
    placement: "child",
    features,
    metadata: {},
    async open(): Promise<PubSub> {
      opened++;
      return {
        async publish({ topic, data, metadata, contentType }) {
          log.push(JSON.stringify({ topic, data: new TextDecoder().decode(data), metadata, contentType }));
        },
        ...(features.includes("BULK_PUBSUB") && {
          bulkPublish: async ({ entries }) =>
            entries
              .filter(({ contentType }) => contentType === "bad")
              .map(({ entryId }) => ({ entryId, error: "refused" })),
        }),
        async subscribe({ topic, metadata }, deliver) {
          if (topic === "forbidden") throw new ComponentError("permission-denied", "not that topic");
          const underWay = new Set<Promise<void>>();
          const source: Source = {
            topic,
            metadata,
            closed: false,
            deliver(message) {
              const delivery = deliver(message);
              const settled = delivery.catch(() => undefined);
              underWay.add(settled);
              void settled.then(() => underWay.delete(settled));
              return delivery;
            },
          };
          sources.push(source);
          return {
            async close() {
              source.closed = true;
              await Promise.all(underWay);
            },
          };
        },
        pause: async () => void log.push("pause"),
        resume: async () => void log.push("resume"),
        async close() {
          log.push("close");
        },
      };
    },
  });
  return { definition, sources, log, opened: () => opened };
}

/** A binding of both directions; events are played by the test. */
export function bell(): { definition: BindingDefinition; directions: string[][]; deliver: () => DeliverEvent } {
  const directions: string[][] = [];
  let delivering: DeliverEvent | undefined;
  const definition = defineBinding({
    type: "bindings.bell",
    version: "v1",
    status: "alpha",
    title: "Bell",
    description: "Rings.",
    placement: "child",
    metadata: {},
    binding: { input: true, output: true, operations: [{ name: "ring", description: "Rings." }] },
    async open(_, context) {
      directions.push([...context.directions]);
      return {
        ...(context.directions.includes("output") && {
          operations: ["ring"],
          async invoke({ data, metadata }) {
            if (metadata["silent"]) return undefined;
            return { data, metadata: { rang: "yes", ...metadata }, contentType: "text/plain" };
          },
        }),
        ...(context.directions.includes("input") && {
          async read(deliver) {
            delivering = deliver;
            return { close: async () => void (delivering = undefined) };
          },
        }),
        close: async () => undefined,
      };
    },
  });
  return { definition, directions, deliver: () => delivering! };
}

export const drawer = defineSecretStore({
  type: "secretstores.kitchen.drawer",
  version: "v1",
  status: "alpha",
  title: "Drawer",
  description: "Keeps secrets.",
  placement: "in-process",
  features: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
  metadata: {},
  async open() {
    const secrets: Record<string, Record<string, string>> = {
      knife: { knife: "sharp" },
      forks: { small: "1", large: "2" },
    };
    return {
      async get({ name, metadata }) {
        if (metadata["version"]) return { version: metadata["version"] };
        const found = secrets[name];
        if (!found) throw new ComponentError("not-found", `no secret ${name}`);
        return found;
      },
      bulkGet: async () => secrets,
      close: async () => undefined,
    };
  },
});
