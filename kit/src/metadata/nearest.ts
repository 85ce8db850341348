/** The candidate that was probably meant, or undefined when none is near. Case does not count. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const typed = text.toLowerCase();
  let best: string | undefined;
  let bestCost = Math.min(3, Math.max(1, Math.floor(typed.length / 3))) + 1;
  for (const candidate of candidates) {
    const cost = costBetween(typed, candidate.toLowerCase());
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

/** A word that is a part of the other ("host" of "redisHost") counts as near, but behind every slip of one letter. */
function costBetween(typed: string, candidate: string): number {
  const contained =
    typed.length >= 4 && candidate.length >= 4 && (candidate.includes(typed) || typed.includes(candidate));
  const distance = editDistance(typed, candidate);
  return contained ? Math.min(distance, 1.5 + distance / 100) : distance;
}

/** Damerau-Levenshtein, neighbours swapped count as one (optimal string alignment). */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current[column] = cost;
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length]!;
}
