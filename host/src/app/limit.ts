import { AppError } from "./app-error.ts";

/** Places for calls to the application. Whoever comes when all are taken waits in a line of bounded length. */
export interface Limit {
  /** Takes a place: at once (undefined) when one is free, else when one becomes free. Rejects with `AppError`. */
  enter(signal: AbortSignal | undefined): Promise<void> | undefined;
  /** Gives a place back, to the one who waits longest. */
  leave(): void;
}

/** `max` of 0 means no limit. */
export function createLimit(max: number, maxWaiting = 10_000): Limit {
  if (max <= 0) return { enter: () => undefined, leave: () => undefined };
  let taken = 0;
  // A Set keeps the order of coming and lets those who give up leave from the middle.
  const line = new Set<() => void>();
  return {
    enter(signal) {
      if (signal?.aborted) return Promise.reject(new AppError("cancelled", "the call was cancelled", signal.reason));
      if (taken < max) {
        taken++;
        return undefined;
      }
      if (line.size >= maxWaiting) {
        return Promise.reject(
          new AppError("overloaded", `${maxWaiting} calls already wait for the app, which takes ${max} at a time`),
        );
      }
      return new Promise((resolve, reject) => {
        const admit = (): void => {
          signal?.removeEventListener("abort", giveUp);
          resolve();
        };
        const giveUp = (): void => {
          line.delete(admit);
          reject(new AppError("cancelled", "the call was cancelled while it waited for the app", signal?.reason));
        };
        signal?.addEventListener("abort", giveUp, { once: true });
        line.add(admit);
      });
    },
    leave() {
      for (const next of line) {
        // The place goes on without becoming free in between.
        line.delete(next);
        next();
        return;
      }
      taken--;
    },
  };
}
