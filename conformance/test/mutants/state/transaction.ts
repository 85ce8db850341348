import { ComponentError } from "@trilby/kit";
import type { StateMutant } from "./reference.ts";

export const transactionMutants: readonly StateMutant[] = [
  {
    name: "applies the sets of a transaction and forgets its deletes",
    caughtBy: ["state/a-transaction-applies-sets-and-deletes", "state/a-transaction-applies-its-operations-in-order"],
    methods: (right) => ({
      transact: (operations, metadata) =>
        right.transact!(
          operations.filter(({ kind }) => kind === "set"),
          metadata,
        ),
    }),
  },
  {
    name: "sorts the operations of a transaction",
    caughtBy: ["state/a-transaction-applies-its-operations-in-order"],
    methods: (right) => ({
      transact: (operations, metadata) =>
        right.transact!(
          operations.toSorted((left, right) => left.kind.localeCompare(right.kind)),
          metadata,
        ),
    }),
  },
  {
    name: "refuses to delete what is not there inside a transaction",
    caughtBy: ["state/a-transaction-may-delete-what-is-not-there"],
    methods: (right) => ({
      async transact(operations, metadata) {
        for (const { kind, request } of operations) {
          if (kind === "delete" && !(await right.get({ key: request.key, consistency: "", metadata: {} }))) {
            throw new ComponentError("not-found", "nothing there");
          }
        }
        await right.transact!(operations, metadata);
      },
    }),
  },
  {
    name: "refuses a transaction of nothing",
    caughtBy: ["state/a-transaction-of-nothing-does-nothing"],
    methods: (right) => ({
      async transact(operations, metadata) {
        if (operations.length === 0) throw new ComponentError("invalid-argument", "nothing to do");
        await right.transact!(operations, metadata);
      },
    }),
  },
  {
    name: "drops operations of a transaction after the 25th",
    caughtBy: ["state/a-transaction-of-50-operations-applies-them-all"],
    methods: (right) => ({ transact: (operations, metadata) => right.transact!(operations.slice(0, 25), metadata) }),
  },
  {
    name: "takes every etag in a transaction for wrong",
    caughtBy: ["state/a-transaction-with-right-etags-applies"],
    methods: (right) => ({
      async transact(operations, metadata) {
        if (operations.some(({ request }) => request.etag)) throw new ComponentError("etag-mismatch", "no");
        await right.transact!(operations, metadata);
      },
    }),
  },
  {
    name: "does not roll back",
    caughtBy: [
      "state/a-transaction-with-a-wrong-etag-at-its-end-changes-nothing",
      "state/a-transaction-with-a-wrong-etag-on-a-delete-changes-nothing",
    ],
    methods: (right) => ({
      async transact(operations) {
        for (const operation of operations) {
          await (operation.kind === "set" ? right.set(operation.request) : right.delete(operation.request));
        }
      },
    }),
  },
];
