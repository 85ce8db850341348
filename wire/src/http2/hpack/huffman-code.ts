/** RFC 7541, appendix B: the code is canonical, so the lengths say it all. */
export interface HuffmanCode {
  /** Bits of each symbol's code, 5 to 30; 256 is the end of string, which nobody may send. */
  readonly lengths: Uint8Array;
  readonly codes: Uint32Array;
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

function makeCode(): HuffmanCode {
  const lengths = new Uint8Array(257);
  for (let symbol = 0; symbol < endOfString; symbol++) lengths[symbol] = parseInt(lengthDigits[symbol]!, 36);
  lengths[endOfString] = 30;
  const codes = new Uint32Array(257);
  // Shorter codes first, then smaller symbols: each is the one before plus one, with zeros behind where it is longer.
  let code = 0;
  for (let length = 5; length <= 30; length++) {
    for (let symbol = 0; symbol <= endOfString; symbol++) if (lengths[symbol] === length) codes[symbol] = code++;
    code *= 2;
  }
  return { lengths, codes };
}
