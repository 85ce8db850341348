/** What several rounds say. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** At least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return {
    median: rounded((sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2),
    min: rounded(sorted[0]!),
    max: rounded(sorted.at(-1)!),
  };
}

/** Four digits are more than any of this is good for. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
