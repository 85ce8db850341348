/** RFC 7541, appendix B: the code is canonical, so the lengths say it all. */
export interface HuffmanCode {
  /** Bits of each symbol's code, 5 to 30; 256 is the end of string, which nobody may send. */
  readonly lengths: Uint8Array;
  readonly codes: Uint32Array;
  /** By how many bits it has, the first prefix that is no code itself; those above it are none either. */
  readonly innerNodes: Uint32Array;
}

export const endOfString = 256;

/** Made once, by the first who needs it. */
export function huffmanCode(): HuffmanCode {
  return (made ??= makeCode());
}

let made: HuffmanCode | undefined;

/** A base-36 digit a byte: the length of its code. */
const lengthDigits =
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca" +
  "d67777777777777777777777878djde6f56565666577666567655677777fbeds" +
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn" +
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq";

/** One pass each: this is part of every start. */
function makeCode(): HuffmanCode {
  const lengths = new Uint8Array(257);
  const counts = new Uint16Array(longest + 1);
  for (let symbol = 0; symbol <= endOfString; symbol++) {
    const length = symbol === endOfString ? longest : parseInt(lengthDigits[symbol]!, 36);
    lengths[symbol] = length;
    counts[length]!++;
  }
  const codes = new Uint32Array(257);
  const innerNodes = new Uint32Array(longest + 1);
  // Shorter codes first, then smaller symbols: each is the one before plus one, with zeros behind where it is longer.
  const next = new Uint32Array(longest + 1);
  for (let length = 1; length <= longest; length++) {
    next[length] = innerNodes[length - 1]! * 2;
    innerNodes[length] = next[length]! + counts[length]!;
  }
  for (let symbol = 0; symbol <= endOfString; symbol++) codes[symbol] = next[lengths[symbol]!]!++;
  return { lengths, codes, innerNodes };
}

const longest = 30;
