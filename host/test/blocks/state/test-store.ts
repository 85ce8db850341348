import {
  ComponentError,
  type DeleteRequest,
  type GetRequest,
  type SetRequest,
  type StateStore,
  type TransactionOperation,
} from "@trilby/kit";

/** A store in memory that tests look into and break at will. */
export interface TestStore extends StateStore {
  readonly items: Map<string, { data: Uint8Array; etag: string; metadata?: Record<string, string> }>;
  readonly requests: { method: string; request: unknown }[];
  /** The error that every call of the method rejects with. */
  readonly failures: Map<string, Error>;
}

export function testStore(options: { transactional?: boolean; maxOperations?: number } = {}): TestStore {
  const { transactional = true, maxOperations } = options;
  const items: TestStore["items"] = new Map();
  const requests: TestStore["requests"] = [];
  const failures: TestStore["failures"] = new Map();
  let written = 0;

  const noted = (method: string, request: unknown): void => {
    requests.push({ method, request });
    const failure = failures.get(method);
    if (failure !== undefined) throw failure;
  };
  const check = ({ key, etag, options: { concurrency } }: SetRequest | DeleteRequest): void => {
    const item = items.get(key);
    if (etag !== undefined && !/^\d+$/.test(etag)) throw new ComponentError("etag-invalid", `${etag} is no number`);
    if (etag !== undefined && item?.etag !== etag)
      throw new ComponentError("etag-mismatch", `the etag of ${key} is ${item?.etag}`);
    if (etag === undefined && concurrency === "first-write" && item !== undefined)
      throw new ComponentError("etag-mismatch", `${key} exists`);
  };
  const write = ({ key, value }: SetRequest): void =>
    void items.set(key, { data: new Uint8Array(value), etag: String(++written) });

  return {
    items,
    requests,
    failures,
    async get(request: GetRequest) {
      noted("get", request);
      return items.get(request.key);
    },
    async set(request: SetRequest) {
      noted("set", request);
      check(request);
      write(request);
    },
    async delete(request: DeleteRequest) {
      noted("delete", request);
      check(request);
      items.delete(request.key);
    },
    async bulkGet(asked: readonly GetRequest[], { parallelism }) {
      noted("bulkGet", { asked, parallelism });
      return asked.map(({ key }) => ({ key, ...items.get(key) }));
    },
    async bulkSet(all: readonly SetRequest[]) {
      noted("bulkSet", all);
      for (const request of all) check(request);
      for (const request of all) write(request);
    },
    async bulkDelete(all: readonly DeleteRequest[]) {
      noted("bulkDelete", all);
      for (const request of all) check(request);
      for (const { key } of all) items.delete(key);
    },
    ...(transactional && {
      async transact(operations: readonly TransactionOperation[], metadata: unknown) {
        noted("transact", { operations, metadata });
        for (const { request } of operations) check(request);
        for (const operation of operations) {
          if (operation.kind === "set") write(operation.request);
          else items.delete(operation.request.key);
        }
      },
    }),
    ...(maxOperations !== undefined && { multiMaxSize: async () => maxOperations }),
    async close() {},
  };
}
