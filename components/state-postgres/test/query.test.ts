import type { Query } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { open, openStore } from "./open.ts";
import { setting, textOf } from "@trilby/conformance/requests";

const people = [
  ["1", "Dev Ops", 1036, "Seattle", true],
  ["2", "Hardware", 9, "Portland", false],
  ["3", "Finance", 1071, "Sacramento", true],
  ["4", "Dev Ops", 1042, "Spokane", false],
  ["5", "A'B", 100.5, "Los Angeles", false],
] as const;

describeService("postgres", (postgres) => {
  const properties = { connectionString: postgres.url };
  const json = { metadata: { contentType: "application/json" } };

  it("queries items of JSON", async () => {
    const { instance: store, features } = await open("v1", properties);
    expect(features).toContain("QUERY_API");
    for (const [key, org, id, city, active] of people) {
      await store.set(setting(key, JSON.stringify({ person: { org, id }, city, active, "o'key": id }), json));
    }
    await store.set(setting("6", '{"city":"Spokane"}', { metadata: { ...json.metadata, ttlInSeconds: "1" } }));
    await store.set(setting("7", "bytes"));
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const ask = async (filter: Query["filter"], rest: Partial<Query> = {}) => {
      const { items, token } = await store.query!({ filter, sort: [], page: { limit: 0, token: "" }, ...rest }, {});
      return { keys: items.map(({ key }) => key), token, items };
    };
    const keys = async (filter: Query["filter"], rest?: Partial<Query>) => (await ask(filter, rest)).keys;

    expect(await keys(undefined)).toEqual(["1", "2", "3", "4", "5", "7"]);
    expect(await keys({ EQ: { "person.org": "Dev Ops" } })).toEqual(["1", "4"]);
    expect(await keys({ EQ: { "person.id": 1036 } })).toEqual(["1"]);
    expect(await keys({ EQ: { "person.id": "1036" } })).toEqual(["1"]);
    expect(await keys({ EQ: { active: true } })).toEqual(["1", "3"]);
    expect(await keys({ NEQ: { city: "Seattle" } })).toEqual(["2", "3", "4", "5"]);
    expect(await keys({ GT: { "person.id": 100 } })).toEqual(["1", "3", "4", "5"]);
    expect(
      await keys({
        AND: [{ GTE: { "person.id": 100.5 } }, { LT: { "person.id": 1042 } }, { LTE: { "person.id": 1036 } }],
      }),
    ).toEqual(["1", "5"]);
    expect(await keys({ OR: [{ IN: { city: ["Seattle", "Portland"] } }, { EQ: { "person.org": "A'B" } }] })).toEqual([
      "1",
      "2",
      "5",
    ]);
    expect(await keys({ EQ: { "o'key": 9 } })).toEqual(["2"]);
    expect(await keys({ GT: { city: 1 } })).toEqual([]);
    expect(await keys({ EQ: { "x' OR 1=1 --": "x' OR 1=1 --" } })).toEqual([]);

    const sort = [{ key: "person.id", order: "DESC" as const }];
    const filter = { NEQ: { city: "x" } };
    const first = await ask(filter, { sort, page: { limit: 3, token: "" } });
    expect([first.keys, first.token]).toEqual([["3", "4", "1"], "3"]);
    const second = await ask(filter, { sort, page: { limit: 3, token: first.token! } });
    expect([second.keys, second.token]).toEqual([["5", "2"], undefined]);
    const two = [
      { key: "active", order: "ASC" as const },
      { key: "city", order: "ASC" as const },
    ];
    expect(await keys(filter, { sort: two })).toEqual(["5", "2", "4", "3", "1"]);
    await expect(ask(filter, { page: { limit: 1, token: "1; drop table state" } })).rejects.toMatchObject({
      code: "invalid-argument",
    });

    const bytes = (await ask(undefined)).items.at(-1)!;
    expect(textOf(bytes.data)).toBe("bytes");
    expect(bytes.etag).toMatch(/^\d+$/);
  });

  it("does not query v2", async () => {
    const store = await openStore("v2", { ...properties, tablePrefix: "noquery_" });
    expect(store.query).toBeUndefined();
  });
});
