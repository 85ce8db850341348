import { randomUUID } from "node:crypto";
import {
  ComponentError,
  stateTtlSeconds,
  type DeleteRequest,
  type GetResult,
  type SetRequest,
  type StateStore,
  type TransactionOperation,
} from "@trilby/kit";

interface Item {
  readonly data: Uint8Array;
  readonly etag: string;
  /** Unix milliseconds; Infinity for an item that stays. */
  readonly expiresAt: number;
}

const sweepIntervalMs = 1_000;

/**
 * A store that lives and dies with its process. No method awaits anything between its check and its write, so each of
 * them is atomic by itself.
 */
export function createInMemoryStore(now: () => number = Date.now): StateStore {
  const items = new Map<string, Item>();
  /** Keys that may expire, so that a sweep does not walk the whole store. */
  const expiring = new Set<string>();
  const sweeper = setInterval(sweep, sweepIntervalMs).unref();

  return {
    async get({ key }) {
      const item = find(key);
      return item && toResult(item);
    },

    async set(request) {
      const expiresAt = expiryOf(request);
      check(request);
      write(request, expiresAt);
    },

    async delete(request) {
      check(request);
      remove(request.key);
    },

    async bulkGet(requests) {
      return requests.map(({ key }) => {
        const item = find(key);
        return item ? { key, ...toResult(item) } : { key };
      });
    },

    /** Checks every operation against the items as they are before the transaction, then applies all. */
    async transact(operations) {
      const expiries = operations.map((operation) =>
        operation.kind === "set" ? expiryOf(operation.request) : Infinity,
      );
      for (const { request } of operations) check(request);
      operations.forEach((operation, index) => apply(operation, expiries[index]!));
    },

    async ping() {},

    async close() {
      clearInterval(sweeper);
      items.clear();
      expiring.clear();
    },
  };

  function find(key: string): Item | undefined {
    const item = items.get(key);
    if (item === undefined || item.expiresAt > now()) return item;
    remove(key);
    return undefined;
  }

  /** Throws unless the stored item is as the request wants it. */
  function check({ key, etag, options }: SetRequest | DeleteRequest): void {
    if (etag !== undefined) {
      const item = find(key);
      if (item === undefined) throw new ComponentError("etag-mismatch", `No item ${key} with that etag`);
      if (item.etag !== etag) throw new ComponentError("etag-mismatch", `The etag of ${key} is another one by now`);
    } else if (options.concurrency === "first-write" && find(key)) {
      throw new ComponentError("etag-mismatch", `First write of ${key}, which exists already`);
    }
  }

  function expiryOf({ metadata }: SetRequest): number {
    const ttlSeconds = stateTtlSeconds(metadata);
    return ttlSeconds === undefined || ttlSeconds <= 0 ? Infinity : now() + ttlSeconds * 1_000;
  }

  function apply(operation: TransactionOperation, expiresAt: number): void {
    if (operation.kind === "set") write(operation.request, expiresAt);
    else remove(operation.request.key);
  }

  function write({ key, value }: SetRequest, expiresAt: number): void {
    // A copy: the request's bytes may be a part of a larger buffer, which would stay in memory with them.
    items.set(key, { data: new Uint8Array(value), etag: randomUUID(), expiresAt });
    if (expiresAt === Infinity) expiring.delete(key);
    else expiring.add(key);
  }

  function remove(key: string): void {
    items.delete(key);
    expiring.delete(key);
  }

  function sweep(): void {
    for (const key of expiring) find(key);
  }
}

function toResult({ data, etag, expiresAt }: Item): GetResult {
  if (expiresAt === Infinity) return { data, etag };
  return { data, etag, metadata: { ttlExpireTime: toRfc3339(expiresAt) } };
}

/** To the second, as Dapr shows it. */
function toRfc3339(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`;
}
