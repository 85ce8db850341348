import type { HeaderList } from "../header-list.ts";

/**
 * Remembers what blocks decoded to. A connection sends few different ones, over and over: a few bytes that point into the tables. Bounded by
 * count and by bytes. A block is kept when it comes for the second time, so that those which never come again cost nothing.
 */
export class BlockCache {
  #maxBytes: number;
  #bytes = 0;
  /** Pairs: the slots 2n and 2n + 1 hold the blocks whose hash ends with n, the one used last first. */
  #slots: (Remembered | undefined)[] | undefined;
  /** Hashes that came once. */
  #seen = new Int32Array(slotCount);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  find(block: Uint8Array, hash: number, generation: number): HeaderList | undefined {
    const slot = (hash << 1) & (slotCount - 1);
    const slots = this.#slots;
    if (slots === undefined) return undefined;
    const first = slots[slot];
    if (first !== undefined && first.hash === hash && holds(first, block, generation)) return first.list;
    const second = slots[slot + 1];
    if (second === undefined || second.hash !== hash || !holds(second, block, generation)) return undefined;
    slots[slot] = second;
    slots[slot + 1] = first;
    return second.list;
  }

  /** `generation` of the table that the block points into; undefined for one that does not. */
  add(block: Uint8Array, hash: number, generation: number | undefined, list: HeaderList, listBytes: number): void {
    const bytes = block.length + listBytes;
    if (bytes > this.#maxBytes / 4) return;
    const mark = (hash >>> 8) & (slotCount - 1);
    if (this.#seen[mark] !== hash) {
      this.#seen[mark] = hash;
      return;
    }
    const slots = (this.#slots ??= Array.from({ length: slotCount }, () => undefined));
    if (this.#bytes + bytes > this.#maxBytes) {
      slots.fill(undefined);
      this.#bytes = 0;
    }
    const slot = (hash << 1) & (slotCount - 1);
    const dropped = slots[slot + 1];
    if (dropped !== undefined) this.#bytes -= dropped.bytes;
    slots[slot + 1] = slots[slot];
    slots[slot] = { hash, generation, block: block.slice(), list, bytes };
    this.#bytes += bytes;
  }
}

/** Of the block's bytes and length; four bytes a step. */
export function hashOf(block: Uint8Array): number {
  const { length } = block;
  let hash = length;
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    const word = block[index]! | (block[index + 1]! << 8) | (block[index + 2]! << 16) | (block[index + 3]! << 24);
    hash = Math.imul(hash ^ word, multiplier);
    hash ^= hash >>> 15;
  }
  for (; index < length; index++) hash = Math.imul(hash ^ block[index]!, multiplier);
  return hash ^ (hash >>> 13);
}

const multiplier = 0x9e3779b1;
const slotCount = 64;

interface Remembered {
  readonly hash: number;
  readonly generation: number | undefined;
  readonly block: Uint8Array;
  readonly list: HeaderList;
  readonly bytes: number;
}

function holds(remembered: Remembered, block: Uint8Array, generation: number): boolean {
  if (remembered.generation !== undefined && remembered.generation !== generation) return false;
  const kept = remembered.block;
  const { length } = kept;
  if (length !== block.length) return false;
  for (let index = 0; index < length; index++) if (kept[index] !== block[index]) return false;
  return true;
}
