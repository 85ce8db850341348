import type {
  BulkGetItem,
  Call,
  Concurrency,
  Consistency,
  DeleteRequest,
  GetRequest,
  GetResult,
  Metadata,
  Query,
  QueryResult,
  SetRequest,
  TransactionOperation,
} from "@trilby/kit";

import type { OperationMetric } from "../../observability/metrics.ts";
import * as errors from "./errors.ts";
import { originalKey } from "./key-prefix.ts";
import type { OpenStore } from "./open-store.ts";

/** What a caller spelled is looked at here, before it reaches the store: `checkOptions`. */
export type AnyConcurrency = Concurrency;
export type AnyConsistency = Consistency;

/** Resolves to undefined when there is no such item. Values of encrypted stores come decrypted. */
export async function get(store: OpenStore, request: GetRequest, call: Call): Promise<GetResult | undefined> {
  const result = await measured(store.metrics.get, () => store.instance.get(request, call));
  if (result === undefined || store.encryption === undefined) return result;
  return { ...result, data: store.encryption.decrypt(result.data) };
}

/** One item goes the short way, several as one bulk call. */
export function save(store: OpenStore, requests: readonly SetRequest[], call: Call): Promise<void> {
  const { instance, metrics } = store;
  return measured(
    metrics.set,
    () =>
      checkOptions(requests) ??
      (requests.length === 1 || instance.bulkSet === undefined
        ? each(requests, (request) => instance.set(request, call))
        : instance.bulkSet(requests, { parallelism: 0 }, call)),
  );
}

export function remove(store: OpenStore, request: DeleteRequest, call: Call): Promise<void> {
  return measured(store.metrics.delete, () => checkOptions([request]) ?? store.instance.delete(request, call));
}

export function bulkRemove(store: OpenStore, requests: readonly DeleteRequest[], call: Call): Promise<void> {
  const { instance, metrics } = store;
  return measured(metrics.bulk_delete, () =>
    requests.length === 1 || instance.bulkDelete === undefined
      ? each(requests, (request) => instance.delete(request, call))
      : instance.bulkDelete(requests, { parallelism: 0 }, call),
  );
}

/** One item a key, in the store's order, with the app's keys. An item that cannot be decrypted carries its error. */
export async function bulkGet(
  store: OpenStore,
  requests: readonly GetRequest[],
  parallelism: number,
  call: Call,
): Promise<BulkGetItem[]> {
  if (requests.length === 0) return [];
  const { instance, encryption } = store;
  const items = await measured(store.metrics.bulk_get, (): Promise<BulkGetItem[]> => {
    if (instance.bulkGet !== undefined) return instance.bulkGet(requests, { parallelism }, call);
    return Promise.all(requests.map(async (request) => ({ key: request.key, ...(await instance.get(request, call)) })));
  });
  return items.map((item): BulkGetItem => {
    const key = originalKey(item.key);
    if (item.error) return { key, error: item.error };
    if (encryption === undefined) return { ...item, key };
    if (item.data === undefined || item.data.length === 0) return { key, etag: item.etag, metadata: item.metadata };
    try {
      return { ...item, key, data: encryption.decrypt(item.data) };
    } catch (error) {
      return { key, etag: item.etag, metadata: item.metadata, error: (error as Error).message };
    }
  });
}

/** Throws the API's errors. */
export async function transact(
  store: OpenStore,
  operations: readonly TransactionOperation[],
  metadata: Metadata,
  call: Call,
  protocol: errors.Protocol,
): Promise<void> {
  const most = await store.maxOperations();
  if (most > 0 && operations.length > most) throw errors.tooManyOperations(store.name, operations.length, most);
  try {
    const requests = operations.map((operation) => operation.request);
    await measured(
      store.metrics.transaction,
      () => checkOptions(requests) ?? store.instance.transact!(operations, metadata, call),
    );
  } catch (error) {
    throw errors.transactionFailed(protocol, error);
  }
}

/** Throws the API's errors. The query is read late, after the store was found able to answer it. */
export async function query(store: OpenStore, read: () => Query, metadata: Metadata, call: Call): Promise<QueryResult> {
  const { instance } = store;
  if (instance.query === undefined) throw errors.queryNotSupported(store.name);
  if (store.encryption !== undefined) throw errors.queryFailed(store.name, new Error("cannot query encrypted store"));
  try {
    const asked = read();
    const result = await measured(store.metrics.query, () => instance.query!(asked, metadata, call));
    return { ...result, items: result.items.map((item) => ({ ...item, key: originalKey(item.key) })) };
  } catch (error) {
    throw errors.queryFailed(store.name, error);
  }
}

const concurrencies: readonly string[] = ["", "first-write", "last-write"];
const consistencies: readonly string[] = ["", "eventual", "strong"];

/** A rejection when a caller asked for something that does not exist. */
function checkOptions(requests: readonly (SetRequest | DeleteRequest)[]): Promise<never> | undefined {
  for (const { options } of requests) {
    const { concurrency, consistency } = options;
    if (!concurrencies.includes(concurrency))
      return Promise.reject(new Error(`unrecognized concurrency model '${concurrency}'`));
    if (!consistencies.includes(consistency))
      return Promise.reject(new Error(`unrecognized consistency model '${consistency}'`));
  }
  return undefined;
}

/** Reads take a consistency that does not exist for none. */
export function knownConsistency(text: string | undefined): Consistency {
  return text === "eventual" || text === "strong" ? text : "";
}

function measured<T>(metric: OperationMetric, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  return work().then(
    (result) => {
      metric.record(true, startedAt);
      return result;
    },
    (error: unknown) => {
      metric.record(false, startedAt);
      throw error;
    },
  );
}

function each<T>(requests: readonly T[], write: (request: T) => Promise<void>): Promise<void> {
  return requests.length === 1 ? write(requests[0]!) : writeAll(requests, write);
}

async function writeAll<T>(requests: readonly T[], write: (request: T) => Promise<void>): Promise<void> {
  await Promise.all(requests.map(write));
}
