import { ComponentError } from "@trilby/kit";
import type { StateMutant } from "./reference.ts";

export const bulkMutants: readonly StateMutant[] = [
  {
    name: "stores only the first item of a bulk",
    caughtBy: ["state/a-bulk-set-stores-every-item", "state/a-bulk-set-with-right-etags-applies-every-row"],
    methods: (right) => ({ bulkSet: (requests, options) => right.bulkSet(requests.slice(0, 1), options) }),
  },
  {
    name: "leaves absent keys out of a bulk get",
    caughtBy: ["state/a-bulk-get-answers-an-absent-key-with-nothing"],
    methods: (right) => ({
      bulkGet: async (requests, options) =>
        (await right.bulkGet(requests, options)).filter(({ data }) => data !== undefined),
    }),
  },
  {
    name: "answers a bulk get in order of asking with items shifted by one",
    caughtBy: ["state/a-bulk-get-answers-every-key-once", "state/a-bulk-get-answers-an-absent-key-with-nothing"],
    methods: (right) => ({
      async bulkGet(requests, options) {
        const items = await right.bulkGet(requests, options);
        return items.map((item, index) => ({ ...items[(index + 1) % items.length]!, key: item.key }));
      },
    }),
  },
  {
    name: "stops a bulk delete at the first absent key",
    caughtBy: ["state/a-bulk-delete-removes-every-item-and-no-other"],
    methods: (right) => ({
      async bulkDelete(requests) {
        for (const request of requests) {
          if (!(await right.get({ key: request.key, consistency: "", metadata: {} }))) return;
          await right.delete(request);
        }
      },
    }),
  },
  {
    name: "does not take a bulk of nothing",
    caughtBy: ["state/a-bulk-call-of-nothing-does-nothing"],
    methods: (right) => ({
      async bulkSet(requests, options) {
        if (requests.length === 0) throw new ComponentError("invalid-argument", "nothing to set");
        await right.bulkSet(requests, options);
      },
    }),
  },
  {
    name: "keeps at most 256 items of a bulk",
    caughtBy: ["state/bulk-calls-of-300-items-lose-none"],
    methods: (right) => ({ bulkSet: (requests, options) => right.bulkSet(requests.slice(0, 256), options) }),
  },
];
