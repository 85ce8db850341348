import type { DeleteRequest, GetResult, Metadata, SetRequest, TransactionOperation } from "@trilby/kit";

import { bodyReadReason } from "../../api/http/body.ts";
import type { HttpExchange, HttpRoute } from "../../api/http/route.ts";
import { JsonError } from "../../api/json/syntax-error.ts";
import type { ApiName } from "../../api/name.ts";
import * as errors from "./errors.ts";
import { formatBulkGet, formatQuery } from "./http-answer.ts";
import { mergeMetadata, readBulkGetBody, readSaveBody, type ItemBody } from "./http-body.ts";
import { illegalKey, separator } from "./key-prefix.ts";
import type { OpenStore } from "./open-store.ts";
import { readQuery } from "./query.ts";
import { goText } from "./go-text.ts";
import * as state from "./state.ts";
import type { StateStores } from "./stores.ts";
import { readTransactionBody } from "./transaction-body.ts";

const v1: ApiName = { group: "state", version: "v1" };
const alpha1: ApiName = { group: "state", version: "v1alpha1" };

/** The HTTP routes of state. A request's own signal is the call's: a client that goes away cancels. */
export function stateRoutes(stores: StateStores, appId: string): HttpRoute[] {
  const find = (exchange: HttpExchange): OpenStore => stores.find(exchange.param(0), appId);

  return [
    {
      methods: ["GET"],
      path: "/v1.0/state/{store}/{key}",
      name: "GetState",
      api: v1,
      handle(exchange) {
        const store = find(exchange);
        const key = exchange.param(1);
        const stored = storedKey(store, key, key);
        const consistency = state.knownConsistency(exchange.queryValue("consistency"));
        return state.get(store, { key: stored, consistency, metadata: exchange.metadata() }, exchange).then(
          (result) => answerGet(exchange, result),
          (error: unknown) => {
            throw errors.getFailed("http", store.name, key, error);
          },
        );
      },
    },
    {
      methods: ["POST", "PUT"],
      path: "/v1.0/state/{store}",
      name: "SaveState",
      api: v1,
      async handle(exchange) {
        const store = find(exchange);
        const items = await readBody(exchange, readSaveBody, "");
        const fromUrl = exchange.metadata();
        const requests = items.map((item): SetRequest => {
          if (item.key === "") throw errors.malformed('"key" is a required field');
          return setRequest(store, item, storedKey(store, item.key, item.key), fromUrl);
        });
        if (requests.length > 0) {
          await state.save(store, requests, exchange).catch((error: unknown) => {
            throw errors.saveFailed("http", store.name, error);
          });
        }
        exchange.respond(204);
      },
    },
    {
      methods: ["DELETE"],
      path: "/v1.0/state/{store}/{key}",
      name: "DeleteState",
      api: v1,
      async handle(exchange) {
        const store = find(exchange);
        const key = exchange.param(1);
        const request: DeleteRequest = {
          key: storedKey(store, key, key),
          // An empty etag is one that was given and asks for nothing.
          etag: exchange.header("if-match") || undefined,
          options: {
            concurrency: (exchange.queryValue("concurrency") ?? "") as state.AnyConcurrency,
            consistency: (exchange.queryValue("consistency") ?? "") as state.AnyConsistency,
          },
          metadata: exchange.metadata(),
        };
        await state.remove(store, request, exchange).catch((error: unknown) => {
          throw errors.deleteFailed("http", key, error);
        });
        exchange.respond(204);
      },
    },
    {
      methods: ["POST", "PUT"],
      path: "/v1.0/state/{store}/bulk",
      name: "GetBulkState",
      api: v1,
      async handle(exchange) {
        const store = find(exchange);
        const { keys, parallelism, metadata: own } = await readBody(exchange, readBulkGetBody, malformedPrefix);
        const metadata = mergeMetadata(own, exchange.metadata());
        const requests = keys.map((key) => ({ key: storedKey(store, key, key), consistency: "" as const, metadata }));
        const items = await state.bulkGet(store, requests, parallelism, exchange).catch((error: unknown) => {
          throw errors.bulkGetFailed("http", error);
        });
        exchange.respond(200, formatBulkGet(items), "application/json");
      },
    },
    {
      methods: ["POST", "PUT"],
      path: "/v1.0/state/{store}/transaction",
      name: "ExecuteStateTransaction",
      api: v1,
      async handle(exchange) {
        const store = find(exchange);
        if (!store.isTransactional) throw errors.transactionsNotSupported(store.name);
        const { operations: bodies, metadata } = await readBody(exchange, readTransactionBody, malformedPrefix);
        if (bodies.length === 0) return exchange.respond(204);
        const fromUrl = exchange.metadata();
        const operations = bodies.map(({ operation, request, problem }): TransactionOperation => {
          if (operation !== "upsert" && operation !== "delete") throw errors.unknownOperation("http", operation);
          if (problem !== undefined) throw errors.malformed(malformedPrefix + problem);
          // Dapr has lost the key by the time it names it here.
          const key = storedKey(store, request.key, "");
          if (operation === "upsert") return { kind: "set", request: setRequest(store, request, key, fromUrl) };
          const { etag, options } = request;
          return {
            kind: "delete",
            request: { key, etag: etag || undefined, options, metadata: mergeMetadata(request.metadata, fromUrl) },
          };
        });
        await state.transact(store, operations, mergeMetadata(metadata, fromUrl), exchange, "http");
        exchange.respond(204);
      },
    },
    {
      methods: ["POST", "PUT"],
      path: "/v1.0-alpha1/state/{store}/query",
      name: "QueryStateAlpha1",
      api: alpha1,
      async handle(exchange) {
        const body = await exchange.body();
        const store = stores.find(exchange.param(0));
        const result = await state.query(store, () => readQuery(body), exchange.metadata(), exchange);
        if (result.items.length === 0) return exchange.respond(204);
        exchange.respond(200, formatQuery(result), "application/json");
      },
    },
  ];
}

const malformedPrefix = "failed deserializing HTTP body: ";

/** `field` is how the error names the key. */
function storedKey(store: OpenStore, key: string, field: string): string {
  if (key.includes(separator)) throw errors.invalidKey("http", store.name, field, illegalKey(key));
  return store.prefix + key;
}

function setRequest(store: OpenStore, item: ItemBody, key: string, fromUrl: Metadata): SetRequest {
  return {
    key,
    value: store.encryption === undefined ? item.value : store.encryption.encrypt(goText(item.value)),
    etag: item.etag || undefined,
    options: item.options,
    metadata: mergeMetadata(item.metadata, fromUrl),
    contentType: item.contentType,
  };
}

function answerGet(exchange: HttpExchange, result: GetResult | undefined): void {
  if (result === undefined) return exchange.respond(204);
  if (result.etag !== undefined) exchange.setHeader("Etag", result.etag);
  for (const name in result.metadata) exchange.setHeader(`metadata.${name}`, result.metadata[name]!);
  exchange.respond(200, result.data, "application/json");
}

/** Reads the body and decodes it; every failure is the route's own error. */
async function readBody<T>(exchange: HttpExchange, decode: (body: Uint8Array) => T, prefix: string): Promise<T> {
  try {
    return decode(await exchange.body());
  } catch (error) {
    const reason = error instanceof JsonError ? error.message : bodyReadReason(error);
    if (reason === undefined) throw error;
    throw errors.malformed(prefix + reason);
  }
}
