import { setTimeout as delay } from "node:timers/promises";

const quietMs = 60_000;

/** The account that an application keeps of numbered messages. */
export interface Tally {
  /** Those that it took. */
  readonly taken: ReadonlySet<number>;
  readonly deliveries: number;
  readonly duplicates: number;
  readonly refused: number;
  /** Whether it takes the message now. Of so many it refuses one, the first time that it comes. */
  take(number: number): boolean;
  /** Resolves when all of them were taken, or when nothing has come for so long that nothing will. */
  hasSeen(numbers: ReadonlySet<number>): Promise<void>;
}

export function createTally(refusedOf: number): Tally {
  const taken = new Set<number>();
  const refused = new Set<number>();
  let deliveries = 0;
  let duplicates = 0;
  let lastAt = performance.now();
  return {
    taken,
    get deliveries() {
      return deliveries;
    },
    get duplicates() {
      return duplicates;
    },
    get refused() {
      return refused.size;
    },
    take(number) {
      lastAt = performance.now();
      deliveries++;
      if (number % refusedOf === 0 && !refused.has(number)) {
        refused.add(number);
        return false;
      }
      if (taken.has(number)) duplicates++;
      taken.add(number);
      return true;
    },
    async hasSeen(numbers) {
      const isOver = (): boolean => [...numbers].every((number) => taken.has(number));
      while (!isOver() && performance.now() - lastAt < quietMs) await delay(100);
    },
  };
}
