import type { KafkaOptions } from "../fields.ts";

export type AttemptOptions = Pick<
  KafkaOptions,
  | "consumeRetryEnabled"
  | "backOffPolicy"
  | "backOffDuration"
  | "backOffInitialInterval"
  | "backOffRandomizationFactor"
  | "backOffMultiplier"
  | "backOffMaxInterval"
  | "backOffMaxElapsedTime"
  | "backOffMaxRetries"
>;

/** The attempts to deliver one message. They come in rounds without end: a message that was refused is never dropped. */
export interface Attempts {
  /** How long to wait before the next attempt, and whether the one that failed was the last of its round. */
  failed(): { readonly pauseMs: number; readonly roundEnded: boolean };
}

export function createAttempts(options: AttemptOptions, now: () => number = Date.now): Attempts {
  const maxRetries = options.consumeRetryEnabled ? options.backOffMaxRetries : 0;
  const exponential = options.backOffPolicy === "exponential";
  let retries = 0;
  let intervalMs = options.backOffInitialInterval;
  let startedMs = now();

  function nextPauseMs(): number {
    if (!exponential) return options.backOffDuration;
    const spread = (Math.random() * 2 - 1) * options.backOffRandomizationFactor;
    const pauseMs = intervalMs * (1 + spread);
    intervalMs = Math.min(intervalMs * options.backOffMultiplier, options.backOffMaxInterval);
    return pauseMs;
  }

  function roundEnds(): boolean {
    if (maxRetries >= 0 && retries >= maxRetries) return true;
    const limitMs = options.backOffMaxElapsedTime;
    return exponential && limitMs > 0 && now() - startedMs > limitMs;
  }

  return {
    failed() {
      const roundEnded = roundEnds();
      const pauseMs = Math.max(shortestPauseMs, nextPauseMs());
      retries++;
      if (roundEnded) {
        retries = 0;
        // The longest pause, as a round ended without success, before the policy begins anew.
        intervalMs = options.backOffInitialInterval;
        startedMs = now();
        return { pauseMs: exponential ? options.backOffMaxInterval : pauseMs, roundEnded };
      }
      return { pauseMs, roundEnded };
    },
  };
}

/** So that pauses of zero do not become a loop that does nothing else. */
const shortestPauseMs = 10;
