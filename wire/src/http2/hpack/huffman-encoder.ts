import { huffmanCode } from "./huffman-code.ts";

/** Bytes of the latin1 string `text` in Huffman code. RFC 7541, section 5.2. */
export function huffmanBytes(text: string): number {
  const { lengths } = huffmanCode();
  let bits = 0;
  for (let index = 0; index < text.length; index++) bits += lengths[text.charCodeAt(index) & 0xff]!;
  return (bits + 7) >> 3;
}

/** Writes it, and gives the offset behind it. The room must be there. */
export function writeHuffman(text: string, output: Uint8Array, offset: number): number {
  const { lengths, codes } = huffmanCode();
  // `held` has the `bits` low bits that do not fill a byte yet; codes of up to 30 bits come on top, so it is cut in between.
  let held = 0;
  let bits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    const code = codes[symbol]!;
    for (let left = lengths[symbol]!; left > 0;) {
      const taken = Math.min(left, 8 - bits);
      left -= taken;
      held = (held << taken) | ((code >>> left) & ((1 << taken) - 1));
      bits += taken;
      if (bits === 8) {
        output[offset++] = held;
        held = 0;
        bits = 0;
      }
    }
  }
  // Padding: the first bits of the end of string, which are ones.
  if (bits > 0) output[offset++] = (held << (8 - bits)) | ((1 << (8 - bits)) - 1);
  return offset;
}
