import { isUtf8 } from "node:buffer";

import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  endOfPlain,
  ends,
  escapes,
  forbidden,
  html,
  isDigit,
  isHexDigit,
  isSpace,
  minus,
  openBrace,
  openBracket,
  plus,
  point,
  quote,
  stringByte,
  zero,
} from "./bytes.ts";
import { isPlainNumber, numberText } from "./number.ts";
import { invalidCharacter, JsonError } from "./syntax-error.ts";

/** How deep arrays and objects may be nested, as in Dapr. */
const deepest = 10_000;

/**
 * Checks JSON in one pass over its bytes, and notices on the way what the canonical form would change. Nothing is decoded
 * and nothing recurses, so neither size nor depth can hurt.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  at = 0;
  /** False once a value was passed that its canonical form would print differently. */
  canonical = true;
  /** The text of the first number passed that no float can hold. */
  overflow: string | undefined;
  readonly #endOfText: string;
  #wellFormed: boolean | undefined;
  /** Per open value: 1 object, 2 array. */
  #open: number[] = [];
  /** Per open value: where the last key of an object stands. */
  #keyStart: number[] = [];
  #keyEnd: number[] = [];

  /** `endOfText` is the message when the text breaks off. */
  constructor(bytes: Uint8Array, endOfText: string) {
    this.bytes = bytes;
    this.#endOfText = endOfText;
  }

  /** Begins to notice anew. */
  forget(): void {
    this.canonical = true;
    this.overflow = undefined;
  }

  /** Passes blanks and returns the byte behind them without passing it. */
  next(): number {
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && isSpace(bytes[at]!)) at++;
    if (at !== this.at) {
      this.at = at;
      this.canonical = false;
    }
    if (at >= bytes.length) throw new JsonError(this.#endOfText);
    return bytes[at]!;
  }

  /** Passes one value of any kind; `at` stands behind it then. */
  skipValue(): void {
    const open = this.#open;
    const bottom = open.length;
    for (;;) {
      const byte = this.next();
      if (byte === quote) this.skipString();
      else if (byte === openBrace) {
        this.at++;
        this.#push(1);
        const first = this.next();
        if (first !== closeBrace) {
          this.#skipKey(first);
          continue;
        }
        this.at++;
        open.pop();
      } else if (byte === openBracket) {
        this.at++;
        this.#push(2);
        if (this.next() !== closeBracket) continue;
        this.at++;
        open.pop();
      } else this.skipScalar(byte);

      // A value is complete: close what ends with it.
      for (;;) {
        if (open.length === bottom) return;
        const after = this.next();
        this.at++;
        if (open[open.length - 1] === 1) {
          if (after === comma) {
            this.#skipKey(this.next());
            break;
          }
          if (after !== closeBrace) throw invalidCharacter(after, "after object key:value pair");
        } else {
          if (after === comma) break;
          if (after !== closeBracket) throw invalidCharacter(after, "after array element");
        }
        open.pop();
      }
    }
  }

  /** Passes a string; `at` stands on its quote. */
  skipString(): void {
    const { bytes } = this;
    const length = bytes.length;
    let at = this.at + 1;
    for (;;) {
      at = endOfPlain(bytes, at);
      if (at >= length) throw new JsonError(this.#endOfText);
      switch (stringByte[bytes[at]!]) {
        case ends:
          this.at = at + 1;
          return;
        case escapes:
          at = this.#skipEscape(at + 1);
          break;
        case forbidden:
          throw invalidCharacter(bytes[at]!, "in string literal");
        case html:
          this.canonical = false;
          at++;
          break;
        default:
          if (this.canonical && !this.#isPlainWide(at)) this.canonical = false;
          at++;
      }
    }
  }

  /** Passes a number, `true`, `false` or `null` that begins with `byte`. */
  skipScalar(byte: number): void {
    if (byte === minus || isDigit(byte)) return this.#skipNumber();
    if (byte === 0x74) return this.#skipWord("true");
    if (byte === 0x66) return this.#skipWord("false");
    if (byte === 0x6e) return this.#skipWord("null");
    throw invalidCharacter(byte, "looking for beginning of value");
  }

  text(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString("latin1");
  }

  #push(kind: number): void {
    const depth = this.#open.push(kind);
    if (depth > deepest) throw new JsonError("exceeded max depth");
    this.#keyStart[depth - 1] = -1;
  }

  /** Passes a key and its colon, and notices keys out of order. */
  #skipKey(byte: number): void {
    if (byte !== quote) throw invalidCharacter(byte, "looking for beginning of object key string");
    const start = this.at;
    this.skipString();
    if (this.canonical) {
      const level = this.#open.length - 1;
      const before = this.#keyStart[level]!;
      if (before >= 0 && compareKeys(this.bytes, before, this.#keyEnd[level]!, start, this.at) >= 0)
        this.canonical = false;
      this.#keyStart[level] = start;
      this.#keyEnd[level] = this.at;
    }
    const after = this.next();
    if (after !== colon) throw invalidCharacter(after, "after object key");
    this.at++;
  }

  #skipEscape(at: number): number {
    const { bytes } = this;
    if (at >= bytes.length) throw new JsonError(this.#endOfText);
    switch (bytes[at]) {
      case quote:
      case backslash:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        // In a key the order would have to be that of the characters meant; strings alone are not worth telling apart.
        this.canonical = false;
        return at + 1;
      case 0x2f:
        this.canonical = false;
        return at + 1;
      case 0x75:
        this.canonical = false;
        for (let digit = 1; digit <= 4; digit++) {
          if (at + digit >= bytes.length) throw new JsonError(this.#endOfText);
          if (!isHexDigit(bytes[at + digit]!))
            throw invalidCharacter(bytes[at + digit]!, "in \\u hexadecimal character escape");
        }
        return at + 5;
      default:
        throw invalidCharacter(bytes[at]!, "in string escape code");
    }
  }

  #skipNumber(): void {
    const { bytes } = this;
    const start = this.at;
    let at = start;
    if (bytes[at] === minus) {
      at++;
      if (at >= bytes.length) throw new JsonError(this.#endOfText);
      if (!isDigit(bytes[at]!)) throw invalidCharacter(bytes[at]!, "in numeric literal");
    }
    if (bytes[at] === zero) at++;
    else while (at < bytes.length && isDigit(bytes[at]!)) at++;
    if (bytes[at] === point) at = this.#skipDigits(at + 1, "after decimal point in numeric literal");
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at++;
      if (bytes[at] === plus || bytes[at] === minus) at++;
      at = this.#skipDigits(at, "in exponent of numeric literal");
    }
    this.at = at;
    if (isPlainNumber(bytes, start, at)) return;
    const text = this.text(start, at);
    const value = Number(text);
    if (!Number.isFinite(value)) this.overflow ??= text;
    if (this.canonical && numberText(value) !== text) this.canonical = false;
  }

  #skipDigits(at: number, where: string): number {
    const { bytes } = this;
    if (at >= bytes.length) throw new JsonError(this.#endOfText);
    if (!isDigit(bytes[at]!)) throw invalidCharacter(bytes[at]!, where);
    while (at < bytes.length && isDigit(bytes[at]!)) at++;
    return at;
  }

  #skipWord(word: string): void {
    const { bytes } = this;
    for (let index = 1; index < word.length; index++) {
      const byte = bytes[this.at + index];
      if (byte === undefined) throw new JsonError(this.#endOfText);
      if (byte !== word.charCodeAt(index))
        throw invalidCharacter(byte, `in literal ${word} (expecting '${word[index]}')`);
    }
    this.at += word.length;
  }

  /** Well-formed, and not one of the two separators that are printed escaped. */
  #isPlainWide(at: number): boolean {
    const { bytes } = this;
    if (!(this.#wellFormed ??= isUtf8(bytes))) return false;
    return !(bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && (bytes[at + 2] === 0xa8 || bytes[at + 2] === 0xa9));
  }
}

/** Orders two keys without escapes by their bytes. */
function compareKeys(
  bytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightStart: number,
  rightEnd: number,
): number {
  // Both end with a quote, which is left out: it sorts above some characters.
  const length = Math.min(leftEnd - leftStart, rightEnd - rightStart) - 1;
  for (let index = 1; index < length; index++) {
    const difference = bytes[leftStart + index]! - bytes[rightStart + index]!;
    if (difference !== 0) return difference;
  }
  return leftEnd - leftStart - (rightEnd - rightStart);
}
