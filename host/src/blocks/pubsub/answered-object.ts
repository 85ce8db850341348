import { endOfValue } from "../json-cut.ts";

/**
 * The JSON object that an answer begins with; undefined when it does not, such as "OK". What follows the object does not matter,
 * as for Go's decoder.
 */
export function answeredObject(body: Uint8Array): Record<string, unknown> | undefined {
  if (body.length < 2) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8").trimStart();
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    try {
      const bytes = Buffer.from(text);
      return JSON.parse(bytes.toString("utf8", 0, endOfValue(bytes, 0))) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  }
}

/** A member by its name in any case; the last one counts. */
export function memberOf(owner: Record<string, unknown>, lowerName: string): unknown {
  let found: unknown;
  for (const name in owner) {
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) found = owner[name];
  }
  return found;
}
