import { JsonScanner } from "./scanner.ts";

/**
 * JSON as it stands inside other JSON that Dapr prints: without blanks, `<`, `>` and `&` escaped, everything else as it
 * was. Undefined when the bytes are no JSON.
 */
export function compactJson(bytes: Uint8Array): string | undefined {
  const scanner = new JsonScanner(bytes, "unexpected end of JSON input");
  try {
    scanner.next();
    scanner.forget();
    scanner.skipValue();
  } catch {
    return undefined;
  }
  const end = scanner.at;
  for (let at = end; at < bytes.length; at++) if (!blank.has(bytes[at]!)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, end).toString("utf8");
  if (scanner.canonical) return text;
  return text.replace(/"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g, (part) =>
    part.startsWith('"')
      ? part.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
      : "",
  );
}

const blank = new Set([0x20, 0x0a, 0x0d, 0x09]);
