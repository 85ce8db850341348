/** Numbers from 0 to 1 that a seed determines: a fault that was found can be found again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // A linear congruential generator, high bits only: chance enough to pick the next fault.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 0x1_00_00_00;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}

/** The seed of this run: from the environment, else today's luck; it is printed, so that the run can be repeated. */
export function seedOfRun(): number {
  const given = process.env["TRILBY_FAULT_SEED"];
  return given === undefined ? Math.floor(Math.random() * 0xffff_ffff) : Number(given);
}
