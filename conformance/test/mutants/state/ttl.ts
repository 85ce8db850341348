import { ttlCases } from "../../../src/state/ttl.ts";
import type { SetRequest } from "@trilby/kit";
import type { StateMutant } from "./reference.ts";

const refusals = ttlCases.map(({ id }) => id).filter((id) => id.endsWith("is-refused-and-nothing-is-stored"));
const withoutTtl = (request: SetRequest): SetRequest => ({ ...request, metadata: {} });

export const ttlMutants: readonly StateMutant[] = [
  {
    name: "ignores TTLs",
    caughtBy: [
      "state/an-item-with-a-ttl-is-there-at-once-and-gone-in-time",
      "state/an-item-that-expired-can-be-written-first-again",
      "state/an-item-tells-when-it-expires",
      ...refusals,
    ],
    methods: (right) => ({ set: (request) => right.set(withoutTtl(request)) }),
  },
  {
    name: "ignores TTLs in bulks and transactions",
    caughtBy: ["state/an-expired-item-is-gone-from-a-bulk-get-too", "state/a-ttl-inside-a-transaction-is-kept"],
    methods: (right) => ({
      bulkSet: (requests, options) => right.bulkSet(requests.map(withoutTtl), options),
      transact: (operations, metadata) =>
        right.transact!(
          operations.map((each) => (each.kind === "set" ? { ...each, request: withoutTtl(each.request) } : each)),
          metadata,
        ),
    }),
  },
  {
    name: "takes seconds for tenths of seconds",
    caughtBy: ["state/an-item-with-a-ttl-is-there-at-once-and-gone-in-time"],
    methods: (right, backend) => ({
      async set(request) {
        await right.set(withoutTtl(request));
        const item = backend.items.get(request.key)!;
        const seconds = Number(request.metadata["ttlInSeconds"] ?? 0);
        if (seconds > 0) backend.items.set(request.key, { ...item, expiresAt: Date.now() + seconds * 100 });
      },
    }),
  },
  {
    name: "hides expired items from get alone",
    caughtBy: ["state/an-expired-item-is-gone-from-a-bulk-get-too"],
    methods: (right, backend) => ({
      bulkGet: async (requests) => requests.map(({ key }) => ({ key, ...backend.items.get(key) })),
    }),
  },
  {
    name: "counts an expired row as present for a first write",
    caughtBy: ["state/an-item-that-expired-can-be-written-first-again"],
    methods: (right, backend) => ({
      async set(request) {
        const expired = backend.items.get(request.key);
        if (expired && expired.expiresAt <= Date.now())
          backend.items.set(request.key, { ...expired, expiresAt: Date.now() + 20 });
        await right.set(request);
      },
    }),
  },
  {
    name: "keeps the timer of an item that was deleted",
    caughtBy: ["state/an-item-deleted-before-it-expires-leaves-no-ttl-behind"],
    methods: (right, backend) => ({
      async set(request) {
        await right.set(request);
        const seconds = Number(request.metadata["ttlInSeconds"] ?? 0);
        if (seconds > 0 && seconds < 5) setTimeout(() => backend.items.delete(request.key), seconds * 1_000);
      },
    }),
  },
  {
    name: "tells the expiry as a number of seconds",
    caughtBy: ["state/an-item-tells-when-it-expires"],
    methods: (right) => ({
      get: async (request) => {
        const result = await right.get(request);
        const told = result?.metadata?.["ttlExpireTime"];
        return result && told ? { ...result, metadata: { ttlExpireTime: String(Date.parse(told) / 1_000) } } : result;
      },
    }),
  },
  {
    name: "keeps the first TTL for ever",
    caughtBy: [
      "state/a-ttl-of-minus-one-takes-the-ttl-away",
      "state/a-write-without-a-ttl-takes-the-ttl-away",
      "state/a-new-ttl-replaces-the-old-one",
    ],
    methods: (right, backend) => ({
      async set(request) {
        const before = backend.items.get(request.key);
        await right.set(request);
        const after = backend.items.get(request.key)!;
        if (before && before.expiresAt !== Infinity)
          backend.items.set(request.key, { ...after, expiresAt: before.expiresAt });
      },
    }),
  },
  {
    name: "takes 0 for now",
    caughtBy: ["state/a-ttl-of-zero-never-expires"],
    methods: (right, backend) => ({
      async set(request) {
        await right.set(request);
        if (request.metadata["ttlInSeconds"] === "0") backend.items.delete(request.key);
      },
    }),
  },
  {
    name: "tells an expiry for items that stay",
    caughtBy: ["state/an-item-without-a-ttl-tells-no-expiry"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && { ...result, metadata: { ttlExpireTime: "9999-12-31T23:59:59Z" } };
      },
    }),
  },
];
