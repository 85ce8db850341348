import { ComponentError, type GetResult, type Query, type QueryFilter, type QueryResult } from "@trilby/kit";
import type { Item } from "./state.ts";

/** Dapr's query language over items in memory. */
export function query(
  { filter, sort, page }: Query,
  items: ReadonlyMap<string, Item>,
  toResult: (item: Item) => GetResult,
): QueryResult {
  const documents = [...items].flatMap(([key, item]) => {
    const value = parse(item.data);
    return value === undefined ? [] : [{ key, value, item }];
  });
  const found = documents.filter(({ value }) => !filter || matches(filter, value));
  for (const { key, order } of sort.toReversed()) {
    found.sort((left, right) => compare(at(left.value, key), at(right.value, key)) * (order === "DESC" ? -1 : 1));
  }
  const start = Number(page.token || 0);
  const end = page.limit > 0 ? start + page.limit : found.length;
  return {
    items: found.slice(start, end).map(({ key, item }) => ({ key, data: toResult(item).data })),
    ...(end < found.length ? { token: String(end) } : {}),
  };
}

function matches(filter: QueryFilter, value: unknown): boolean {
  return Object.entries(filter).every(([operator, operand]) => {
    if (operator === "AND") return (operand as QueryFilter[]).every((each) => matches(each, value));
    if (operator === "OR") return (operand as QueryFilter[]).some((each) => matches(each, value));
    const test = tests[operator];
    if (!test) throw new ComponentError("invalid-argument", `there is no operator ${operator}`);
    return Object.entries(operand as object).every(([path, wanted]) => test(at(value, path), wanted));
  });
}

const tests: Readonly<Record<string, (found: any, wanted: any) => boolean>> = {
  EQ: (found, wanted) => found === wanted,
  NEQ: (found, wanted) => found !== wanted,
  GT: (found, wanted) => found > wanted,
  GTE: (found, wanted) => found >= wanted,
  LT: (found, wanted) => found < wanted,
  LTE: (found, wanted) => found <= wanted,
  IN: (found, wanted) => wanted.includes(found),
};

function at(value: any, path: string): any {
  return path.split(".").reduce((inner, name) => inner?.[name], value);
}

function compare(left: any, right: any): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}
