import {
  ComponentError,
  type DeleteRequest,
  type Metadata,
  type SetRequest,
  type StateFeature,
  type StateStore,
  type TransactionOperation,
} from "@trilby/kit";
import { closeRedis, duplicateRedis, redisError, type RedisClient } from "@trilby/redis-client";
import { search, type QueryIndexes } from "./query/search.ts";
import { createReader } from "./read.ts";
import { asBuffer, expectedByDelete, expectedVersion, isJson, jsonText, secondsToLive } from "./request-arguments.ts";
import { runScript, runScriptAndWait } from "./run-script.ts";
import * as scripts from "./scripts.ts";
import { groupBySlot } from "./slots.ts";

export interface RedisStoreSettings {
  readonly client: RedisClient;
  readonly isCluster: boolean;
  /** Replicas that a write with strong consistency waits for. */
  readonly replicas: number;
  readonly storeWideTtlSeconds: number | undefined;
  readonly hasJson: boolean;
  /** Absent when the server cannot search. */
  readonly queryIndexes: QueryIndexes | undefined;
}

/** The layout on the server, and what a write does to it, is that of Dapr's component: see scripts.ts. */
export function createRedisStore(settings: RedisStoreSettings): StateStore {
  const { client, hasJson, storeWideTtlSeconds, replicas, queryIndexes } = settings;
  const read = createReader(client, hasJson);
  /** WAIT holds up everything behind it on its connection, so strong writes have one of their own. */
  let strongClient: RedisClient | undefined;

  const features: StateFeature[] = ["ETAG", "TRANSACTIONAL", "TTL"];
  const store: StateStore = {
    features,

    get: ({ key, metadata }) => read(key, isJson(metadata)),

    async set(request) {
      const { key, value, options, metadata } = request;
      const expected = expectedVersion(request);
      const ttl = secondsToLive(metadata, storeWideTtlSeconds);
      const sticky = options.concurrency === "first-write" ? "1" : "";
      const document = documentOf(request);
      const written = document
        ? await write(request, scripts.setDocument, [key, expected, document, sticky, ttl])
        : await write(request, scripts.setHash, [key, expected, asBuffer(value), sticky, ttl]);
      if (written === scripts.refused) throw refusal(request);
    },

    async delete(request) {
      const script = hasJson && isJson(request.metadata) ? scripts.deleteDocument : scripts.deleteHash;
      const removed = await write(request, script, [request.key, expectedByDelete(request)]);
      if (removed === scripts.refused) throw refusal(request);
    },

    async transact(operations, metadata) {
      const prepared = operations.map((operation) => prepare(operation, isJson(metadata)));
      const groups = settings.isCluster ? await groupBySlot(prepared, ({ key }) => key) : [prepared];
      for (const group of groups) {
        const keys = group.map(({ key }) => key);
        const values = group.flatMap(({ values }) => values);
        const refusedAt = Number(await runScript(client, scripts.transact, keys.length, [...keys, ...values]));
        if (refusedAt > 0) throw refusal(group[refusedAt - 1]!.request);
      }
    },

    async ping() {
      await client.ping().catch(rethrow);
    },

    async close() {
      await Promise.all([closeRedis(client), strongClient && closeRedis(strongClient)]);
    },
  };

  if (queryIndexes) {
    features.push("QUERY_API");
    store.query = (query, metadata) => search(client, queryIndexes, query, metadata);
  }
  return store;

  function write(
    { options }: SetRequest | DeleteRequest,
    script: scripts.Script,
    values: readonly (string | Buffer)[],
  ): Promise<unknown> {
    if (replicas === 0 || options.consistency !== "strong") return runScript(client, script, 1, values);
    return runScriptAndWait(strong(), replicas, script, 1, values);
  }

  function strong(): RedisClient {
    return (strongClient ??= duplicateRedis(client));
  }

  /** The JSON text when the item is to be kept as a document. */
  function documentOf(
    { value, metadata }: { value: Uint8Array; metadata: Metadata },
    asJson = isJson(metadata),
  ): string | undefined {
    return hasJson && asJson ? jsonText(value) : undefined;
  }

  /** As Dapr does, transactions take no notice of first-write. */
  function prepare({ kind, request }: TransactionOperation, allJson: boolean) {
    const { key, metadata } = request;
    if (kind === "delete") {
      const layout = hasJson && (allJson || isJson(metadata)) ? "json" : "";
      return { key, request, values: ["delete", layout, expectedByDelete(request), "", ""] };
    }
    const ttl = secondsToLive(metadata, storeWideTtlSeconds);
    const document = documentOf(request, allJson || isJson(metadata));
    const layout = document === undefined ? "" : "json";
    return {
      key,
      request,
      values: ["set", layout, expectedVersion(request), document ?? asBuffer(request.value), ttl],
    };
  }
}

function refusal({ key, etag }: SetRequest | DeleteRequest): ComponentError {
  if (etag !== undefined) return new ComponentError("etag-mismatch", `The etag of ${key} is another one by now`);
  return new ComponentError(
    "failed-precondition",
    `The item ${key} is there already, and a first write was asked for now or when it was made: such an item is written with its etag alone`,
  );
}

function rethrow(error: unknown): never {
  throw redisError(error);
}
