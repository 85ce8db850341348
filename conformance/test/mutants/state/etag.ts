import { ComponentError } from "@trilby/kit";
import { bulkEtagCases } from "../../../src/state/bulk-etag.ts";
import { etagCases } from "../../../src/state/etag.ts";
import type { StateMutant, Store } from "./reference.ts";

const plainGet = (key: string) => ({ key, consistency: "", metadata: {} }) as const;
const refusing = [...etagCases, ...bulkEtagCases]
  .map(({ id }) => id)
  .filter((id) => /wrong-etag|was-right-before|whose-etags-match|old-etag/.test(id));

export const etagMutants: readonly StateMutant[] = [
  {
    name: "gives no etags",
    caughtBy: ["state/every-item-has-an-etag", "state/a-set-of-the-same-value-gives-another-etag"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && { data: result.data };
      },
    }),
  },
  {
    name: "gives no etags in a bulk get",
    caughtBy: ["state/every-item-has-an-etag", "state/an-etag-stays-while-the-item-does"],
    methods: (right) => ({
      bulkGet: async (requests, options) =>
        (await right.bulkGet(requests, options)).map(({ key, data }) => (data ? { key, data } : { key })),
    }),
  },
  {
    name: "gives another etag each time it is asked",
    caughtBy: ["state/an-etag-stays-while-the-item-does"],
    methods(right) {
      let asked = 0;
      return {
        async get(request) {
          const result = await right.get(request);
          return result && { ...result, etag: `${result.etag}-${++asked}` };
        },
      };
    },
  },
  {
    name: "does not look at etags",
    caughtBy: [
      ...refusing,
      "state/a-set-with-the-right-etag-gives-the-item-another",
      "state/an-etag-of-odd-text-is-refused-and-harmless",
    ],
    methods: withoutEtags,
  },
  {
    name: "calls a mismatch internal",
    caughtBy: [
      "state/a-set-with-a-wrong-etag-is-refused-and-changes-nothing",
      "state/a-delete-with-an-etag-that-was-right-before-is-refused",
    ],
    methods(right) {
      const renamed =
        <Words extends unknown[]>(write: (...words: Words) => Promise<void>) =>
        async (...words: Words): Promise<void> => {
          await write(...words).catch((error: Error) => {
            throw new ComponentError("internal", error.message);
          });
        };
      return { set: renamed(right.set), delete: renamed(right.delete) };
    },
  },
  {
    name: "hashes values for etags",
    caughtBy: ["state/a-set-of-the-same-value-gives-another-etag"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && { ...result, etag: Buffer.from(result.data).toString("hex") };
      },
    }),
  },
  {
    name: "counts etags for each key from 1 again after a delete",
    caughtBy: ["state/an-item-that-was-deleted-does-not-match-its-old-etag"],
    methods: (right) => ({
      async set(request) {
        const etag =
          request.etag === undefined ? undefined : ((await right.get(plainGet(request.key)))?.etag ?? request.etag);
        await right.set({ ...request, etag });
      },
    }),
  },
  {
    name: "writes before it looks at the etag",
    caughtBy: ["state/a-set-with-a-wrong-etag-is-refused-and-changes-nothing"],
    methods: (right) => ({
      async set(request) {
        const { etag, ...plain } = request;
        const before = await right.get(plainGet(request.key));
        await right.set(plain);
        if (etag && before?.etag !== etag) throw new ComponentError("etag-mismatch", "too late");
      },
    }),
  },
  {
    name: "takes an empty etag for an etag",
    caughtBy: ["state/an-empty-etag-counts-as-none"],
    methods: (right) => ({
      async set(request) {
        if (request.etag === "") throw new ComponentError("etag-mismatch", "the etag does not match");
        await right.set(request);
      },
    }),
  },
  {
    name: "calls every etag a mismatch",
    caughtBy: [
      "state/an-etag-of-a-form-the-store-never-issues-is-invalid",
      "state/a-delete-with-the-right-etag-removes-the-item",
    ],
    methods: (right) => ({
      async set(request) {
        if (request.etag) throw new ComponentError("etag-mismatch", "the etag does not match");
        await right.set(request);
      },
      async delete(request) {
        if (request.etag) throw new ComponentError("etag-mismatch", "the etag does not match");
        await right.delete(request);
      },
    }),
  },
  {
    name: "refuses a whole bulk for one wrong etag",
    caughtBy: [
      "state/a-bulk-set-applies-the-rows-whose-etags-match-and-no-others",
      "state/a-bulk-delete-removes-the-rows-whose-etags-match-and-no-others",
    ],
    methods: (right) => ({
      async bulkSet(requests) {
        await allMatch(right, requests);
        for (const request of requests) await right.set(request);
      },
      async bulkDelete(requests) {
        await allMatch(right, requests);
        for (const request of requests) await right.delete(request);
      },
    }),
  },
  {
    name: "says nothing of the rows of a bulk that failed",
    caughtBy: [
      "state/a-bulk-set-applies-the-rows-whose-etags-match-and-no-others",
      "state/a-bulk-delete-removes-the-rows-whose-etags-match-and-no-others",
    ],
    methods: (right) => ({
      bulkSet: (requests, options) => right.bulkSet(requests, options).catch(() => undefined),
      bulkDelete: (requests, options) => right.bulkDelete(requests, options).catch(() => undefined),
    }),
  },
  {
    name: "keeps rows that a bulk delete with etags names",
    caughtBy: ["state/a-bulk-delete-with-right-etags-removes-every-row"],
    methods: () => ({ async bulkDelete() {} }),
  },
];

function withoutEtags(right: Store): Partial<Store> {
  return {
    set: (request) => right.set({ ...request, etag: undefined }),
    delete: (request) => right.delete({ ...request, etag: undefined }),
    bulkSet: (requests, options) =>
      right.bulkSet(
        requests.map((request) => ({ ...request, etag: undefined })),
        options,
      ),
    bulkDelete: (requests, options) =>
      right.bulkDelete(
        requests.map((request) => ({ ...request, etag: undefined })),
        options,
      ),
  };
}

async function allMatch(
  right: Store,
  requests: readonly { readonly key: string; readonly etag?: string | undefined }[],
): Promise<void> {
  for (const { key, etag } of requests) {
    if (etag && (await right.get(plainGet(key)))?.etag !== etag)
      throw new ComponentError("etag-mismatch", `${key}: another etag`);
  }
}
