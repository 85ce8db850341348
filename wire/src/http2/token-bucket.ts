/** So many at once, and so many more each second. Looks at the clock only when it is empty. */
export class TokenBucket {
  #tokens: number;
  readonly #burst: number;
  readonly #perSecond: number;
  #filledAtMs = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#tokens = burst;
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** False: there are none. */
  take(count: number): boolean {
    this.#tokens -= count;
    if (this.#tokens >= 0) return true;
    const nowMs = performance.now();
    const seconds = (nowMs - this.#filledAtMs) / 1000;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond);
    return this.#tokens >= 0;
  }

  add(count: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }
}
