/** The characters that Go's JSON escapes and JavaScript's does not. */
const special = /[<>&\u2028\u2029]/;
const everySpecial = /[<>&\u2028\u2029]/g;

/** JSON text that JavaScript made, escaped the way Dapr's is: `<`, `>`, `&` and the two line separators as `\u003c` and so on. */
export function escapeJson(json: string): string {
  return special.test(json) ? json.replace(everySpecial, escapeCharacter) : json;
}

/** A string as a JSON string in Dapr's form. Lone surrogates become U+FFFD. */
export function quoteJson(text: string): string {
  return escapeJson(JSON.stringify(text.isWellFormed() ? text : text.toWellFormed()));
}

/**
 * Any value as JSON in Dapr's form; members come in the order they have in the object. Use `sortedMap` for what is a map
 * in Dapr, whose keys come sorted.
 */
export function encodeJson(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** The same members with keys sorted, as Go prints a map; undefined when there are none, for members left out when empty. */
export function sortedMap(map: Readonly<Record<string, string>> | undefined | null): Record<string, string> | undefined {
  if (map === undefined || map === null) return undefined;
  const names = Object.keys(map);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.sort(compareUtf8).map((name) => [name, map[name]!]));
}

/** Orders strings by their UTF-8 bytes, which is by code point; JavaScript's own order is by UTF-16 unit. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    let a = left.charCodeAt(index);
    let b = right.charCodeAt(index);
    if (a === b) continue;
    // Surrogates stand for code points above every other unit.
    if (a >= 0xd800 && b >= 0xd800) {
      a = a >= 0xe000 ? a - 0x800 : a + 0x2000;
      b = b >= 0xe000 ? b - 0x800 : b + 0x2000;
    }
    return a - b;
  }
  return left.length - right.length;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
