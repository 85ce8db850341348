import { unescapeQuery } from "./path.ts";

/** The parameters of a query string in their order, unescaped. Parameters that cannot be unescaped, or hold `;`, are left out. */
export function parseQuery(query: string): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = [];
  for (const part of query.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const equals = part.indexOf("=");
    const name = unescapeQuery(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? "" : unescapeQuery(part.slice(equals + 1));
    if (name !== undefined && value !== undefined) pairs.push([name, value]);
  }
  return pairs;
}
