import type {
  BulkGetItem,
  Concurrency,
  Consistency,
  DeleteRequest,
  GetRequest,
  SetRequest,
  StateStore,
  TransactionOperation,
} from "../contract/state.ts";
import { ComponentError } from "../errors/component-error.ts";
import { collectFailures, forEachLimited } from "./bulk.ts";
import type { Lifetime } from "./lifetime.ts";

/** A state store whose bulk calls are always there: the store's own, else one call a key side by side. */
export type OpenedStateStore = StateStore & Required<Pick<StateStore, "bulkGet" | "bulkSet" | "bulkDelete">>;

/**
 * Hot path: a guarded call adds a few comparisons and no promise. Requests are passed on as they are; only an empty etag
 * costs a copy.
 */
export function guardStateStore(store: StateStore, lifetime: Lifetime): OpenedStateStore {
  const { transact, multiMaxSize, query, ping } = store;
  const guarded: OpenedStateStore = {
    ...(store.features && { features: store.features }),
    get(request, call) {
      if (!lifetime.open) return lifetime.refuse();
      const problem = readProblem(request);
      return problem ? refuse(problem) : store.get(request, call);
    },
    set(request, call) {
      if (!lifetime.open) return lifetime.refuse();
      const problem = writeProblem(request);
      return problem ? refuse(problem) : store.set(withoutEmptyEtag(request), call);
    },
    delete(request, call) {
      if (!lifetime.open) return lifetime.refuse();
      const problem = writeProblem(request);
      return problem ? refuse(problem) : store.delete(withoutEmptyEtag(request), call);
    },
    bulkGet(requests, options, call) {
      if (!lifetime.open) return lifetime.refuse();
      const problem = firstProblem(requests, readProblem);
      if (problem) return refuse(problem);
      if (requests.length === 0) return Promise.resolve([]);
      return store.bulkGet
        ? store.bulkGet(requests, options, call)
        : getEach(store, requests, options.parallelism, call);
    },
    bulkSet(requests, options, call) {
      if (!lifetime.open) return lifetime.refuse();
      const problem = firstProblem(requests, writeProblem);
      if (problem) return refuse(problem);
      if (requests.length === 0) return Promise.resolve();
      const cleaned = requests.map(withoutEmptyEtag);
      if (store.bulkSet) return store.bulkSet(cleaned, options, call);
      return collectFailures(cleaned, options.parallelism, (request) => store.set(request, call));
    },
    bulkDelete(requests, options, call) {
      if (!lifetime.open) return lifetime.refuse();
      const problem = firstProblem(requests, writeProblem);
      if (problem) return refuse(problem);
      if (requests.length === 0) return Promise.resolve();
      const cleaned = requests.map(withoutEmptyEtag);
      if (store.bulkDelete) return store.bulkDelete(cleaned, options, call);
      return collectFailures(cleaned, options.parallelism, (request) => store.delete(request, call));
    },
    close: () => lifetime.close(),
  };
  if (transact) {
    guarded.transact = (operations, metadata, call) => {
      if (!lifetime.open) return lifetime.refuse();
      const problem = firstProblem(operations, operationProblem);
      if (problem) return refuse(problem);
      return operations.length === 0
        ? Promise.resolve()
        : transact.call(store, operations.map(cleanOperation), metadata, call);
    };
  }
  if (multiMaxSize)
    guarded.multiMaxSize = (call) => (lifetime.open ? multiMaxSize.call(store, call) : lifetime.refuse());
  if (query)
    guarded.query = (asked, metadata, call) =>
      lifetime.open ? query.call(store, asked, metadata, call) : lifetime.refuse();
  if (ping) guarded.ping = (call) => (lifetime.open ? ping.call(store, call) : lifetime.refuse());
  return guarded;
}

async function getEach(
  store: StateStore,
  requests: readonly GetRequest[],
  parallelism: number,
  call: Parameters<StateStore["get"]>[1],
): Promise<BulkGetItem[]> {
  const items: BulkGetItem[] = [];
  await forEachLimited(requests, parallelism, async (request, index) => {
    try {
      items[index] = { key: request.key, ...(await store.get(request, call)) };
    } catch (error) {
      items[index] = { key: request.key, error: error instanceof Error ? error.message : String(error) };
    }
  });
  return items;
}

// Requests that came over a socket or from a JavaScript caller may hold anything.
function readProblem({ key, consistency }: GetRequest): string | undefined {
  return keyProblem(key) ?? consistencyProblem(consistency);
}

function writeProblem({ key, options }: SetRequest | DeleteRequest): string | undefined {
  return keyProblem(key) ?? consistencyProblem(options.consistency) ?? concurrencyProblem(options.concurrency);
}

function operationProblem({ request }: TransactionOperation): string | undefined {
  return writeProblem(request);
}

function keyProblem(key: string): string | undefined {
  return key === "" ? "the key is empty" : undefined;
}

function consistencyProblem(consistency: Consistency): string | undefined {
  if (consistency === "" || consistency === "eventual" || consistency === "strong") return undefined;
  return `unrecognized consistency ${JSON.stringify(consistency)}: it is eventual or strong`;
}

function concurrencyProblem(concurrency: Concurrency): string | undefined {
  if (concurrency === "" || concurrency === "first-write" || concurrency === "last-write") return undefined;
  return `unrecognized concurrency ${JSON.stringify(concurrency)}: it is first-write or last-write`;
}

function firstProblem<T>(items: readonly T[], problemOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem) return problem;
  }
  return undefined;
}

function refuse(problem: string): Promise<never> {
  return Promise.reject(new ComponentError("invalid-argument", problem));
}

function withoutEmptyEtag<T extends SetRequest | DeleteRequest>(request: T): T {
  return request.etag === "" ? { ...request, etag: undefined } : request;
}

function cleanOperation(operation: TransactionOperation): TransactionOperation {
  return operation.request.etag === ""
    ? ({ ...operation, request: withoutEmptyEtag(operation.request) } as TransactionOperation)
    : operation;
}
