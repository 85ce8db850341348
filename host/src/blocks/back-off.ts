/** Pauses between attempts that grow from half a second to a minute, each taken at random from half to one and a half of its length. */
export interface BackOff {
  /** Resolves after the next pause, or at once when the signal aborts. */
  pause(signal: AbortSignal): Promise<void>;
}

export function createBackOff(firstMs = 500, longestMs = 60_000): BackOff {
  let lengthMs = firstMs;
  return {
    pause(signal) {
      const pauseMs = lengthMs * (0.5 + Math.random());
      lengthMs = Math.min(longestMs, lengthMs * 1.5);
      return new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          resolve();
        };
        const timer = setTimeout(end, pauseMs);
        signal.addEventListener("abort", end, { once: true });
      });
    },
  };
}

/** Resolves when the work settled, or after the time; never rejects. */
export function settledWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(end, end);
  });
}
