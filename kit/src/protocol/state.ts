import { Sorting_Order, StateOptions_StateConcurrency, StateOptions_StateConsistency } from "@trilby/proto/components";
import type * as wire from "@trilby/proto/components";
import type {
  BulkGetItem,
  Concurrency,
  Consistency,
  DeleteRequest,
  GetRequest,
  GetResult,
  Query,
  QueryItem,
  QueryResult,
  SetRequest,
  StateOptions,
  TransactionOperation,
} from "../contract/state.ts";
import { ComponentError } from "../errors/component-error.ts";

// Both directions of every message of the state services, side by side.

export function getToWire({ key, consistency, metadata }: GetRequest): wire.GetRequest {
  return { key, consistency: consistencyToWire(consistency), metadata };
}
export function getFromWire({ key, consistency, metadata }: wire.GetRequest): GetRequest {
  return { key, consistency: consistencyFromWire(consistency), metadata };
}

export function setToWire({ key, value, etag, options, metadata, contentType = "" }: SetRequest): wire.SetRequest {
  return { key, value, etag: etagToWire(etag), options: optionsToWire(options), metadata, contentType };
}
export function setFromWire({ key, value, etag, options, metadata, contentType }: wire.SetRequest): SetRequest {
  return {
    key,
    value,
    etag: etagFromWire(etag),
    options: optionsFromWire(options),
    metadata,
    contentType: textFromWire(contentType),
  };
}

export function deleteToWire({ key, etag, options, metadata }: DeleteRequest): wire.DeleteRequest {
  return { key, etag: etagToWire(etag), options: optionsToWire(options), metadata };
}
export function deleteFromWire({ key, etag, options, metadata }: wire.DeleteRequest): DeleteRequest {
  return { key, etag: etagFromWire(etag), options: optionsFromWire(options), metadata };
}

/** An absent key is an empty response. */
export function resultToWire(result: GetResult | undefined): wire.GetResponse {
  if (result === undefined) return { data: empty, etag: undefined, metadata: {}, contentType: "" };
  const { data, etag, metadata = {}, contentType = "" } = result;
  return { data, etag: etagToWire(etag), metadata, contentType };
}
/** The wire cannot tell an empty value from none; what came with it can. */
export function resultFromWire({ data, etag, metadata, contentType }: wire.GetResponse): GetResult | undefined {
  if (data.length === 0 && !etag?.value && contentType === "" && isEmpty(metadata)) return undefined;
  return { data, etag: etagFromWire(etag), metadata, contentType: textFromWire(contentType) };
}

/** One item for each key that was asked for, whatever the store left out. */
export function bulkItemsToWire(
  requests: readonly { readonly key: string }[],
  items: readonly BulkGetItem[],
): wire.BulkStateItem[] {
  const result = items.map(({ key, data = empty, etag, error = "", metadata = {}, contentType = "" }) => ({
    key,
    data,
    etag: etagToWire(etag),
    error,
    metadata,
    contentType,
  }));
  return result.concat(
    missingKeys(requests, items).map((key) => ({
      key,
      data: empty,
      etag: undefined,
      error: "",
      metadata: {},
      contentType: "",
    })),
  );
}
export function bulkItemsFromWire(
  requests: readonly { readonly key: string }[],
  items: readonly wire.BulkStateItem[],
): BulkGetItem[] {
  const result = items.map((item): BulkGetItem => {
    const { key, error } = item;
    return error === "" ? { key, ...resultFromWire(item) } : { key, error };
  });
  return result.concat(missingKeys(requests, items).map((key) => ({ key })));
}

export function operationToWire(operation: TransactionOperation): wire.TransactionalStateOperation {
  return operation.kind === "set"
    ? { request: { $case: "set", value: setToWire(operation.request) } }
    : { request: { $case: "delete", value: deleteToWire(operation.request) } };
}
export function operationFromWire({ request }: wire.TransactionalStateOperation): TransactionOperation {
  switch (request?.$case) {
    case "set":
      return { kind: "set", request: setFromWire(request.value) };
    case "delete":
      return { kind: "delete", request: deleteFromWire(request.value) };
    default:
      throw new ComponentError("invalid-argument", "an operation of the transaction is neither a set nor a delete");
  }
}

/** Each branch of the filter travels as JSON in an `Any` without a type. */
export function queryToWire({ filter = {}, sort, page }: Query): wire.Query {
  const branches = Object.entries(filter).map(([name, branch]) => [
    name,
    { typeUrl: "", value: encoder.encode(JSON.stringify(branch)) },
  ]);
  return {
    filter: Object.fromEntries(branches),
    sort: sort.map(({ key, order }) => ({ key, order: Sorting_Order[order] })),
    pagination: { ...page },
  };
}
export function queryFromWire({ filter, sort, pagination }: wire.Query): Query {
  const branches = Object.entries(filter).map(([name, { value }]) => [name, branchFromWire(name, value)]);
  return {
    filter: branches.length === 0 ? undefined : Object.fromEntries(branches),
    sort: sort.map(({ key, order }) => ({ key, order: order === Sorting_Order.DESC ? "DESC" : "ASC" })),
    page: { limit: pagination?.limit ?? 0, token: pagination?.token ?? "" },
  };
}

export function queryResultToWire({ items, token = "", metadata = {} }: QueryResult): wire.QueryResponse {
  const itemToWire = ({ key, data, etag, error = "", contentType = "" }: QueryItem): wire.QueryItem => ({
    key,
    data,
    etag: etagToWire(etag),
    error,
    contentType,
  });
  return { items: items.map(itemToWire), token, metadata };
}
export function queryResultFromWire({ items, token, metadata }: wire.QueryResponse): QueryResult {
  const itemFromWire = ({ key, data, etag, error, contentType }: wire.QueryItem): QueryItem => ({
    key,
    data,
    etag: etagFromWire(etag),
    error: textFromWire(error),
    contentType: textFromWire(contentType),
  });
  return { items: items.map(itemFromWire), token: textFromWire(token), metadata };
}

const empty = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

function branchFromWire(name: string, value: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(value));
  } catch (error) {
    throw new ComponentError("invalid-argument", `the filter ${name} of the query is not JSON`, { cause: error });
  }
}

/** Present and empty counts as absent, both ways. */
function etagToWire(etag: string | undefined): wire.Etag | undefined {
  return etag ? { value: etag } : undefined;
}
function etagFromWire(etag: wire.Etag | undefined): string | undefined {
  return etag?.value || undefined;
}

function textFromWire(text: string): string | undefined {
  return text || undefined;
}

function optionsToWire({ concurrency, consistency }: StateOptions): wire.StateOptions | undefined {
  if (concurrency === "" && consistency === "") return undefined;
  return { concurrency: concurrencyToWire(concurrency), consistency: consistencyToWire(consistency) };
}
function optionsFromWire(options: wire.StateOptions | undefined): StateOptions {
  if (options === undefined) return noOptions;
  return {
    concurrency: concurrencyFromWire(options.concurrency),
    consistency: consistencyFromWire(options.consistency),
  };
}
const noOptions: StateOptions = { concurrency: "", consistency: "" };

function concurrencyToWire(concurrency: Concurrency): wire.StateOptions_StateConcurrency {
  if (concurrency === "first-write") return StateOptions_StateConcurrency.CONCURRENCY_FIRST_WRITE;
  if (concurrency === "last-write") return StateOptions_StateConcurrency.CONCURRENCY_LAST_WRITE;
  return StateOptions_StateConcurrency.CONCURRENCY_UNSPECIFIED;
}
function concurrencyFromWire(concurrency: wire.StateOptions_StateConcurrency): Concurrency {
  if (concurrency === StateOptions_StateConcurrency.CONCURRENCY_FIRST_WRITE) return "first-write";
  if (concurrency === StateOptions_StateConcurrency.CONCURRENCY_LAST_WRITE) return "last-write";
  return "";
}

function consistencyToWire(consistency: Consistency): wire.StateOptions_StateConsistency {
  if (consistency === "eventual") return StateOptions_StateConsistency.CONSISTENCY_EVENTUAL;
  if (consistency === "strong") return StateOptions_StateConsistency.CONSISTENCY_STRONG;
  return StateOptions_StateConsistency.CONSISTENCY_UNSPECIFIED;
}
function consistencyFromWire(consistency: wire.StateOptions_StateConsistency): Consistency {
  if (consistency === StateOptions_StateConsistency.CONSISTENCY_EVENTUAL) return "eventual";
  if (consistency === StateOptions_StateConsistency.CONSISTENCY_STRONG) return "strong";
  return "";
}

function missingKeys(
  requests: readonly { readonly key: string }[],
  items: readonly { readonly key: string }[],
): string[] {
  const answered = new Set(items.map(({ key }) => key));
  return [...new Set(requests.map(({ key }) => key))].filter((key) => !answered.has(key));
}

function isEmpty(metadata: Readonly<Record<string, string>>): boolean {
  for (const _ in metadata) return false;
  return true;
}
