import type { StateMutant } from "./reference.ts";

export const undeclaredMutants: readonly StateMutant[] = [
  {
    name: "has etags that it does not declare",
    caughtBy: ["state/without-etag-no-item-has-an-etag"],
    features: [],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && { ...result, etag: "1" };
      },
    }),
  },
  {
    name: "pretends to take transactions that it does not declare",
    caughtBy: ["state/without-transactional-a-transaction-is-not-implemented"],
    features: [],
    methods: () => ({ async transact() {} }),
  },
  {
    name: "pretends to answer queries that it does not declare",
    caughtBy: ["state/without-query-api-a-query-is-not-implemented"],
    features: [],
    methods: () => ({ query: async () => ({ items: [] }) }),
  },
  {
    name: "tells an expiry without declaring TTL",
    caughtBy: ["state/without-ttl-no-item-tells-an-expiry"],
    features: [],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && { ...result, metadata: { ttlExpireTime: "9999-12-31T23:59:59Z" } };
      },
    }),
  },
];
