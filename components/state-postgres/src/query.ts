import {
  ComponentError,
  readFilter,
  type FilterNode,
  type FilterValue,
  type Query,
  type QueryResult,
} from "@trilby/kit";
import type { Pool } from "pg";
import type { Layout } from "./layout.ts";
import { postgresError } from "./postgres-errors.ts";
import { asText } from "./statements.ts";

/**
 * Queries of layout v1, over the rows that hold JSON. Numbers compare as numbers; a text also finds a number or a truth
 * value of that spelling. Everything that comes from the caller is a parameter, paths too.
 */
export async function queryItems(pool: Pool, layout: Layout, { filter, sort, page }: Query): Promise<QueryResult> {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const path = (key: string) => `value #> ${parameter(key.split("."))}::text[]`;
  const pathText = (key: string) => `value #>> ${parameter(key.split("."))}::text[]`;

  const tree = readFilter(filter);
  const conditions = [`(${layout.expiryColumn} IS NULL OR ${layout.expiryColumn} >= CURRENT_TIMESTAMP)`];
  if (tree) conditions.push(condition(tree));
  const order = [
    ...sort.map(({ key, order: direction }) => `${path(key)} ${direction === "DESC" ? "DESC" : "ASC"}`),
    "row_id",
  ];
  const offset = readToken(page.token);
  // One more than asked for tells whether there is another page.
  const limit = page.limit > 0 ? ` LIMIT ${parameter(page.limit + 1)}` : "";
  const text = `
    SELECT key, ${[...layout.selected, layout.etagColumn].join(", ")} FROM ${layout.table}
    WHERE ${conditions.join(" AND ")} ORDER BY ${order.join(", ")}${limit} OFFSET ${parameter(offset)}`;

  const { rows } = await pool
    .query<(string | null)[]>({ text, values, rowMode: "array", types: asText })
    .catch((error: unknown) => {
      throw postgresError(error);
    });
  const hasMore = page.limit > 0 && rows.length > page.limit;
  const items = (hasMore ? rows.slice(0, page.limit) : rows).map(([key, ...columns]) => ({
    key: key!,
    data: layout.read(columns),
    etag: columns.at(-1)!,
  }));
  return { items, ...(hasMore && { token: String(offset + items.length) }) };

  function condition(node: FilterNode): string {
    switch (node.op) {
      case "AND":
      case "OR":
        return `(${node.filters.map(condition).join(` ${node.op} `)})`;
      case "IN":
        return `(${node.values.map((value) => equals(node.key, value)).join(" OR ")})`;
      case "EQ":
        return equals(node.key, node.value);
      case "NEQ":
        return `NOT coalesce(${equals(node.key, node.value)}, false) AND ${path(node.key)} IS NOT NULL`;
      default:
        return `(${numberAt(node.key)} ${operators[node.op]} ${parameter(node.value)}::numeric)`;
    }
  }

  function equals(key: string, value: FilterValue): string {
    if (typeof value === "number")
      return `(${numberAt(key)} = ${parameter(value)}::numeric OR ${pathText(key)} = ${parameter(String(value))})`;
    return `(${pathText(key)} = ${parameter(String(value))})`;
  }

  /** Null unless a number stands there. */
  function numberAt(key: string): string {
    const at = parameter(key.split("."));
    return `CASE jsonb_typeof(value #> ${at}::text[]) WHEN 'number' THEN (value #>> ${at}::text[])::numeric END`;
  }
}

const operators = { GT: ">", GTE: ">=", LT: "<", LTE: "<=" } as const;

function readToken(token: string): number {
  if (token === "") return 0;
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw new ComponentError("invalid-argument", "The page token is not one of this store");
}
