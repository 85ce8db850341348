import { redisError, type RedisClient } from "@trilby/redis-client";
import type { IndexedField } from "./filter-text.ts";

export interface QueryIndex {
  readonly name: string;
  /** By the path in the item's value. */
  readonly fields: ReadonlyMap<string, IndexedField>;
}

/** Reads the field `queryIndexes`: [{name, indexes: [{key, type}]}]. */
export function readQueryIndexes(value: unknown): QueryIndex[] {
  if (!Array.isArray(value)) throw new Error("must be a list of indexes");
  const indexes = value.map(readIndex);
  const twice = indexes.find(({ name }, at) => indexes.findIndex((other) => other.name === name) !== at);
  if (twice) throw new Error(`names the index ${twice.name} twice`);
  return indexes;
}

function readIndex(value: unknown): QueryIndex {
  const { name, indexes } = (value ?? {}) as { name?: unknown; indexes?: unknown };
  if (typeof name !== "string" || name === "") throw new Error("has an index without name");
  if (!Array.isArray(indexes) || indexes.length === 0) throw new Error(`has the index ${name} without "indexes"`);
  return { name, fields: new Map(indexes.map((each, at) => readField(name, each, at))) };
}

function readField(index: string, value: unknown, at: number): [path: string, field: IndexedField] {
  const { key, type } = (value ?? {}) as { key?: unknown; type?: unknown };
  if (typeof key !== "string" || key === "") throw new Error(`has an entry without key in the index ${index}`);
  if (typeof type !== "string" || !/^[A-Za-z]+$/.test(type))
    throw new Error(`has an entry without type in the index ${index}`);
  return [key, { alias: `var${at}`, type: type.toUpperCase() }];
}

/** Makes the indexes that are not there, and makes anew those of the name that cover other paths. */
export async function createIndexes(client: RedisClient, indexes: readonly QueryIndex[]): Promise<void> {
  for (const index of indexes) await createIndex(client, index);
}

/** Other processes may do the same at the same time. */
async function createIndex(client: RedisClient, index: QueryIndex): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const info = await client.call("FT.INFO", index.name).catch(() => undefined);
      if (info !== undefined) {
        if (covers(info, index)) return;
        await client.call("FT.DROPINDEX", index.name);
      }
      await client.call("FT.CREATE", ...definition(index));
      return;
    } catch (error) {
      const raced = error instanceof Error && /already exists|unknown index name|no such index/i.test(error.message);
      if (!raced || attempt === 10) throw redisError(error);
    }
  }
}

function definition({ name, fields }: QueryIndex): string[] {
  const schema = [...fields].flatMap(([path, { alias, type }]) => [`$.data.${path}`, "AS", alias, type, "SORTABLE"]);
  // Every word counts: without this, "to be or not to be" is nothing.
  return [name, "ON", "JSON", "STOPWORDS", "0", "SCHEMA", ...schema];
}

function covers(info: unknown, { fields }: QueryIndex): boolean {
  const facts = toMap(info);
  if (!Array.isArray(facts.get("stopwords_list"))) return false;
  const standing = ((facts.get("attributes") ?? []) as unknown[]).map((attribute) => {
    const { identifier, attribute: alias, type } = Object.fromEntries(toMap(attribute));
    return [identifier, alias, type].join(" ");
  });
  const wanted = [...fields].map(([path, { alias, type }]) => [`$.data.${path}`, alias, type].join(" "));
  return standing.length === wanted.length && wanted.every((each, at) => standing[at] === each);
}

/** Names and values in turn. */
function toMap(list: unknown): Map<string, unknown> {
  const values = list as unknown[];
  const map = new Map<string, unknown>();
  for (let index = 0; index + 1 < values.length; index += 2) map.set(String(values[index]), values[index + 1]);
  return map;
}
