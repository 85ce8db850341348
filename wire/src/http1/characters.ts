export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;
export const SLASH = 47;

/** By byte: the same in lower case where it may stand in a token (RFC 9110, section 5.6.2), 0 elsewhere. */
export const TOKEN = table((byte) => {
  const character = String.fromCharCode(byte);
  return /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/** By byte: whether it may stand in a field's value or a reason phrase. Bytes above ASCII are taken as they come. */
export const VALUE = table((byte) => (byte === TAB || (byte >= SPACE && byte !== 127) ? 1 : 0));

/**
 * By byte: whether it may stand in a request's target. More than a URI may hold, as Go and Node have it: clients send paths in
 * UTF-8, and marks that ought to be escaped. What would end the target, or hides from a reader of logs, may not.
 */
export const TARGET = table((byte) => (byte > SPACE && byte !== 127 ? 1 : 0));

/** By byte: whether it may stand in a Host field or an authority (RFC 3986, section 3.2, without user names). */
export const AUTHORITY = table((byte) => (/[-._~!$&'()*+,;=:[\]%0-9A-Za-z]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** By byte: the value of a hexadecimal digit, 255 elsewhere. */
export const HEX = table((byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 255 : digit;
});

function table(of: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => of(byte));
}
