import type { OpenedInstanceOf, StateFeature } from "@trilby/kit";
import { referenceStateStore, StateBackend } from "../../reference/state.ts";
import type { Mutant, Reference } from "../mutant.ts";

export type StateMutant = Mutant<"state", StateBackend>;
export type Store = OpenedInstanceOf["state"];

export const stateReference: Reference<"state", StateBackend> = {
  features: ["ETAG", "TRANSACTIONAL", "TTL", "QUERY_API"],
  properties: { label: "x" },
  facts: { malformedEtag: "!!", outageTimeoutMs: 300 },
  createBackend: () => new StateBackend(),
  define: (backend, features) => referenceStateStore(backend, features as StateFeature[]),
};

/** A store that changes keys on their way in, and answers under the keys it was asked for. */
export function rekeyed(right: Store, change: (key: string) => string): Partial<Store> {
  const to = <R extends { readonly key: string }>(request: R): R => ({ ...request, key: change(request.key) });
  return {
    get: (request, call) => right.get(to(request), call),
    set: (request, call) => right.set(to(request), call),
    delete: (request, call) => right.delete(to(request), call),
    async bulkGet(requests, options, call) {
      const items = await right.bulkGet(requests.map(to), options, call);
      return items.map((item, index) => ({ ...item, key: requests[index]!.key }));
    },
  };
}

/** A store that changes values on their way out. */
export function revalued(right: Store, change: (value: Uint8Array) => Uint8Array): Partial<Store> {
  return {
    async get(request, call) {
      const result = await right.get(request, call);
      return result && { ...result, data: change(result.data) };
    },
    async bulkGet(requests, options, call) {
      const items = await right.bulkGet(requests, options, call);
      return items.map((item) => (item.data ? { ...item, data: change(item.data) } : item));
    },
  };
}

export const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
