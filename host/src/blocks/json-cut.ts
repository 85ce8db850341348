import {
  backslash,
  closeBrace,
  closeBracket,
  comma,
  isSpace,
  openBrace,
  openBracket,
  quote,
} from "../api/json/bytes.ts";
import { endOfScalar } from "../api/json/outline.ts";

/**
 * Cuts values out of JSON without parsing them, so that bytes pass through exactly as they came. The JSON must be valid:
 * check it with `JSON.parse` first.
 */

/** Where a value stands in the bytes: from `start` up to `end`. */
export interface Cut {
  readonly start: number;
  readonly end: number;
}

/** The members of the object at the top level; of a name that stands twice the last one, as `JSON.parse` has it. */
export function cutMembers(json: Uint8Array, start = 0): Map<string, Cut> {
  const members = new Map<string, Cut>();
  let at = skipBlanks(json, start);
  if (json[at] !== openBrace) return members;
  at = skipBlanks(json, at + 1);
  while (at < json.length && json[at] !== closeBrace) {
    const nameEnd = endOfString(json, at);
    const name = stringAt(json, at, nameEnd);
    const valueStart = skipBlanks(json, skipBlanks(json, nameEnd) + 1);
    const valueEnd = endOfValue(json, valueStart);
    members.set(name, { start: valueStart, end: valueEnd });
    at = skipBlanks(json, valueEnd);
    if (json[at] === comma) at = skipBlanks(json, at + 1);
  }
  return members;
}

/** The first position behind the value that begins at `at`. */
export function endOfValue(json: Uint8Array, at: number): number {
  const first = json[at];
  if (first === quote) return endOfString(json, at);
  if (first !== openBrace && first !== openBracket) return endOfScalar(json, at, json.length);
  let depth = 0;
  while (at < json.length) {
    const byte = json[at]!;
    if (byte === quote) {
      at = endOfString(json, at);
      continue;
    }
    at++;
    if (byte === openBrace || byte === openBracket) depth++;
    else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return at;
  }
  return at;
}

function skipBlanks(json: Uint8Array, at: number): number {
  while (at < json.length && isSpace(json[at]!)) at++;
  return at;
}

function endOfString(json: Uint8Array, at: number): number {
  for (;;) {
    at = json.indexOf(quote, at + 1);
    if (at < 0) return json.length;
    let escapes = 0;
    while (json[at - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}

function stringAt(json: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(json.buffer, json.byteOffset + start, end - start).toString("utf8");
  return text.includes("\\") ? (JSON.parse(text) as string) : text.slice(1, -1);
}
