import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  endOfPlain,
  isSpace,
  openBrace,
  openBracket,
  quote,
} from "./bytes.ts";
import { compareUtf8 } from "./escape.ts";

/** What a value is: `leaf` for a string, number or word. */
export const leaf = 0;
export const array = 1;
export const object = 2;

/**
 * What stands where in valid JSON, without anything decoded. Values have numbers, the root is 0; what is known of them stands in
 * one typed array, because a body has dozens of values and an object for each would be most of what a request leaves behind.
 */
export class Outline {
  readonly bytes: Uint8Array;
  #facts: Int32Array;
  #count = 0;

  /** `facts` is room to begin with, which the outline may write to. */
  constructor(bytes: Uint8Array, facts: Int32Array) {
    this.bytes = bytes;
    this.#facts = facts;
  }

  /** The room that was used in the end, for the next outline. */
  get facts(): Int32Array {
    return this.#facts;
  }

  kind(value: number): number {
    return this.#facts[value * size]! & kindMask;
  }

  /** Where the value begins. */
  start(value: number): number {
    return this.#facts[value * size + startAt]!;
  }

  /** The first element or member, or -1. Members come sorted, only the last of equal ones. */
  first(value: number): number {
    return this.#facts[value * size + firstAt]!;
  }

  /** The element or member behind this one, or -1. */
  next(value: number): number {
    return this.#facts[value * size + nextAt]!;
  }

  /** Where the key of a member begins. */
  keyStart(value: number): number {
    return this.#facts[value * size + keyStartAt]!;
  }

  /** Reads the value between `start` and `end`. */
  read(start: number, end: number): void {
    const { bytes } = this;
    const open: number[] = [];
    const last: number[] = [];
    let inside = -1;
    let keyStart = -1;
    let keyEnd = -1;
    let keyFlags = 0;
    for (let at = start; at < end;) {
      const byte = bytes[at]!;
      if (isSpace(byte) || byte === comma || byte === colon) {
        at++;
        continue;
      }
      if (byte === closeBrace || byte === closeBracket) {
        const closed = open.pop()!;
        last.pop();
        if ((this.#facts[closed * size]! & unsorted) !== 0) this.#sort(closed);
        inside = open.length === 0 ? -1 : open[open.length - 1]!;
        at++;
        continue;
      }
      let stringEnd = 0;
      if (byte === quote) {
        const plainEnd = endOfPlain(bytes, at + 1);
        const isPlain = bytes[plainEnd] === quote;
        stringEnd = isPlain ? plainEnd + 1 : endOfString(bytes, plainEnd);
        if (keyStart < 0 && inside >= 0 && this.kind(inside) === object) {
          keyStart = at;
          keyEnd = stringEnd;
          keyFlags = isPlain || !hasSpecial(bytes, at, stringEnd) ? 0 : escaped;
          at = stringEnd;
          continue;
        }
      }
      const kind = byte === openBrace ? object : byte === openBracket ? array : leaf;
      const value = this.#add(kind | keyFlags, at, keyStart, keyEnd);
      keyStart = -1;
      keyFlags = 0;
      if (inside >= 0) {
        const before = last[last.length - 1]!;
        this.#facts[before < 0 ? inside * size + firstAt : before * size + nextAt] = value;
        last[last.length - 1] = value;
        if (before >= 0 && this.kind(inside) === object && this.#compare(before, value) >= 0)
          this.#facts[inside * size]! |= unsorted;
      }
      if (kind !== leaf) {
        open.push(value);
        last.push(-1);
        inside = value;
        at++;
      } else at = byte === quote ? stringEnd : endOfScalar(bytes, at, end);
    }
  }

  #add(flags: number, start: number, keyStart: number, keyEnd: number): number {
    const value = this.#count++;
    const base = value * size;
    if (base + size > this.#facts.length) {
      const larger = new Int32Array(this.#facts.length * 2);
      larger.set(this.#facts);
      this.#facts = larger;
    }
    const facts = this.#facts;
    facts[base] = flags;
    facts[base + startAt] = start;
    facts[base + firstAt] = -1;
    facts[base + nextAt] = -1;
    facts[base + keyStartAt] = keyStart;
    facts[base + keyEndAt] = keyEnd;
    return value;
  }

  /** Puts the members of an object in order; of equal keys the last one stays. */
  #sort(parent: number): void {
    const members: number[] = [];
    for (let member = this.first(parent); member >= 0; member = this.next(member)) members.push(member);
    // Most objects are small.
    if (members.length <= 32) this.#insertionSort(members);
    else members.sort((left, right) => this.#compare(left, right) || left - right);
    const facts = this.#facts;
    let link = parent * size + firstAt;
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      const after = members[index + 1];
      if (after !== undefined && this.#compare(member, after) === 0) continue;
      facts[link] = member;
      link = member * size + nextAt;
    }
    facts[link] = -1;
  }

  #insertionSort(members: number[]): void {
    for (let index = 1; index < members.length; index++) {
      const member = members[index]!;
      let to = index;
      while (to > 0 && this.#compare(members[to - 1]!, member) > 0) {
        members[to] = members[to - 1]!;
        to--;
      }
      members[to] = member;
    }
  }

  /** Orders two members by their keys. */
  #compare(left: number, right: number): number {
    const { bytes } = this;
    const facts = this.#facts;
    const leftBase = left * size;
    const rightBase = right * size;
    if (((facts[leftBase]! | facts[rightBase]!) & escaped) !== 0)
      return compareUtf8(this.#keyText(leftBase), this.#keyText(rightBase));
    const leftStart = facts[leftBase + keyStartAt]!;
    const rightStart = facts[rightBase + keyStartAt]!;
    const leftLength = facts[leftBase + keyEndAt]! - leftStart;
    const rightLength = facts[rightBase + keyEndAt]! - rightStart;
    const length = Math.min(leftLength, rightLength) - 1;
    for (let index = 1; index < length; index++) {
      const difference = bytes[leftStart + index]! - bytes[rightStart + index]!;
      if (difference !== 0) return difference;
    }
    return leftLength - rightLength;
  }

  #keyText(base: number): string {
    const { bytes } = this;
    const start = this.#facts[base + keyStartAt]!;
    const length = this.#facts[base + keyEndAt]! - start;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("utf8");
    return (JSON.parse(text) as string).toWellFormed();
  }
}

/** The facts of one value: flags, then these. */
const startAt = 1;
const firstAt = 2;
const nextAt = 3;
const keyStartAt = 4;
const keyEndAt = 5;
const size = 6;

const kindMask = 3;
/** The bytes of the key are not the characters it means. */
const escaped = 4;
/** Of an object: its members are not in order. */
const unsorted = 8;

/** Valid JSON: there is an end. `at` stands inside the string, on nothing that a backslash escapes. */
function endOfString(bytes: Uint8Array, at: number): number {
  for (;;) {
    const byte = bytes[at]!;
    if (byte === quote) return at + 1;
    at = byte === backslash ? at + 2 : endOfPlain(bytes, at + 1);
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
