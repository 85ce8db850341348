import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  isDigit,
  minus,
  openBrace,
  openBracket,
  quote,
  stringByte,
} from "./bytes.ts";
import { canonicalJson } from "./canonical.ts";
import { JsonScanner } from "./scanner.ts";
import { invalidCharacter, JsonError } from "./syntax-error.ts";

/** Where a value of the wrong type stood, for the message: `SetRequest.metadata`, or nothing at the top. */
export interface Place {
  /** As Dapr names it, for example `SetRequest.key`; absent at the top level. */
  readonly field?: string;
  /** Go's name of the type that was expected. */
  readonly type: string;
}

/**
 * Reads JSON of a known shape straight from its bytes, as Dapr's own decoder does: names match whatever their case, null
 * leaves a value as it was, unknown members are passed over. A wrong type does not end the reading, so that broken syntax
 * further on is what gets reported; ask `finish` in the end.
 */
export class JsonReader {
  readonly #scanner: JsonScanner;
  readonly #stream: boolean;
  #mismatch: string | undefined;

  /** `stream`: the first value counts and what follows it is not looked at. `text`: nothing may follow. */
  constructor(bytes: Uint8Array, mode: "stream" | "text") {
    this.#stream = mode === "stream";
    this.#scanner = new JsonScanner(bytes, this.#stream ? "unexpected EOF" : "unexpected end of JSON input");
    if (this.#stream && isAllBlank(bytes)) throw new JsonError("EOF");
  }

  /** Throws what was wrong with types, or with what follows the value. */
  finish(): void {
    const { bytes } = this.#scanner;
    if (!this.#stream) {
      for (let at = this.#scanner.at; at < bytes.length; at++) {
        if (!isBlank(bytes[at]!)) throw invalidCharacter(bytes[at]!, "after top-level value");
      }
    }
    if (this.#mismatch !== undefined) throw new JsonError(this.#mismatch);
  }

  /** Calls `element` with the reader at each element. False for null. */
  array(place: Place, element: () => void): boolean {
    const scanner = this.#scanner;
    const first = scanner.next();
    if (first !== openBracket) return this.#other(first, place);
    scanner.at++;
    if (scanner.next() === closeBracket) {
      scanner.at++;
      return true;
    }
    for (;;) {
      element();
      const after = scanner.next();
      scanner.at++;
      if (after === closeBracket) return true;
      if (after !== comma) throw invalidCharacter(after, "after array element");
    }
  }

  /** Calls `member` with the reader at each value; it must read or skip it. False for null. */
  object(place: Place, member: (name: string) => void): boolean {
    const scanner = this.#scanner;
    const first = scanner.next();
    if (first !== openBrace) return this.#other(first, place);
    scanner.at++;
    let byte = scanner.next();
    if (byte === closeBrace) {
      scanner.at++;
      return true;
    }
    for (;;) {
      if (byte !== quote) throw invalidCharacter(byte, "looking for beginning of object key string");
      const name = this.#name();
      const after = scanner.next();
      if (after !== colon) throw invalidCharacter(after, "after object key");
      scanner.at++;
      member(name);
      const end = scanner.next();
      scanner.at++;
      if (end === closeBrace) return true;
      if (end !== comma) throw invalidCharacter(end, "after object key:value pair");
      byte = scanner.next();
    }
  }

  /** The string, or undefined for null and for anything else. */
  string(place: Place): string | undefined {
    const byte = this.#scanner.next();
    if (byte === quote) return this.#text();
    this.#other(byte, place);
    return undefined;
  }

  /** String values under any name; undefined for null. */
  stringMap(place: Place, into?: Record<string, string>): Record<string, string> | undefined {
    const map = into ?? (Object.create(null) as Record<string, string>);
    const value = { ...place, type: "string" };
    const found = this.object(place, (name) => {
      map[name] = this.string(value) ?? "";
    });
    return found ? map : into;
  }

  /** A whole number, or undefined for null and for anything else. */
  integer(place: Place): number | undefined {
    const scanner = this.#scanner;
    const byte = scanner.next();
    if (byte !== minus && !isDigit(byte)) {
      this.#other(byte, place);
      return undefined;
    }
    const start = scanner.at;
    scanner.skipScalar(byte);
    const text = scanner.text(start, scanner.at);
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    this.#refuse(`number ${text}`, place);
    return undefined;
  }

  /** Any value in its canonical form, as a part of the input when that is how it came. */
  canonical(place: Place): Uint8Array {
    const scanner = this.#scanner;
    scanner.next();
    const start = scanner.at;
    scanner.forget();
    scanner.skipValue();
    if (scanner.overflow !== undefined) {
      this.#refuse(`number ${scanner.overflow}`, { ...place, type: "float64" });
      return nothing;
    }
    return scanner.canonical
      ? scanner.bytes.subarray(start, scanner.at)
      : canonicalJson(scanner.bytes, start, scanner.at);
  }

  /** What kind of value comes next, in Dapr's words. */
  kind(): "object" | "array" | "string" | "number" | "bool" | "null" {
    const byte = this.#scanner.next();
    if (byte === openBrace) return "object";
    if (byte === openBracket) return "array";
    if (byte === quote) return "string";
    if (byte === 0x6e) return "null";
    return byte === 0x74 || byte === 0x66 ? "bool" : "number";
  }

  skip(): void {
    this.#scanner.next();
    this.#scanner.skipValue();
  }

  /** The exact text of the next value, which must be a scalar. */
  scalarText(): string {
    const scanner = this.#scanner;
    scanner.next();
    const start = scanner.at;
    scanner.skipValue();
    return scanner.text(start, scanner.at);
  }

  /** Bodies have the same few names again and again. */
  #name(): string {
    const scanner = this.#scanner;
    const { bytes, at: start } = scanner;
    const first = bytes[start + 1]!;
    const known = knownNames[first];
    if (known !== undefined && isAt(bytes, start + 1, known)) {
      scanner.at = start + known.length + 2;
      return known;
    }
    const name = this.#text();
    const isPlain = name.length <= longestKnownName && scanner.at - start === name.length + 2;
    if (isPlain && isAt(bytes, start + 1, name)) knownNames[first] = name;
    return name;
  }

  #text(): string {
    const scanner = this.#scanner;
    const start = scanner.at;
    scanner.skipString();
    const text = Buffer.from(scanner.bytes.buffer, scanner.bytes.byteOffset + start, scanner.at - start).toString(
      "utf8",
    );
    // Bytes that are not UTF-8 count one by one, as everywhere in a body.
    if (text.includes("\ufffd"))
      return JSON.parse(canonicalJson(scanner.bytes, start, scanner.at).toString()) as string;
    return text.includes("\\") ? (JSON.parse(text) as string).toWellFormed() : text.slice(1, -1);
  }

  /** Passes a value of another type; null counts as absent. */
  #other(byte: number, place: Place): false {
    const kind = this.kind();
    this.#scanner.skipValue();
    if (byte !== 0x6e) this.#refuse(kind, place);
    return false;
  }

  #refuse(what: string, { field, type }: Place): void {
    this.#mismatch ??= `json: cannot unmarshal ${what} into Go ${field === undefined ? "value" : `struct field ${field}`} of type ${type}`;
  }
}

const nothing = new Uint8Array(0);

/** The name that was read last, by its first byte. */
const knownNames: (string | undefined)[] = Array.from({ length: 256 });
const longestKnownName = 32;

/** Whether the text stands there with a quote behind it: plain characters, of one byte each. */
function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (bytes[start + index] !== code || stringByte[code] !== 0) return false;
  }
  return bytes[start + length] === quote;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isAllBlank(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (!isBlank(bytes[at]!)) return false;
  return true;
}
