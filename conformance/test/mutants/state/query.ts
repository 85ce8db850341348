import { queryCases } from "../../../src/state/query.ts";
import type { StateMutant } from "./reference.ts";

const finding = queryCases.map(({ id }) => id).filter((id) => id.startsWith("state/a-query-by-"));

export const queryMutants: readonly StateMutant[] = [
  {
    name: "answers every query with every item",
    caughtBy: [...finding, "state/a-query-that-matches-nothing-answers-with-nothing"],
    methods: (right) => ({ query: ({ sort, page }, metadata) => right.query!({ sort, page }, metadata) }),
  },
  {
    name: "answers every query with nothing",
    caughtBy: finding,
    methods: () => ({ query: async () => ({ items: [] }) }),
  },
  {
    name: "sorts only one way",
    caughtBy: ["state/a-query-sorts-both-ways"],
    methods: (right) => ({
      query: (asked, metadata) =>
        right.query!({ ...asked, sort: asked.sort.map(({ key }) => ({ key, order: "ASC" })) }, metadata),
    }),
  },
  {
    name: "starts every page at the beginning",
    caughtBy: ["state/a-query-in-pages-gives-every-item-once"],
    methods: (right) => ({
      query: (asked, metadata) => right.query!({ ...asked, page: { ...asked.page, token: "" } }, metadata),
    }),
  },
  {
    name: "ignores the size of a page",
    caughtBy: ["state/a-query-in-pages-gives-every-item-once"],
    methods: (right) => ({
      query: (asked, metadata) => right.query!({ ...asked, page: { limit: 0, token: "" } }, metadata),
    }),
  },
  {
    name: "ignores an operator that it does not know",
    caughtBy: ["state/a-query-with-an-unknown-operator-is-refused"],
    methods: (right) => ({ query: (asked, metadata) => right.query!(asked, metadata).catch(() => ({ items: [] })) }),
  },
  {
    name: "drops quotes and brackets from what is asked for",
    caughtBy: ["state/a-query-for-quotes-and-brackets-finds-only-them"],
    methods: (right) => ({
      query: (asked, metadata) => {
        const filter = JSON.parse(JSON.stringify(asked.filter).replace(/['[\]{}|@](?=[^"]*trick)/g, ""));
        return right.query!({ ...asked, filter }, metadata);
      },
    }),
  },
];
