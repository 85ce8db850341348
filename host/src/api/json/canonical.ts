import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  endOfPlain,
  ends,
  escapes,
  html,
  isDigit,
  isSpace,
  openBrace,
  openBracket,
  quote,
  stringByte,
  wide,
} from "./bytes.ts";
import { compareUtf8 } from "./escape.ts";
import { numberText } from "./scanner.ts";

/**
 * The canonical form of valid JSON, which is what Dapr stores: no blanks, keys sorted and only the last of equal ones,
 * numbers as floats, `<`, `>`, `&` escaped, other escapes only where needed. Copies; never recurses.
 */
export function canonicalJson(bytes: Uint8Array, start: number, end: number): Buffer {
  const writer = new Writer(bytes, scratch);
  writer.value(start, end);
  // A large buffer is not kept for the next value.
  if (writer.out.length <= largestScratch) scratch = writer.out;
  return Buffer.from(writer.out.subarray(0, writer.length));
}

const largestScratch = 1 << 20;
let scratch = new Uint8Array(16 * 1024);

/** A value of the input: where a string, number or word begins, or what an object or array holds. */
type Value = number | Container;

interface Container {
  /** Undefined for an array. */
  readonly members: Member[] | undefined;
  readonly elements: Value[];
  sorted: boolean;
}

interface Member {
  readonly keyStart: number;
  readonly keyEnd: number;
  /** The key's bytes are not the characters it means. */
  readonly escaped: boolean;
  value: Value;
}

class Writer {
  readonly #in: Uint8Array;
  out: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(bytes: Uint8Array, out: Uint8Array<ArrayBuffer>) {
    this.#in = bytes;
    this.out = out;
  }

  value(start: number, end: number): void {
    const open: { readonly container: Container; next: number }[] = [];
    let value = this.#index(start, end);
    for (;;) {
      if (typeof value === "number") this.#leaf(value, end);
      else {
        this.#put(value.members === undefined ? openBracket : openBrace);
        if (!value.sorted) this.#sort(value.members!);
        open.push({ container: value, next: 0 });
      }
      for (;;) {
        const top = open[open.length - 1];
        if (top === undefined) return;
        const { members, elements } = top.container;
        if (top.next < (members ?? elements).length) {
          if (top.next > 0) this.#put(comma);
          if (members === undefined) value = elements[top.next]!;
          else {
            const member = members[top.next]!;
            this.#string(member.keyStart);
            this.#put(colon);
            value = member.value;
          }
          top.next++;
          break;
        }
        this.#put(members === undefined ? closeBracket : closeBrace);
        open.pop();
      }
    }
  }

  /** Finds out what stands where, without decoding anything. */
  #index(start: number, end: number): Value {
    const bytes = this.#in;
    const open: Container[] = [];
    let inside: Container | undefined;
    let keyStart = -1;
    let keyEnd = -1;
    let root: Value = start;
    const place = (value: Value): void => {
      if (inside === undefined) root = value;
      else if (inside.members === undefined) inside.elements.push(value);
      else {
        this.#addMember(inside, { keyStart, keyEnd, escaped: hasSpecial(bytes, keyStart, keyEnd), value });
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
        open.pop();
        inside = open[open.length - 1];
        at++;
      } else {
        place(at);
        at = endOfScalar(bytes, at, end);
      }
    }
    return root;
  }

  #leaf(start: number, end: number): void {
    if (this.#in[start] === quote) this.#string(start);
    else this.#scalar(start, endOfScalar(this.#in, start, end));
  }

  #put(byte: number): void {
    if (this.length === this.out.length) this.#grow(1);
    this.out[this.length++] = byte;
  }

  #ascii(text: string): void {
    if (this.length + text.length > this.out.length) this.#grow(text.length);
    for (let index = 0; index < text.length; index++) this.out[this.length++] = text.charCodeAt(index);
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(this.out.length * 2, this.length + bytes));
    larger.set(this.out.subarray(0, this.length));
    this.out = larger;
  }

  #scalar(start: number, end: number): void {
    const bytes = this.#in;
    let plain = end - start <= 15;
    for (let at = start; plain && at < end; at++) plain = isDigit(bytes[at]!);
    const first = bytes[start]!;
    if (plain || first === 0x74 || first === 0x66 || first === 0x6e) return this.#copy(start, end);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
    this.#ascii(numberText(Number(text)));
  }

  #string(start: number): void {
    const bytes = this.#in;
    this.#put(quote);
    let at = start + 1;
    for (;;) {
      const from = at;
      at = endOfPlain(bytes, at);
      if (at > from) this.#copy(from, at);
      switch (stringByte[bytes[at]!]) {
        case ends:
          return this.#put(quote);
        case escapes:
          at = this.#escape(at + 1);
          break;
        case html:
          this.#ascii(`\\u00${bytes[at]!.toString(16)}`);
          at++;
          break;
        case wide:
          at = this.#wide(at);
          break;
        default:
          throw new Error("not valid JSON");
      }
    }
  }

  #copy(from: number, to: number): void {
    const length = to - from;
    if (this.length + length > this.out.length) this.#grow(length);
    if (length > 64) {
      this.out.set(this.#in.subarray(from, to), this.length);
      this.length += length;
    } else for (let index = from; index < to; index++) this.out[this.length++] = this.#in[index]!;
  }

  #escape(at: number): number {
    const byte = this.#in[at]!;
    if (byte !== 0x75) {
      // `\/` loses its backslash; the others stay as they are.
      if (byte !== 0x2f) this.#put(backslash);
      this.#put(byte);
      return at + 1;
    }
    let code = this.#hex(at + 1);
    at += 5;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 && this.#in[at] === backslash && this.#in[at + 1] === 0x75 ? this.#hex(at + 2) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else code = 0xfffd;
    }
    this.#character(code);
    return at;
  }

  #hex(at: number): number {
    let code = 0;
    for (let index = at; index < at + 4; index++) {
      const byte = this.#in[index]!;
      code = code * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
    }
    return code;
  }

  /** One character the way it is printed. */
  #character(code: number): void {
    if (code >= 0x80) {
      if (code === 0x2028 || code === 0x2029) return this.#ascii(`\\u${code.toString(16)}`);
      return this.#utf8(code);
    }
    switch (code) {
      case 0x08:
        return this.#ascii("\\b");
      case 0x09:
        return this.#ascii("\\t");
      case 0x0a:
        return this.#ascii("\\n");
      case 0x0c:
        return this.#ascii("\\f");
      case 0x0d:
        return this.#ascii("\\r");
      case quote:
        return this.#ascii('\\"');
      case backslash:
        return this.#ascii("\\\\");
      case 0x3c:
      case 0x3e:
      case 0x26:
        return this.#ascii(`\\u00${code.toString(16)}`);
      default:
        if (code < 0x20) return this.#ascii(`\\u00${code.toString(16).padStart(2, "0")}`);
        return this.#put(code);
    }
  }

  #utf8(code: number): void {
    if (code < 0x800) {
      this.#put(0xc0 | (code >> 6));
    } else {
      if (code < 0x10000) this.#put(0xe0 | (code >> 12));
      else {
        this.#put(0xf0 | (code >> 18));
        this.#put(0x80 | ((code >> 12) & 0x3f));
      }
      this.#put(0x80 | ((code >> 6) & 0x3f));
    }
    this.#put(0x80 | (code & 0x3f));
  }

  /** One character of several bytes; each byte that belongs to none becomes U+FFFD. */
  #wide(at: number): number {
    const bytes = this.#in;
    const size = characterSize(bytes, at);
    if (size === 0) {
      this.#utf8(0xfffd);
      return at + 1;
    }
    if (bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && (bytes[at + 2] === 0xa8 || bytes[at + 2] === 0xa9)) {
      this.#ascii(bytes[at + 2] === 0xa8 ? "\\u2028" : "\\u2029");
    } else this.#copy(at, at + size);
    return at + size;
  }

  #addMember(container: Container, member: Member): void {
    const members = container.members!;
    const before = members[members.length - 1];
    members.push(member);
    if (container.sorted && before !== undefined && this.#compare(before, member) >= 0) container.sorted = false;
  }

  #compare(left: Member, right: Member): number {
    if (left.escaped || right.escaped) return compareUtf8(keyText(this.#in, left), keyText(this.#in, right));
    const bytes = this.#in;
    const length = Math.min(left.keyEnd - left.keyStart, right.keyEnd - right.keyStart) - 1;
    for (let index = 1; index < length; index++) {
      const difference = bytes[left.keyStart + index]! - bytes[right.keyStart + index]!;
      if (difference !== 0) return difference;
    }
    return left.keyEnd - left.keyStart - (right.keyEnd - right.keyStart);
  }

  /** Puts members in order; of equal keys the last one stays. */
  #sort(members: Member[]): void {
    // Sorting is stable, so the last of equal ones is the last in the input.
    members.sort((left, right) => this.#compare(left, right));
    let kept = 0;
    for (const [index, member] of members.entries()) {
      const next = members[index + 1];
      if (next === undefined || this.#compare(member, next) !== 0) members[kept++] = member;
    }
    members.length = kept;
  }
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

function endOfScalar(bytes: Uint8Array, start: number, end: number): number {
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

/** How many bytes the character at `at` has; 0 when they are no UTF-8. */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const second = bytes[at + 1] ?? 0;
  const follows = (offset: number): boolean => ((bytes[at + offset] ?? 0) & 0xc0) === 0x80;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (first === 0xe0 && second < 0xa0) return 0;
    return first === 0xed && second > 0x9f ? 0 : 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first === 0xf0 && second < 0x90) return 0;
    return first === 0xf4 && second > 0x8f ? 0 : 4;
  }
  return 0;
}
