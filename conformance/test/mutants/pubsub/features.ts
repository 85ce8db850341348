import { publishing, type PubSubMutant } from "./reference.ts";

export const featureMutants: readonly PubSubMutant[] = [
  {
    name: "publishes all entries of a bulk but the last",
    caughtBy: ["pubsub/a-bulk-publish-delivers-every-entry"],
    methods: (right) => ({
      bulkPublish: ({ entries, ...request }) => right.bulkPublish!({ ...request, entries: entries.slice(0, -1) }),
    }),
  },
  {
    name: "calls entries failed that it published",
    caughtBy: ["pubsub/a-bulk-publish-delivers-every-entry"],
    methods: (right) => ({
      async bulkPublish(request) {
        await right.bulkPublish!(request);
        return request.entries.map(({ entryId }) => ({ entryId, error: "perhaps" }));
      },
    }),
  },
  {
    name: "cannot publish a bulk of nothing",
    caughtBy: ["pubsub/a-bulk-publish-of-nothing-does-nothing"],
    methods: (right) => ({
      async bulkPublish(request) {
        if (request.entries.length === 0) throw new Error("nothing to publish");
        return right.bulkPublish!(request);
      },
    }),
  },
  {
    name: "pretends to publish a bulk that it does not declare",
    caughtBy: ["pubsub/without-bulk-pubsub-a-bulk-publish-is-not-implemented"],
    features: [],
    methods: () => ({ bulkPublish: async () => [] }),
  },
  {
    name: "ignores the TTL of messages",
    caughtBy: ["pubsub/a-message-that-expired-is-not-delivered"],
    methods: (right) => publishing(right, (request) => ({ ...request, metadata: {} })),
  },
  {
    name: "drops every message that has a TTL",
    caughtBy: ["pubsub/a-message-with-a-ttl-is-delivered-in-its-time"],
    methods: (right) => publishing(right, (request) => (request.metadata["ttlInSeconds"] ? undefined : request)),
  },
  {
    name: "drops messages with a TTL, which it does not know",
    caughtBy: ["pubsub/without-message-ttl-a-message-with-a-ttl-is-delivered-all-the-same"],
    features: [],
    methods: (right) => publishing(right, (request) => (request.metadata["ttlInSeconds"] ? undefined : request)),
  },
  {
    name: "lets a wildcard match everything",
    caughtBy: ["pubsub/a-wildcard-gets-what-it-matches-and-nothing-else"],
    methods: (right) => ({ subscribe: (request, deliver) => right.subscribe({ ...request, topic: "*" }, deliver) }),
  },
  {
    name: "lets a star match, which it does not declare",
    caughtBy: ["pubsub/without-wildcards-a-star-matches-no-other-topic"],
    features: [],
    methods: (right, backend) => ({
      async subscribe(request, deliver) {
        if (!request.topic.endsWith("*")) return right.subscribe(request, deliver);
        const group = backend.group("star", request.topic);
        group.takers.add({ deliver, paused: () => false, closed: false });
        return { async close() {} };
      },
    }),
  },
];
