/** How long to wait before each attempt: not at all the first time, then `firstMs`, doubling up to `mostMs`. */
export interface Backoff {
  nextDelayMs(): number;
  /** Call when an attempt succeeded. Only what then stays up for `stableMs` makes the next wait short again. */
  succeeded(): void;
}

export function createBackoff({
  firstMs,
  mostMs,
  stableMs,
}: {
  firstMs: number;
  mostMs: number;
  stableMs: number;
}): Backoff {
  let attempts = 0;
  let succeededAt: number | undefined;
  return {
    nextDelayMs() {
      if (succeededAt !== undefined && performance.now() - succeededAt >= stableMs) attempts = 0;
      succeededAt = undefined;
      const delayMs = attempts === 0 ? 0 : Math.min(mostMs, firstMs * 2 ** (attempts - 1));
      attempts++;
      return delayMs;
    },
    succeeded() {
      succeededAt = performance.now();
    },
  };
}
