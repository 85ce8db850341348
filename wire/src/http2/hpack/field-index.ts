import { staticFields } from "./static-table.ts";

/** Where a table has a name, and a name with a value. */
export interface IndexedName {
  /** Of a field with this name. */
  readonly position: number;
  readonly byValue: Map<string, number>;
}

/** Adds a field to an index by name and value. The first of a name stays its position. */
export function addToIndex(index: Map<string, IndexedName>, name: string, value: string, position: number): void {
  let found = index.get(name);
  if (found === undefined) index.set(name, (found = { position, byValue: new Map() }));
  if (!found.byValue.has(value)) found.byValue.set(value, position);
}

/** The index of the static table, RFC 7541, appendix A, counted from one. */
export function staticIndex(): ReadonlyMap<string, IndexedName> {
  if (made === undefined) {
    made = new Map();
    for (const [at, [name, value]] of staticFields.entries()) addToIndex(made, name, value, at + 1);
  }
  return made;
}

let made: Map<string, IndexedName> | undefined;
