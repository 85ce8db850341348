import { ComponentError } from "@trilby/kit";
import { basicCases } from "../../../src/state/basic.ts";
import { bytesOf, revalued, textOf, type StateMutant } from "./reference.ts";

const valueCases = basicCases.map(({ id }) => id).filter((id) => id.startsWith("state/gives-back-"));

export const basicMutants: readonly StateMutant[] = [
  {
    name: "refuses ping",
    caughtBy: ["state/ping-answers-or-is-not-implemented"],
    methods: () => ({
      async ping() {
        throw new ComponentError("internal", "no");
      },
    }),
  },
  {
    name: "answers an absent key with empty data",
    caughtBy: ["state/there-is-nothing-under-a-key-that-was-never-set", "state/a-deleted-item-is-gone"],
    methods: (right) => ({ get: async (request) => (await right.get(request)) ?? { data: new Uint8Array() } }),
  },
  {
    name: "refuses to get an absent key",
    caughtBy: ["state/there-is-nothing-under-a-key-that-was-never-set"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        if (!result) throw new ComponentError("not-found", "no such key");
        return result;
      },
    }),
  },
  {
    name: "loses the last byte",
    caughtBy: [...valueCases, "state/the-last-value-set-is-the-one-that-stays"],
    methods: (right) => revalued(right, (value) => value.subarray(0, -1)),
  },
  {
    name: "answers with base64",
    caughtBy: valueCases,
    methods: (right) => revalued(right, (value) => bytesOf(Buffer.from(value).toString("base64"))),
  },
  {
    name: "quotes what is called JSON once more",
    caughtBy: ["state/gives-back-json-that-is-called-json", "state/a-transaction-with-json-bytes-gives-the-json-back"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        if (!result || request.metadata["contentType"] !== "application/json") return result;
        return { ...result, data: bytesOf(JSON.stringify(textOf(result.data))) };
      },
    }),
  },
  {
    name: "does not overwrite",
    caughtBy: ["state/the-last-value-set-is-the-one-that-stays"],
    methods: (right) => ({
      async set(request) {
        if (!(await right.get({ key: request.key, consistency: "", metadata: {} }))) await right.set(request);
      },
    }),
  },
  {
    name: "does not delete",
    caughtBy: ["state/a-deleted-item-is-gone", "state/every-consistency-and-concurrency-word-is-understood"],
    methods: () => ({ async delete() {} }),
  },
  {
    name: "refuses to delete what is not there",
    caughtBy: ["state/deleting-what-is-not-there-is-no-error"],
    methods: (right) => ({
      async delete(request) {
        if (!(await right.get({ key: request.key, consistency: "", metadata: {} })))
          throw new ComponentError("not-found", "nothing there");
        await right.delete(request);
      },
    }),
  },
  {
    name: "keeps a tombstone that later writes do not remove",
    caughtBy: ["state/a-deleted-item-can-be-set-again", "state/a-first-write-succeeds-again-after-a-delete"],
    methods(right) {
      const tombs = new Set<string>();
      return {
        async delete(request) {
          tombs.add(request.key);
          await right.delete(request);
        },
        get: async (request) => (tombs.has(request.key) ? undefined : right.get(request)),
      };
    },
  },
  {
    name: "takes strong consistency for an unknown word",
    caughtBy: ["state/every-consistency-and-concurrency-word-is-understood"],
    methods: (right) => ({
      async get(request) {
        if (request.consistency === "strong") throw new ComponentError("invalid-argument", "unknown consistency");
        return right.get(request);
      },
    }),
  },
];
