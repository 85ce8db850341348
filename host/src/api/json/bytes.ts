/** The bytes that mean something in JSON. */
export const quote = 0x22;
export const comma = 0x2c;
export const colon = 0x3a;
export const backslash = 0x5c;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const minus = 0x2d;
export const plus = 0x2b;
export const point = 0x2e;
export const zero = 0x30;
export const nine = 0x39;

/** What a byte is inside a string: 0 stands for itself, all others need a closer look. */
export const stringByte = new Uint8Array(256);
export const ends = 1;
export const escapes = 2;
export const forbidden = 3;
/** `<`, `>` and `&`, which are printed escaped. */
export const html = 4;
/** Part of a character of several bytes. */
export const wide = 5;
stringByte[quote] = ends;
stringByte[backslash] = escapes;
stringByte.fill(forbidden, 0, 0x20);
for (const character of "<>&") stringByte[character.charCodeAt(0)] = html;
stringByte.fill(wide, 0x80);

/** The first byte from `at` on that does not simply stand for itself in a string, or the end. */
export function endOfPlain(bytes: Uint8Array, at: number): number {
  const table = stringByte;
  const length = bytes.length;
  // Four at a time: twice as fast on long strings.
  const last = length - 3;
  while (
    at < last &&
    (table[bytes[at]!]! | table[bytes[at + 1]!]! | table[bytes[at + 2]!]! | table[bytes[at + 3]!]!) === 0
  )
    at += 4;
  while (at < length && table[bytes[at]!] === 0) at++;
  return at;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

export function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
