import { ComponentError, defineStateStore, integer, json } from "@trilby/kit";
import { closeRedis, connectRedis, redisFields, redisProblems } from "@trilby/redis-client";
import { createIndexes, readQueryIndexes, type QueryIndex } from "./query/indexes.ts";
import { learnServerFacts } from "./server-facts.ts";
import { createRedisStore } from "./store.ts";

export default defineStateStore({
  type: "state.redis",
  version: "v1",
  status: "stable",
  title: "Redis",
  description: "Keeps state in Redis or a server that speaks its protocol, such as Valkey.",
  urls: [
    {
      title: "Reference",
      url: "https://docs.dapr.io/reference/components-reference/supported-state-stores/setup-redis/",
    },
  ],
  placement: "child",
  features: ["ETAG", "TRANSACTIONAL", "TTL", "QUERY_API"],
  metadata: {
    ...redisFields({ redisMinRetryInterval: "2s" }),
    ttlInSeconds: integer({
      description: "Seconds to live of items that are written without a time of their own. -1: for ever.",
      example: "600",
    }),
    queryIndexes: json<readonly QueryIndex[]>({
      description: "Indexes for queries, as JSON; needs a server with Search and JSON.",
      example: '[{"name": "orders", "indexes": [{"key": "product.price", "type": "NUMERIC"}]}]',
      read: readQueryIndexes,
    }),
  },
  check: (options) => redisProblems(options),

  async open(options, context) {
    const client = await connectRedis(options, context);
    try {
      const { hasJson, hasSearch, replicas } = await learnServerFacts(client);
      const indexes = options.queryIndexes ?? [];
      if (indexes.length > 0 && !(hasJson && hasSearch)) {
        throw new ComponentError(
          "failed-precondition",
          "queryIndexes needs a server with Search and JSON, such as Redis Stack or Redis 8; this one has not got them",
        );
      }
      await createIndexes(client, indexes);
      const isCluster = options.redisType === "cluster";
      if (isCluster) context.logger.info("On a cluster, a transaction is atomic for keys of one hash slot only");
      return createRedisStore({
        client,
        isCluster,
        replicas,
        hasJson,
        storeWideTtlSeconds: options.ttlInSeconds,
        queryIndexes: hasJson && hasSearch ? new Map(indexes.map((index) => [index.name, index])) : undefined,
      });
    } catch (error) {
      await closeRedis(client);
      throw error;
    }
  },
});
