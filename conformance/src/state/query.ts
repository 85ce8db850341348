import assert from "node:assert/strict";
import type { Query, QueryFilter } from "@trilby/kit";
import { refused } from "../core/expect.ts";
import { setting, type StateCase, type StateWorld } from "./requests.ts";

const needs = ["QUERY_API"];
const wholePage = { limit: 0, token: "" };

interface Data {
  readonly message: string;
  readonly status: string;
  readonly product: { readonly value: number };
}

export const queryCases: readonly StateCase[] = [
  matching("eq", (run) => ({ EQ: { message: `${run}-b` } }), ["b"]),
  matching(
    "neq",
    (run) => ({
      AND: [{ IN: { message: ["a", "b", "c"].map((each) => `${run}-${each}`) } }, { NEQ: { status: "INACTIVE" } }],
    }),
    ["a", "c"],
  ),
  matching("in", (run) => ({ IN: { message: [`${run}-a`, `${run}-c`, "nobody"] } }), ["a", "c"]),
  matching("or-of-eq-and-in", (run) => ({ OR: [{ EQ: { message: `${run}-a` } }, { IN: { message: [`${run}-b`] } }] }), [
    "a",
    "b",
  ]),
  matching(
    "and-of-ranges",
    (run) => ({
      AND: [
        { IN: { message: ["a", "b", "c"].map((each) => `${run}-${each}`) } },
        { GTE: { "product.value": 10 } },
        { LT: { "product.value": 15 } },
      ],
    }),
    ["a", "b"],
  ),
  matching(
    "or-of-two-ands",
    (run) => ({
      OR: [
        { AND: [{ EQ: { message: `${run}-c` } }, { GT: { "product.value": 11.1 } }] },
        { AND: [{ EQ: { message: `${run}-a` } }, { LTE: { "product.value": 0.5 } }] },
      ],
    }),
    ["c"],
  ),
  {
    id: "state/a-query-that-matches-nothing-answers-with-nothing",
    class: "functional",
    needs,
    async run(world) {
      const run = await fill(world);
      const { items, token } = await world.instance.query!(
        { filter: { EQ: { message: `${run}-nobody` } }, sort: [], page: wholePage },
        metadataOf(world),
      );
      assert.deepEqual(items, []);
      assert.ok(!token, "a token came though there is no more");
    },
  },
  {
    id: "state/a-query-sorts-both-ways",
    class: "functional",
    needs,
    async run(world) {
      const run = await fill(world);
      const filter = { IN: { message: ["a", "b", "c"].map((each) => `${run}-${each}`) } };
      for (const [order, expected] of [
        ["ASC", ["a", "b", "c"]],
        ["DESC", ["c", "b", "a"]],
      ] as const) {
        const query: Query = { filter, sort: [{ key: "product.value", order }], page: wholePage };
        const { items } = await world.instance.query!(query, metadataOf(world));
        assert.deepEqual(
          items.map(({ key }) => key),
          expected.map((each) => `${run}-${each}`),
        );
      }
    },
  },
  {
    id: "state/a-query-in-pages-gives-every-item-once",
    class: "functional",
    needs,
    async run(world) {
      const run = await fill(world);
      const filter = { IN: { message: ["a", "b", "c"].map((each) => `${run}-${each}`) } };
      const found: string[] = [];
      let token = "";
      for (let page = 0; page < 5; page++) {
        const query: Query = { filter, sort: [{ key: "message", order: "ASC" }], page: { limit: 2, token } };
        const answer = await world.instance.query!(query, metadataOf(world));
        assert.ok(answer.items.length <= 2, `a page of 2 holds ${answer.items.length} items`);
        found.push(...answer.items.map(({ key }) => key));
        token = answer.token ?? "";
        if (token === "" || answer.items.length === 0) break;
      }
      assert.deepEqual(
        found,
        ["a", "b", "c"].map((each) => `${run}-${each}`),
      );
    },
  },
  {
    id: "state/a-query-with-an-unknown-operator-is-refused",
    class: "hostile",
    needs,
    async run(world) {
      await fill(world);
      await refused(
        world.instance.query!(
          { filter: { SOUNDS_LIKE: { message: "x" } }, sort: [], page: wholePage },
          metadataOf(world),
        ),
      );
    },
  },
  {
    id: "state/a-query-for-quotes-and-brackets-finds-only-them",
    class: "hostile",
    needs,
    async run(world) {
      const key = world.unique("quoted");
      const message = `it's "a" {trick} @x:[1 2] | % _ \\ ${key}`;
      await put(world, key, { message, status: "ACTIVE", product: { value: 1 } });
      const { items } = await world.instance.query!(
        { filter: { EQ: { message } }, sort: [], page: wholePage },
        metadataOf(world),
      );
      assert.deepEqual(
        items.map((item) => item.key),
        [key],
      );
    },
  },
];

function matching(name: string, filterOf: (run: string) => QueryFilter, expected: readonly string[]): StateCase {
  return {
    id: `state/a-query-by-${name}-finds-what-matches`,
    class: "functional",
    needs,
    async run(world) {
      const run = await fill(world);
      const query: Query = { filter: filterOf(run), sort: [{ key: "message", order: "ASC" }], page: wholePage };
      const { items } = await world.instance.query!(query, metadataOf(world));
      assert.deepEqual(
        items.map(({ key }) => key),
        expected.map((each) => `${run}-${each}`),
      );
      for (const { key, data, error } of items) {
        assert.ok(!error, `${key} came with an error: ${error}`);
        assert.equal((JSON.parse(new TextDecoder().decode(data)) as Data).message, key);
      }
    },
  };
}

/** Three items of a run of their own; the message is the key. */
async function fill(world: StateWorld): Promise<string> {
  const run = world.unique("query");
  await put(world, `${run}-a`, { message: `${run}-a`, status: "ACTIVE", product: { value: 10 } });
  await put(world, `${run}-b`, { message: `${run}-b`, status: "INACTIVE", product: { value: 12 } });
  await put(world, `${run}-c`, { message: `${run}-c`, status: "ACTIVE", product: { value: 15 } });
  return run;
}

async function put(world: StateWorld, key: string, value: Data): Promise<void> {
  await world.instance.set(setting(key, JSON.stringify(value), { metadata: metadataOf(world) }));
}

function metadataOf({ facts }: StateWorld): Record<string, string> {
  return { contentType: "application/json", ...facts.queryMetadata };
}
