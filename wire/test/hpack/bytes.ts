/** Bytes of hexadecimal digits, blanks aside. */
export function bytesOf(hexadecimal: string): Buffer {
  return Buffer.from(hexadecimal.replaceAll(/\s/g, ""), "hex");
}
