import { ComponentError, readFilter, type Metadata, type Query, type QueryItem, type QueryResult } from "@trilby/kit";
import { redisError, type RedisClient } from "@trilby/redis-client";
import { filterText, indexedField } from "./filter-text.ts";
import type { QueryIndex } from "./indexes.ts";

export type QueryIndexes = ReadonlyMap<string, QueryIndex>;

/** The most items of one answer where the query sets no limit; a token leads on. */
const mostItems = 10_000;

export async function search(
  client: RedisClient,
  indexes: QueryIndexes,
  query: Query,
  metadata: Metadata,
): Promise<QueryResult> {
  const { name, fields } = chooseIndex(indexes, metadata);
  const offset = readToken(query.page.token);
  const limit = query.page.limit > 0 ? query.page.limit : mostItems;
  const reply = await client
    .callBuffer(
      "FT.SEARCH",
      name,
      filterText(readFilter(query.filter), fields),
      ...sortWords(query, fields),
      ...["LIMIT", offset, limit, "RETURN", 2, "$.data", "$.version", "DIALECT", 2],
    )
    .catch((error: unknown) => {
      throw redisError(error);
    });
  const [total, ...entries] = reply as [total: number, ...entries: (Buffer | Buffer[])[]];
  const items = readItems(entries);
  const next = offset + items.length;
  return { items, ...(items.length > 0 && next < total && { token: String(next) }) };
}

function chooseIndex(indexes: QueryIndexes, metadata: Metadata): QueryIndex {
  const name = metadata["queryIndexName"];
  const known = indexes.size > 0 ? `known are ${[...indexes.keys()].join(", ")}` : "the component has no queryIndexes";
  if (!name) throw invalid(`The query needs the metadata queryIndexName; ${known}`);
  const index = indexes.get(name);
  if (!index) throw invalid(`There is no query index ${name}; ${known}`);
  return index;
}

function sortWords({ sort }: Query, fields: QueryIndex["fields"]): string[] {
  const [first, ...others] = sort;
  if (!first) return [];
  if (others.length > 0) throw invalid("Redis sorts by one key only");
  return ["SORTBY", indexedField(first.key, fields).alias, first.order];
}

function readToken(token: string): number {
  if (token === "") return 0;
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw invalid("The page token is not one of this store");
}

function readItems(entries: readonly (Buffer | Buffer[])[]): QueryItem[] {
  const items: QueryItem[] = [];
  for (let index = 0; index + 1 < entries.length; index += 2) {
    const key = (entries[index] as Buffer).toString("utf8");
    const found = new Map<string, Buffer>();
    const pairs = (entries[index + 1] ?? []) as Buffer[];
    for (let at = 0; at + 1 < pairs.length; at += 2) found.set(pairs[at]!.toString("utf8"), pairs[at + 1]!);
    const data = found.get("$.data");
    const etag = found.get("$.version")?.toString("latin1");
    if (data) items.push({ key, data, etag, contentType: "application/json" });
    else items.push({ key, data: new Uint8Array(), etag, error: "The document has no data" });
  }
  return items;
}

function invalid(message: string): ComponentError {
  return new ComponentError("invalid-argument", message);
}
