/** The characters that Go's JSON escapes and JavaScript's does not. */
const special = /[<>&\u2028\u2029]/;
const everySpecial = /[<>&\u2028\u2029]/g;

/** A string as a JSON string in Dapr's form: `<`, `>`, `&` and line separators as `\u003c` and so on, lone surrogates as U+FFFD. */
export function quoteJson(text: string): string {
  const json = JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
  return special.test(json) ? json.replace(everySpecial, escapeCharacter) : json;
}

/**
 * A value as JSON in Dapr's form. Objects keep the order of their members and leave undefined ones out; a `Map` is a map
 * in Dapr too, printed with its keys sorted.
 */
export function encodeJson(value: unknown): string {
  if (typeof value === "string") return quoteJson(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(",")}]`;
  const members: readonly [string, unknown][] =
    value instanceof Map
      ? [...(value as Map<string, unknown>)].sort((left, right) => compareUtf8(left[0], right[0]))
      : Object.entries(value).filter((member) => member[1] !== undefined);
  return `{${members.map(([name, member]) => `${quoteJson(name)}:${encodeJson(member)}`).join(",")}}`;
}

/** String pairs as a map for `encodeJson`; undefined when there are none, so that the member is left out. */
export function mapOrNothing(pairs: Readonly<Record<string, string>> | undefined): Map<string, string> | undefined {
  if (pairs === undefined) return undefined;
  const entries = Object.entries(pairs);
  return entries.length === 0 ? undefined : new Map(entries);
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
