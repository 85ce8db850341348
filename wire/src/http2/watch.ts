/**
 * What a connection waits for, each until a moment, with one timer for all, which an idle connection does not have.
 * Moments are by `performance.now()`; 0 is none.
 */
export class Watch {
  /** The peer's preface and first SETTINGS. */
  opening = 0;
  /** The acknowledgement of our SETTINGS. */
  settingsAck = 0;
  /** The rest of a frame. */
  cutFrame = 0;
  /** The rest of a header block. */
  headerBlock = 0;
  /** The peer's answer to the first GOAWAY. */
  goingAway = 0;
  readonly #onLate: () => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;

  /** `onLate` looks which moments are past, and sets them to 0. */
  constructor(onLate: () => void) {
    this.#onLate = onLate;
  }

  /** To be called when a moment was set. */
  arm(): void {
    const next = this.#next();
    if (this.#timer !== undefined && this.#timerAt <= next) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, Math.ceil(next - performance.now())));
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.opening = this.settingsAck = this.cutFrame = this.headerBlock = this.goingAway = 0;
  }

  #fire(): void {
    this.#timer = undefined;
    const next = this.#next();
    if (next <= performance.now()) this.#onLate();
    if (this.#next() !== Infinity) this.arm();
  }

  #next(): number {
    return Math.min(
      this.opening || Infinity,
      this.settingsAck || Infinity,
      this.cutFrame || Infinity,
      this.headerBlock || Infinity,
      this.goingAway || Infinity,
    );
  }
}
