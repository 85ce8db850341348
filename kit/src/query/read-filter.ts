import type { QueryFilter } from "../contract/state.ts";
import { ComponentError } from "../errors/component-error.ts";

export type FilterValue = string | number | boolean;

/** A filter of the query language as a tree. `key` is a path of names separated by dots. */
export type FilterNode =
  | { readonly op: Comparison; readonly key: string; readonly value: FilterValue }
  | { readonly op: "IN"; readonly key: string; readonly values: readonly FilterValue[] }
  | { readonly op: "AND" | "OR"; readonly filters: readonly FilterNode[] };

export type Comparison = "EQ" | "NEQ" | "GT" | "GTE" | "LT" | "LTE";

/** Reads `Query.filter`; undefined for all items. Throws `invalid-argument` that says what is wrong. */
export function readFilter(filter: QueryFilter | undefined): FilterNode | undefined {
  if (filter === undefined || Object.keys(filter).length === 0) return undefined;
  return readNode(filter, 0);
}

const comparisons = new Set(["EQ", "NEQ", "GT", "GTE", "LT", "LTE"]);
const ordered = new Set(["GT", "GTE", "LT", "LTE"]);
/** Deeper ones are no question but an attack on the stack. */
const deepest = 100;

function readNode(node: unknown, depth: number): FilterNode {
  if (depth > deepest) throw invalid(`it is nested more than ${deepest} levels deep`);
  const [op, operand] = onlyEntry(node, "a filter");
  if (op === "AND" || op === "OR") {
    if (!Array.isArray(operand) || operand.length === 0) throw invalid(`${op} takes a list of filters`);
    return { op, filters: operand.map((each) => readNode(each, depth + 1)) };
  }
  if (op !== "IN" && !comparisons.has(op))
    throw invalid(`${JSON.stringify(op)} is not one of AND, OR, EQ, NEQ, GT, GTE, LT, LTE, IN`);
  const [key, value] = onlyEntry(operand, op);
  if (key === "" || key.split(".").includes("")) throw invalid(`${op} has an empty key`);
  if (op === "IN") {
    if (!Array.isArray(value) || value.length === 0) throw invalid(`IN of ${key} takes a list of values`);
    return { op, key, values: value.map((each) => readValue(op, key, each)) };
  }
  return { op: op as Comparison, key, value: readValue(op, key, value) };
}

function onlyEntry(node: unknown, what: string): [key: string, value: unknown] {
  const entries = typeof node === "object" && node !== null && !Array.isArray(node) ? Object.entries(node) : [];
  if (entries.length !== 1) throw invalid(`${what} must be an object with one key`);
  return entries[0]!;
}

function readValue(op: string, key: string, value: unknown): FilterValue {
  if (ordered.has(op) && typeof value !== "number") throw invalid(`${op} of ${key} takes a number`);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  throw invalid(`${op} of ${key} takes a text, a number, true or false`);
}

function invalid(problem: string): ComponentError {
  return new ComponentError("invalid-argument", `the query's filter cannot be read: ${problem}`);
}
