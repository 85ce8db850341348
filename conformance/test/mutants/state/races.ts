import { ComponentError, type SetRequest } from "@trilby/kit";
import type { StateMutant, Store } from "./reference.ts";

const plainGet = (key: string) => ({ key, consistency: "", metadata: {} }) as const;
const tick = () => new Promise((resolve) => setImmediate(resolve));

export const raceMutants: readonly StateMutant[] = [
  {
    name: "ignores first-write",
    caughtBy: [
      "state/a-first-write-without-an-etag-succeeds-once",
      "state/a-first-write-with-an-empty-etag-succeeds-once",
      "state/a-first-write-without-an-etag-does-not-overwrite-a-plain-write",
      "state/first-write-wins-for-exactly-one-of-many",
    ],
    methods: (right) => ({
      set: (request) => right.set({ ...request, options: { concurrency: "", consistency: "" } }),
    }),
  },
  {
    name: "refuses a first-write whatever its etag, once there is an item",
    caughtBy: ["state/a-first-write-is-refused-where-a-plain-write-was-before"],
    methods: (right) => ({
      async set(request) {
        if (request.options.concurrency === "first-write" && (await right.get(plainGet(request.key)))) {
          throw new ComponentError("etag-mismatch", "there is an item");
        }
        await right.set(request);
      },
    }),
  },
  {
    name: "checks first and writes a moment later",
    caughtBy: [
      "state/first-write-wins-for-exactly-one-of-many",
      "state/an-etag-wins-for-exactly-one-of-many",
      "state/64-writers-counting-by-etag-lose-no-count",
    ],
    methods: (right) => ({ set: (request) => checkThenWrite(right, request) }),
  },
  {
    name: "lets nobody win a race",
    caughtBy: ["state/first-write-wins-for-exactly-one-of-many", "state/an-etag-wins-for-exactly-one-of-many"],
    methods(right) {
      const writing = new Map<string, number>();
      return {
        async set(request) {
          const { key } = request;
          writing.set(key, (writing.get(key) ?? 0) + 1);
          await tick();
          const alone = writing.get(key) === 1;
          await tick();
          writing.set(key, writing.get(key)! - 1);
          if (!alone) throw new ComponentError("etag-mismatch", "somebody else writes too");
          await right.set(request);
        },
      };
    },
  },
  {
    name: "applies a transaction one operation at a time",
    caughtBy: ["state/transactions-side-by-side-do-not-mix"],
    methods: (right) => ({
      async transact(operations) {
        const mine = Math.random() < 0.5 ? operations : operations.toReversed();
        for (const operation of mine) {
          await (operation.kind === "set" ? right.set(operation.request) : right.delete(operation.request));
          await tick();
        }
      },
    }),
  },
  {
    name: "ignores the etags inside a transaction",
    caughtBy: [
      "state/counters-moved-together-in-transactions-stay-together",
      "state/a-transaction-with-a-wrong-etag-at-its-end-changes-nothing",
      "state/a-transaction-with-a-wrong-etag-on-a-delete-changes-nothing",
    ],
    methods: (right) => ({
      transact: (operations, metadata) =>
        right.transact!(
          operations.map(
            (operation) => ({ ...operation, request: { ...operation.request, etag: undefined } }) as typeof operation,
          ),
          metadata,
        ),
    }),
  },
  {
    name: "uses one buffer for all calls under way",
    caughtBy: ["state/200-calls-at-once-do-not-mix"],
    methods(right) {
      let scratch: SetRequest | undefined;
      return {
        async set(request) {
          scratch = request;
          await tick();
          await right.set({ ...request, value: scratch.value });
        },
      };
    },
  },
];

async function checkThenWrite(right: Store, { etag, ...request }: SetRequest): Promise<void> {
  const before = await right.get(plainGet(request.key));
  if (etag !== undefined ? before?.etag !== etag : request.options.concurrency === "first-write" && before) {
    throw new ComponentError("etag-mismatch", "somebody was faster");
  }
  await tick();
  await right.set({ ...request, options: { concurrency: "", consistency: "" } });
}
