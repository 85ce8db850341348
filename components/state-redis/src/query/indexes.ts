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

/** Makes the indexes anew, since an old one of that name may cover other paths. */
export async function createIndexes(client: RedisClient, indexes: readonly QueryIndex[]): Promise<void> {
  for (const { name, fields } of indexes) {
    const schema = [...fields].flatMap(([path, { alias, type }]) => [`$.data.${path}`, "AS", alias, type, "SORTABLE"]);
    const create = () => client.call("FT.CREATE", name, "ON", "JSON", "SCHEMA", ...schema);
    try {
      await create().catch(async (error: Error) => {
        if (!/index already exists/i.test(error.message)) throw error;
        await client.call("FT.DROPINDEX", name);
        await create();
      });
    } catch (error) {
      throw redisError(error);
    }
  }
}
