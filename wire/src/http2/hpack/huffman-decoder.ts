import { compressionError } from "./compression-error.ts";
import { endOfString, huffmanCode } from "./huffman-code.ts";

/** RFC 7541, section 5.2: the string whose Huffman code stands in `bytes`, half a byte a step. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  // The shortest code has five bits, so half a byte ends one symbol at most.
  const room = (end - start) * 2;
  const output = room <= scratchBytes ? (scratch ??= Buffer.allocUnsafeSlow(scratchBytes)) : Buffer.allocUnsafe(room);
  let length = 0;
  let step = acceptFlag;
  let failed = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index]!;
    const high = ((step & stateMask) << 4) | (byte >> 4);
    step = steps[high] || makeStep(high);
    failed |= step;
    if ((step & symbolFlag) !== 0) output[length++] = step >> symbolShift;
    const low = ((step & stateMask) << 4) | (byte & 15);
    step = steps[low] || makeStep(low);
    failed |= step;
    if ((step & symbolFlag) !== 0) output[length++] = step >> symbolShift;
  }
  if ((failed & failFlag) !== 0) throw compressionError("a Huffman string holds the end-of-string symbol");
  if ((step & acceptFlag) === 0) throw compressionError("a Huffman string ends with wrong padding");
  return output.toString("latin1", 0, length);
}

// A step: the next state, an inner node of the code's tree (256 of them, the root is 0), flags, the symbol (from bit 16).
const stateMask = 0xff;
const symbolFlag = 0x100;
const acceptFlag = 0x200;
const failFlag = 0x400;
const symbolShift = 16;

/**
 * By state and half a byte; 0 where nobody has come by yet. Made one by one: V8 would load its optimizing compiler, 5 MB, for a loop
 * over all of them.
 */
const steps = new Int32Array(256 * 16);
let tree: Tree | undefined;
const scratchBytes = 8_192;
let scratch: Buffer | undefined;

function makeStep(index: number): number {
  const { left, right, padding } = (tree ??= makeTree());
  let node = index >> 4;
  let step = 0;
  for (let bit = 8; bit > 0; bit >>= 1) {
    const next = ((index & bit) === 0 ? left : right)[node]!;
    const symbol = -1 - next;
    if (next < 0) step |= symbol === endOfString ? failFlag : symbolFlag | (symbol << symbolShift);
    node = Math.max(next, 0);
  }
  return (steps[index] = step | node | (padding[node] === 1 ? acceptFlag : 0));
}

/** Children of the inner nodes: another node, or -1 - symbol. `padding`: a string may end here. */
interface Tree {
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly padding: Uint8Array;
}

function makeTree(): Tree {
  const { lengths, codes, innerNodes } = huffmanCode();
  const left = new Int16Array(256);
  const right = new Int16Array(256);
  // Nodes are numbered by their depth, then by their prefix. This is what to add to a prefix of each depth.
  const offsets = new Int32Array(innerNodes.length);
  let nodes = 0;
  for (let depth = 0; depth < innerNodes.length; depth++) {
    const first = innerNodes[depth]!;
    offsets[depth] = nodes - first;
    for (let prefix = first; prefix < 2 ** depth; prefix++) link(prefix, depth, nodes++);
  }
  for (let symbol = 0; symbol <= endOfString; symbol++) link(codes[symbol]!, lengths[symbol]!, -1 - symbol);
  return { left, right, padding: paddingOf(right) };

  function link(prefix: number, depth: number, child: number): void {
    if (depth === 0) return;
    const parent = offsets[depth - 1]! + (prefix >>> 1);
    ((prefix & 1) === 0 ? left : right)[parent] = child;
  }
}

/** Padding is at most seven bits, all of them ones. */
function paddingOf(right: Int16Array): Uint8Array {
  const padding = new Uint8Array(256);
  for (let node = 0, bits = 0; bits <= 7; bits++) {
    padding[node] = 1;
    node = right[node]!;
  }
  return padding;
}
