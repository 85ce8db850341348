import { compressionError } from "./compression-error.ts";
import { endOfString, huffmanCode } from "./huffman-code.ts";

/** RFC 7541, section 5.2: the string whose Huffman code stands in `bytes`, half a byte a step. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  const steps = (table ??= makeTable());
  // The shortest code has five bits, so half a byte ends one symbol at most.
  const room = (end - start) * 2;
  const output = room <= scratchBytes ? (scratch ??= Buffer.allocUnsafeSlow(scratchBytes)) : Buffer.allocUnsafe(room);
  let length = 0;
  let step = acceptFlag;
  let failed = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    step = steps[((step & stateMask) << 4) | (byte >> 4)]!;
    failed |= step;
    if ((step & symbolFlag) !== 0) output[length++] = step >> symbolShift;
    step = steps[((step & stateMask) << 4) | (byte & 15)]!;
    failed |= step;
    if ((step & symbolFlag) !== 0) output[length++] = step >> symbolShift;
  }
  if ((failed & failFlag) !== 0) throw compressionError("a Huffman string holds the end-of-string symbol");
  if ((step & acceptFlag) === 0) throw compressionError("a Huffman string ends with wrong padding");
  return output.toString("latin1", 0, length);
}

// A step: the next state (8 bits), flags, the symbol (from bit 16).
const stateMask = 0xff;
const symbolFlag = 0x100;
const acceptFlag = 0x200;
const failFlag = 0x400;
const symbolShift = 16;

let table: Int32Array | undefined;
const scratchBytes = 8_192;
let scratch: Buffer | undefined;

/** For each state, an inner node of the code's tree (256 of them, the root is 0), and each half byte: where it leads. */
function makeTable(): Int32Array {
  const { left, right, padding } = makeTree();
  const steps = new Int32Array(256 * 16);
  for (let state = 0; state < 256; state++) {
    for (let half = 0; half < 16; half++) {
      let node = state;
      let step = 0;
      for (let bit = 8; bit > 0; bit >>= 1) {
        const next = (half & bit) === 0 ? left[node]! : right[node]!;
        if (next >= 0) {
          node = next;
          continue;
        }
        const symbol = -1 - next;
        step |= symbol === endOfString ? failFlag : symbolFlag | (symbol << symbolShift);
        node = 0;
      }
      steps[(state << 4) | half] = step | node | (padding[node] === 1 ? acceptFlag : 0);
    }
  }
  return steps;
}

/** Children of the inner nodes: another node, or -1 - symbol. `padding`: a string may end here. */
function makeTree(): { left: Int16Array; right: Int16Array; padding: Uint8Array } {
  const { lengths, codes } = huffmanCode();
  const left = new Int16Array(256);
  const right = new Int16Array(256);
  let nodes = 1;
  for (let symbol = 0; symbol <= endOfString; symbol++) {
    let node = 0;
    for (let bit = lengths[symbol]! - 1; bit > 0; bit--) {
      const side = ((codes[symbol]! >>> bit) & 1) === 0 ? left : right;
      if (side[node] === 0) side[node] = nodes++;
      node = side[node]!;
    }
    const side = (codes[symbol]! & 1) === 0 ? left : right;
    side[node] = -1 - symbol;
  }
  // Padding is at most seven bits, all of them ones.
  const padding = new Uint8Array(256);
  for (let node = 0, bits = 0; bits <= 7; bits++) {
    padding[node] = 1;
    node = right[node]!;
  }
  return { left, right, padding };
}
