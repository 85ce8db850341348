import { nearest } from "@trilby/kit";

import type { Place } from "./place.ts";
import type { Problem } from "./problem.ts";
import { entryOf, type Leaf, type Mapping, type Tree } from "./yaml-tree.ts";

/**
 * Takes typed values out of one mapping. What is missing or of a wrong type is noted as a problem at its place, and the
 * fallback is returned, so that one reading finds every problem of a document.
 */
export interface Reader {
  readonly place: Place;
  /** Where the value of a key stands, or the mapping itself when the key is absent. */
  placeOf(key: string): Place;
  keyPlaceOf(key: string): Place;
  has(key: string): boolean;
  /** The value as it is; undefined when absent or null. */
  tree(key: string): Tree | undefined;
  /** Scalars of other types count as their text, as they do in daprd's metadata values. */
  text(key: string): string | undefined;
  requiredText(key: string): string;
  bool(key: string, fallback: boolean): boolean;
  integer(key: string): number | undefined;
  texts(key: string): readonly string[];
  numbers(key: string): readonly number[] | undefined;
  textMap(key: string): Readonly<Record<string, string>>;
  /** Undefined when the key is absent. */
  mapping(key: string): Reader | undefined;
  mappings(key: string): readonly Reader[];
  /** Warns of keys that were never asked for; `passed` are known ones that need no reading. */
  finish(passed?: readonly string[]): void;
}

export function readMapping(mapping: Mapping, path: string, problems: Problem[]): Reader {
  const asked = new Map<string, string>();
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const wrong = (tree: Tree, key: string, wanted: string): undefined => {
    problems.push({
      severity: "error",
      message: `${at(key)} must be ${wanted}, but is ${nameOf(tree)}`,
      place: tree.place,
    });
    return undefined;
  };
  const find = (key: string): Tree | undefined => {
    asked.set(key.toLowerCase(), key);
    const value = entryOf(mapping, key)?.value;
    return value?.kind === "leaf" && value.value === null ? undefined : value;
  };
  const items = (key: string): readonly Tree[] => {
    const value = find(key);
    if (value === undefined) return [];
    if (value.kind === "sequence") return value.items;
    wrong(value, key, "a list");
    return [];
  };
  return {
    place: mapping.place,
    placeOf: (key) => entryOf(mapping, key)?.value.place ?? mapping.place,
    keyPlaceOf: (key) => entryOf(mapping, key)?.keyPlace ?? mapping.place,
    has: (key) => find(key) !== undefined,
    tree: find,
    text(key) {
      const value = find(key);
      if (value === undefined) return undefined;
      return value.kind === "leaf" ? leafText(value) : wrong(value, key, "a text");
    },
    requiredText(key) {
      const value = this.text(key);
      if (value) return value;
      if (find(key) === undefined || value === "") {
        problems.push({ severity: "error", message: `${at(key)} is missing`, place: this.placeOf(key) });
      }
      return "";
    },
    bool(key, fallback) {
      const value = find(key);
      if (value === undefined) return fallback;
      if (value.kind === "leaf" && typeof value.value === "boolean") return value.value;
      wrong(value, key, "true or false");
      return fallback;
    },
    integer(key) {
      const value = find(key);
      if (value === undefined) return undefined;
      if (value.kind === "leaf" && typeof value.value === "bigint") return Number(value.value);
      return wrong(value, key, "a whole number");
    },
    texts: (key) =>
      items(key).map((item, index) =>
        item.kind === "leaf" ? leafText(item) : (wrong(item, `${key}[${index}]`, "a text") ?? ""),
      ),
    numbers(key) {
      if (find(key) === undefined) return undefined;
      return items(key).map((item, index) => {
        const number =
          item.kind === "leaf" && typeof item.value !== "boolean" ? Number(item.value ?? Number.NaN) : Number.NaN;
        return Number.isFinite(number) ? number : (wrong(item, `${key}[${index}]`, "a number") ?? 0);
      });
    },
    textMap(key) {
      const value = find(key);
      if (value === undefined) return {};
      if (value.kind !== "mapping") return wrong(value, key, "a mapping of names to texts") ?? {};
      const pairs: [string, string][] = [];
      for (const [name, entry] of value.entries) {
        if (entry.value.kind === "leaf") pairs.push([name, leafText(entry.value)]);
        else wrong(entry.value, `${key}.${name}`, "a text");
      }
      return Object.fromEntries(pairs);
    },
    mapping(key) {
      const value = find(key);
      if (value === undefined) return undefined;
      return value.kind === "mapping" ? readMapping(value, at(key), problems) : wrong(value, key, "a mapping");
    },
    mappings: (key) =>
      items(key).flatMap((item, index) =>
        item.kind === "mapping"
          ? [readMapping(item, at(`${key}[${index}]`), problems)]
          : (wrong(item, `${key}[${index}]`, "a mapping") ?? []),
      ),
    finish(passed = []) {
      for (const [key, { keyPlace }] of mapping.entries) {
        const isKey = (each: string): boolean => each.toLowerCase() === key.toLowerCase();
        if (asked.has(key.toLowerCase()) || passed.some(isKey)) continue;
        const suggestion = nearest(key, [...asked.values(), ...passed]);
        const hint = suggestion === undefined ? "and is not read" : `; did you mean ${suggestion}?`;
        problems.push({
          severity: "warning",
          message: `${at(key)} is not a known field${suggestion ? "" : " "}${hint}`,
          place: keyPlace,
        });
      }
    },
  };
}

/** The text daprd makes of a scalar. */
export function leafText(leaf: Leaf): string {
  return typeof leaf.value === "string" ? leaf.value : leaf.value === null ? "" : String(leaf.value);
}

/** JSON of a value that a component gets as text. */
export function treeJson(tree: Tree): unknown {
  if (tree.kind === "leaf") return typeof tree.value === "bigint" ? Number(tree.value) : tree.value;
  if (tree.kind === "sequence") return tree.items.map(treeJson);
  return Object.fromEntries([...tree.entries].map(([name, { value }]) => [name, treeJson(value)]));
}

function nameOf(tree: Tree): string {
  if (tree.kind === "mapping") return "a mapping";
  if (tree.kind === "sequence") return "a list";
  if (typeof tree.value === "string")
    return tree.value === "" ? "an empty text" : `the text ${JSON.stringify(tree.source.slice(0, 40))}`;
  if (typeof tree.value === "boolean") return `the boolean ${tree.source}`;
  return `the number ${tree.source}`;
}
