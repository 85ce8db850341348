const firstPauseMs = 50;
const growth = 1.6;
/** So that many who lost the same peer do not come back in step. */
const jitter = 0.2;

/** Pauses between attempts to connect ("GRPC Connection Backoff Protocol"). */
export class BackOff {
  readonly #maxPauseMs: number;
  #pauseMs = firstPauseMs;

  constructor(maxPauseMs: number) {
    this.#maxPauseMs = maxPauseMs;
  }

  next(): number {
    const pauseMs = Math.min(this.#pauseMs, this.#maxPauseMs);
    this.#pauseMs *= growth;
    return pauseMs * (1 - jitter * Math.random());
  }

  reset(): void {
    this.#pauseMs = firstPauseMs;
  }
}
