import { isDigit, minus, point, zero } from "./bytes.ts";

/** A float as Dapr prints it: shortest, and with an exponent in the same cases as JavaScript. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/**
 * Whether a valid number is printed as it stands, as far as that can be told without reading it: at most 15 digits, which every
 * float keeps, no exponent, no zeros at the end of the fraction, and not so small that an exponent is printed.
 */
export function isPlainNumber(bytes: Uint8Array, start: number, end: number): boolean {
  const integer = bytes[start] === minus ? start + 1 : start;
  if (end - integer > 15) return false;
  let at = integer;
  while (at < end && isDigit(bytes[at]!)) at++;
  if (at === end) return bytes[integer] !== zero || integer === start;
  if (bytes[at] !== point || bytes[end - 1] === zero) return false;
  const fraction = at + 1;
  for (at = fraction; at < end; at++) if (!isDigit(bytes[at]!)) return false;
  if (bytes[integer] !== zero) return true;
  let zeros = 0;
  while (bytes[fraction + zeros] === zero) zeros++;
  return zeros < 6;
}
