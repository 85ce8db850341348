import { ComponentError, defineStateStore, stateTtlSeconds, text } from "@trilby/kit";
import type { DeleteRequest, GetResult, SetRequest, StateFeature, StateStore } from "@trilby/kit";
import { ReferenceBackend } from "./backend.ts";
import { query } from "./query.ts";

export interface Item {
  readonly data: Uint8Array;
  readonly etag: string;
  /** Unix milliseconds; Infinity for an item that stays. */
  readonly expiresAt: number;
}

export class StateBackend extends ReferenceBackend {
  readonly items = new Map<string, Item>();
  #etags = 0;

  find(key: string): Item | undefined {
    const item = this.items.get(key);
    return item !== undefined && item.expiresAt > Date.now() ? item : undefined;
  }

  write(key: string, value: Uint8Array, ttlSeconds: number | undefined): void {
    const expiresAt = ttlSeconds === undefined || ttlSeconds <= 0 ? Infinity : Date.now() + ttlSeconds * 1_000;
    this.items.set(key, { data: new Uint8Array(value), etag: String(++this.#etags), expiresAt });
  }
}

/** A store that does everything right, in as few words as possible: what mutants are made of. */
export function referenceStateStore(backend: StateBackend, features: readonly StateFeature[]) {
  return defineStateStore({
    type: "state.reference",
    version: "v1",
    status: "development-only",
    title: "Reference",
    description: "A right state store for the tests of the suite.",
    placement: "in-process",
    features,
    metadata: { label: text({ description: "Anything.", default: "" }) },
    async open() {
      return store(backend, new Set(features));
    },
  });
}

function store(backend: StateBackend, features: ReadonlySet<StateFeature>): StateStore {
  const hasEtags = features.has("ETAG");
  const hasTtl = features.has("TTL");

  function toResult({ data, etag, expiresAt }: Item): GetResult {
    const metadata = expiresAt === Infinity ? {} : { metadata: { ttlExpireTime: new Date(expiresAt).toISOString() } };
    return { data: new Uint8Array(data), ...(hasEtags ? { etag } : {}), ...metadata };
  }
  function check({ key, etag, options }: SetRequest | DeleteRequest): void {
    if (!hasEtags) return;
    if (etag !== undefined && !/^[0-9a-z-]{1,40}$/.test(etag))
      throw new ComponentError("etag-invalid", `${key}: no etag looks like this`);
    const item = backend.find(key);
    if (etag === undefined ? options.concurrency === "first-write" && item : item?.etag !== etag) {
      throw new ComponentError("etag-mismatch", `the etag of ${key} does not match`);
    }
  }
  const ttlOf = ({ metadata }: SetRequest): number | undefined => (hasTtl ? stateTtlSeconds(metadata) : undefined);

  return {
    async get({ key }) {
      await backend.reached();
      const item = backend.find(key);
      return item && toResult(item);
    },
    async set(request) {
      const ttlSeconds = ttlOf(request);
      const value = new Uint8Array(request.value);
      await backend.reached();
      check(request);
      backend.write(request.key, value, ttlSeconds);
    },
    async delete(request) {
      await backend.reached();
      check(request);
      backend.items.delete(request.key);
    },
    ...(features.has("TRANSACTIONAL") && {
      async transact(operations) {
        for (const operation of operations) if (operation.kind === "set") ttlOf(operation.request);
        await backend.reached();
        for (const { request } of operations) check(request);
        for (const operation of operations) {
          if (operation.kind === "delete") backend.items.delete(operation.request.key);
          else backend.write(operation.request.key, operation.request.value, ttlOf(operation.request));
        }
      },
    }),
    ...(features.has("QUERY_API") && {
      async query(asked) {
        await backend.reached();
        return query(asked, backend.items, toResult);
      },
    }),
    async ping() {
      await backend.reached();
    },
    async close() {},
  };
}
