import type { Call, Instance, Metadata } from "./call.ts";

/** "" leaves the choice to the store, which then behaves as last-write. */
export type Concurrency = "" | "first-write" | "last-write";
/** "" leaves the choice to the store, which then behaves as eventual. */
export type Consistency = "" | "eventual" | "strong";

export interface StateOptions {
  readonly concurrency: Concurrency;
  readonly consistency: Consistency;
}

/**
 * Keys arrive final: the host has put the prefix in front. A key is any non-empty string, so a store escapes what its
 * backend treats specially.
 */
export interface GetRequest {
  readonly key: string;
  readonly consistency: Consistency;
  readonly metadata: Metadata;
}

export interface GetResult {
  /** The stored bytes, unchanged. May be empty. */
  readonly data: Uint8Array;
  /** Absent when the store has no etags. Never empty. */
  readonly etag?: string | undefined;
  /** `ttlExpireTime` (RFC 3339, UTC) when the item expires and the store can tell. */
  readonly metadata?: Metadata | undefined;
  readonly contentType?: string | undefined;
}

export interface SetRequest {
  readonly key: string;
  /**
   * Bytes to store as they are. Only when `metadata.contentType` is exactly `application/json` may a store that can
   * query parse them.
   */
  readonly value: Uint8Array;
  /** Absent: no condition. The kit turns an empty etag into an absent one. */
  readonly etag?: string | undefined;
  readonly options: StateOptions;
  readonly metadata: Metadata;
  readonly contentType?: string | undefined;
}

export interface DeleteRequest {
  readonly key: string;
  readonly etag?: string | undefined;
  readonly options: StateOptions;
  readonly metadata: Metadata;
}

export interface BulkOptions {
  /** How many calls may run side by side; 0 means no limit. */
  readonly parallelism: number;
}

export interface BulkGetItem extends Partial<GetResult> {
  readonly key: string;
  /** Set when this key alone failed. An item with neither data nor error is an absent key. */
  readonly error?: string | undefined;
}

export type TransactionOperation =
  | { readonly kind: "set"; readonly request: SetRequest }
  | { readonly kind: "delete"; readonly request: DeleteRequest };

export type QueryFilter = Readonly<Record<string, unknown>>;

export interface Query {
  /** The filter of Dapr's query language as parsed JSON: EQ, NEQ, GT, GTE, LT, LTE, IN, AND, OR. Absent: all items. */
  readonly filter?: QueryFilter | undefined;
  readonly sort: readonly { readonly key: string; readonly order: "ASC" | "DESC" }[];
  readonly page: { /** 0 means no limit. */ readonly limit: number; readonly token: string };
}

export interface QueryItem {
  readonly key: string;
  readonly data: Uint8Array;
  readonly etag?: string | undefined;
  readonly error?: string | undefined;
  readonly contentType?: string | undefined;
}

export interface QueryResult {
  readonly items: readonly QueryItem[];
  /** Hands back to `page.token` to go on. Empty or absent: no more. */
  readonly token?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

/**
 * A key-value store.
 *
 * Concurrency: every method may be called at any time, many at once, for the same key too. Who retries: the host, by its
 * resiliency policies; a store retries only what its client library retries by itself. Atomic: one `set` or `delete`
 * with its etag check; one `transact`. A bulk call is not atomic. Errors: an etag that does not match rejects with
 * `ComponentError` code `etag-mismatch`, an etag of a form the store can never have issued with `etag-invalid`.
 */
export interface StateStore extends Instance {
  /** Resolves to undefined when the key is absent or expired. */
  get(request: GetRequest, call?: Call): Promise<GetResult | undefined>;

  /**
   * Writes one item. `ttlInSeconds` in the metadata: see `stateTtlSeconds`. With an etag: writes only when the stored
   * item has it. first-write without an etag: writes only when the key is absent.
   */
  set(request: SetRequest, call?: Call): Promise<void>;

  /** Removes one item. An absent key is no error, unless an etag was given. */
  delete(request: DeleteRequest, call?: Call): Promise<void>;

  /** One item a requested key, in any order. Absent method: the kit gets the keys side by side. */
  bulkGet?(requests: readonly GetRequest[], options: BulkOptions, call?: Call): Promise<BulkGetItem[]>;

  /** Applies what can be applied, then rejects with `BulkError` naming the keys that failed. Absent: one `set` an item. */
  bulkSet?(requests: readonly SetRequest[], options: BulkOptions, call?: Call): Promise<void>;
  bulkDelete?(requests: readonly DeleteRequest[], options: BulkOptions, call?: Call): Promise<void>;

  /** Present exactly when the features name TRANSACTIONAL. All operations, in their order, or none. */
  transact?(operations: readonly TransactionOperation[], metadata: Metadata, call?: Call): Promise<void>;

  /** The largest number of operations in one transaction. Absent method or a result <= 0: no limit. */
  multiMaxSize?(call?: Call): Promise<number>;

  /** Present exactly when the features name QUERY_API. */
  query?(query: Query, metadata: Metadata, call?: Call): Promise<QueryResult>;
}

/** Feature names of state stores, spelled as the protocol spells them. */
export type StateFeature = "ETAG" | "TRANSACTIONAL" | "TTL" | "QUERY_API" | "PARTITION_KEY";
