/**
 * The value of `grpc-message`: UTF-8 with every byte percent-encoded that is not printable ASCII, and `%` itself
 * ("gRPC over HTTP/2", Responses: `Percent-Encoded`). Half a surrogate pair becomes U+FFFD.
 */
export function encodeStatusMessage(message: string): string {
  if (!needsEncoding.test(message)) return message;
  let encoded = "";
  for (const byte of Buffer.from(message, "utf8")) {
    encoded += byte >= 0x20 && byte <= 0x7e && byte !== percent ? String.fromCharCode(byte) : hex[byte]!;
  }
  return encoded;
}

/** Never fails, as the protocol asks: what is not a valid escape stays as it is. */
export function decodeStatusMessage(value: string): string {
  if (!value.includes("%")) return value;
  const bytes = Buffer.allocUnsafe(value.length);
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    const escaped = code === percent ? hexadecimal(value, index + 1) : -1;
    bytes[length++] = escaped === -1 ? code : escaped;
    if (escaped !== -1) index += 2;
  }
  return bytes.toString("utf8", 0, length);
}

const percent = 0x25;
const needsEncoding = /[^ -$&-~]/;
const hex = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);

function hexadecimal(text: string, at: number): number {
  const high = digit(text.charCodeAt(at));
  const low = digit(text.charCodeAt(at + 1));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

/** NaN, for an end of the text, is no digit either. */
function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
