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
  openBrace,
  openBracket,
  quote,
  stringByte,
  wide,
} from "./bytes.ts";
import { endOfScalar, leaf, object, Outline } from "./outline.ts";
import { isPlainNumber, numberText } from "./number.ts";

/**
 * The canonical form of valid JSON, which is what Dapr stores: no blanks, keys sorted and only the last of equal ones,
 * numbers as floats, `<`, `>`, `&` escaped, other escapes only where needed. Copies; never recurses.
 */
export function canonicalJson(bytes: Uint8Array, start: number, end: number): Buffer {
  const outline = new Outline(bytes, facts);
  outline.read(start, end);
  const writer = new Writer(outline, end, scratch);
  writer.root();
  // What a large value needed is not kept for the next one.
  if (writer.out.length <= largestScratch) scratch = writer.out;
  if (outline.facts.byteLength <= largestScratch) facts = outline.facts;
  return Buffer.from(writer.out.subarray(0, writer.length));
}

const largestScratch = 1 << 20;
let scratch = new Uint8Array(16 * 1024);
let facts: Int32Array = new Int32Array(4 * 1024);

class Writer {
  readonly #outline: Outline;
  readonly #in: Uint8Array;
  readonly #end: number;
  out: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(outline: Outline, end: number, out: Uint8Array<ArrayBuffer>) {
    this.#outline = outline;
    this.#in = outline.bytes;
    this.#end = end;
    this.out = out;
  }

  root(): void {
    const outline = this.#outline;
    /** Containers that are open, outermost first. */
    const open: number[] = [];
    let value = 0;
    for (;;) {
      const kind = outline.kind(value);
      if (kind === leaf) this.#leaf(outline.start(value));
      else {
        this.#put(kind === object ? openBrace : openBracket);
        const first = outline.first(value);
        open.push(value);
        if (first >= 0) {
          value = this.#enter(first);
          continue;
        }
        open.pop();
        this.#close(kind);
      }
      // Goes up until something follows.
      for (;;) {
        const parent = open[open.length - 1];
        if (parent === undefined) return;
        const next = outline.next(value);
        if (next >= 0) {
          this.#put(comma);
          value = this.#enter(next);
          break;
        }
        this.#close(outline.kind(parent));
        value = parent;
        open.pop();
      }
    }
  }

  /** Writes the key of a member. */
  #enter(value: number): number {
    const keyStart = this.#outline.keyStart(value);
    if (keyStart >= 0) {
      this.#string(keyStart);
      this.#put(colon);
    }
    return value;
  }

  #close(kind: number): void {
    this.#put(kind === object ? closeBrace : closeBracket);
  }

  #leaf(start: number): void {
    if (this.#in[start] === quote) this.#string(start);
    else this.#scalar(start, endOfScalar(this.#in, start, this.#end));
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
    const first = bytes[start]!;
    if (first === 0x74 || first === 0x66 || first === 0x6e || isPlainNumber(bytes, start, end))
      return this.#copy(start, end);
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
