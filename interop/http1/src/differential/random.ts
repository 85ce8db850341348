export interface Random {
  /** 0 to below `count`. */
  below(count: number): number;
  chance(probability: number): boolean;
  of<T>(list: readonly T[]): T;
}

/** The same for the same seed, on every machine: Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return { below, chance: (probability) => next() < probability, of: (list) => list[below(list.length)]! };
}
