import { backslash, closeBrace, closeBracket, colon, comma, isSpace, openBrace, openBracket, quote } from "./bytes.ts";
import { compareUtf8 } from "./escape.ts";

/** A value of the input: where a string, number or word begins, or what an object or array holds. */
export type Value = number | Container;

export interface Container {
  /** Undefined for an array. */
  readonly members: Member[] | undefined;
  readonly elements: Value[];
  sorted: boolean;
}

export interface Member {
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The key's bytes are not the characters it means. */
  readonly escaped: boolean;
  value: Value;
}

/** Finds out what stands where in valid JSON, without decoding anything. Members come sorted, only the last of equal ones. */
export function outline(bytes: Uint8Array, start: number, end: number): Value {
  const open: Container[] = [];
  let inside: Container | undefined;
  let keyStart = -1;
  let keyEnd = -1;
  let root: Value = start;
  const place = (value: Value): void => {
    if (inside === undefined) root = value;
    else if (inside.members === undefined) inside.elements.push(value);
    else {
      addMember(bytes, inside, { keyStart, keyEnd, escaped: hasSpecial(bytes, keyStart, keyEnd), value });
      keyStart = -1;
    }
  };
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (isSpace(byte) || byte === comma || byte === colon) at++;
    else if (byte === quote) {
      const stringEnd = endOfString(bytes, at);
      if (inside?.members !== undefined && keyStart < 0) {
        keyStart = at;
        keyEnd = stringEnd;
      } else place(at);
      at = stringEnd;
    } else if (byte === openBrace || byte === openBracket) {
      const container: Container = { members: byte === openBrace ? [] : undefined, elements: [], sorted: true };
      place(container);
      open.push(container);
      inside = container;
      at++;
    } else if (byte === closeBrace || byte === closeBracket) {
      const closed = open.pop()!;
      if (!closed.sorted) sortMembers(bytes, closed.members!);
      inside = open[open.length - 1];
      at++;
    } else {
      place(at);
      at = endOfScalar(bytes, at, end);
    }
  }
  return root;
}

function addMember(bytes: Uint8Array, container: Container, member: Member): void {
  const members = container.members!;
  const before = members[members.length - 1];
  members.push(member);
  if (container.sorted && before !== undefined && compareMembers(bytes, before, member) >= 0) container.sorted = false;
}

function compareMembers(bytes: Uint8Array, left: Member, right: Member): number {
  if (left.escaped || right.escaped) return compareUtf8(keyText(bytes, left), keyText(bytes, right));
  const length = Math.min(left.keyEnd - left.keyStart, right.keyEnd - right.keyStart) - 1;
  for (let index = 1; index < length; index++) {
    const difference = bytes[left.keyStart + index]! - bytes[right.keyStart + index]!;
    if (difference !== 0) return difference;
  }
  return left.keyEnd - left.keyStart - (right.keyEnd - right.keyStart);
}

/** Puts members in order; of equal keys the last one stays. */
function sortMembers(bytes: Uint8Array, members: Member[]): void {
  // Sorting is stable, so the last of equal ones is the last in the input.
  members.sort((left, right) => compareMembers(bytes, left, right));
  let kept = 0;
  for (const [index, member] of members.entries()) {
    const next = members[index + 1];
    if (next === undefined || compareMembers(bytes, member, next) !== 0) members[kept++] = member;
  }
  members.length = kept;
}

/** Valid JSON: there is an end. Most strings are short, for which a loop beats a call of `indexOf`. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  for (;;) {
    const byte = bytes[at]!;
    if (byte === quote) return at + 1;
    at += byte === backslash ? 2 : 1;
    if (at - start > 64) break;
  }
  for (;;) {
    at = bytes.indexOf(quote, at);
    let backslashes = 0;
    while (at - 1 - backslashes > start && bytes[at - 1 - backslashes] === backslash) backslashes++;
    if (backslashes % 2 === 0) return at + 1;
    at++;
  }
}

/** Where a number or a word ends. */
export function endOfScalar(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)) break;
    at++;
  }
  return at;
}

function hasSpecial(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start + 1; index < end - 1; index++)
    if (bytes[index] === backslash || bytes[index]! >= 0x80) return true;
  return false;
}

function keyText(bytes: Uint8Array, { keyStart, keyEnd }: Member): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + keyStart, keyEnd - keyStart).toString("utf8");
  return (JSON.parse(text) as string).toWellFormed();
}
