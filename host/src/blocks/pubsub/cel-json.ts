import { celList, type CelInput, type CelMap, type CelValue } from "@bufbuild/cel";

/** By it the library knows its maps, also those of another copy of it. */
const mapMark: unique symbol = Symbol.for("@bufbuild/cel/map");

/** A value of JSON, or bytes, as CEL sees it. Objects are looked into only as far as an expression goes. */
export function celJson(value: unknown): CelValue {
  if (Array.isArray(value)) return celList(value.map(celJson) as CelInput[]);
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array))
    return new JsonMap(value as Readonly<Record<string, unknown>>) as unknown as CelMap;
  return value as CelValue;
}

/**
 * An object as a map. The library would make one itself, of a copy, in which a member that is null is not there, and of an object
 * that has a member `constructor` none. A class: the library calls its methods.
 */
class JsonMap implements Iterable<[string, CelValue]> {
  readonly [mapMark] = {};
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  get size(): number {
    return Object.keys(this.#members).length;
  }

  get(key: unknown): CelValue | undefined {
    return this.has(key) ? celJson(this.#members[key as string]) : undefined;
  }

  has(key: unknown): boolean {
    return typeof key === "string" && Object.hasOwn(this.#members, key);
  }

  keys(): IterableIterator<string> {
    return Object.keys(this.#members).values();
  }

  *values(): IterableIterator<CelValue> {
    for (const name of this.keys()) yield celJson(this.#members[name]);
  }

  *entries(): IterableIterator<[string, CelValue]> {
    for (const name of this.keys()) yield [name, celJson(this.#members[name])];
  }

  [Symbol.iterator](): IterableIterator<[string, CelValue]> {
    return this.entries();
  }

  forEach(callback: (value: CelValue, key: string, map: this) => void): void {
    for (const [name, value] of this) callback(value, name, this);
  }
}
