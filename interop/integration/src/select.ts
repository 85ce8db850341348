import type { Entry } from "./ledger.ts";

export interface Selection {
  readonly selected: readonly Entry[];
  /** Those expected to pass that another day takes. */
  readonly later: readonly Entry[];
}

/**
 * The cases expected to pass that fit into a time: short ones always, the long ones in turns, so that each comes within as
 * many days as there are turns.
 */
export function withinBudget(
  entries: readonly Entry[],
  budgetSeconds: number,
  parallel: number,
  day: number,
): Selection {
  const passing = entries.filter(({ expected }) => expected === "pass");
  const cost = (entry: Entry): number => entry.seconds ?? unmeasuredSeconds;
  const sum = (list: readonly Entry[]): number => list.reduce((total, entry) => total + cost(entry), 0);
  const room = budgetSeconds * parallel;
  if (sum(passing) <= room) return { selected: passing, later: [] };

  const short = passing.filter((entry) => cost(entry) < longSeconds);
  const long = passing.filter((entry) => cost(entry) >= longSeconds);
  // At least a tenth for the long ones, or they would never come.
  const roomForLong = Math.max(room - sum(short), room / 10);
  const turns = Math.max(1, Math.ceil(sum(long) / roomForLong));
  const isTurn = new Set(long.filter((_, index) => index % turns === day % turns));
  return {
    selected: passing.filter((entry) => cost(entry) < longSeconds || isTurn.has(entry)),
    later: long.filter((entry) => !isTurn.has(entry)),
  };
}

const longSeconds = 8;
const unmeasuredSeconds = 5;
