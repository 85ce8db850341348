import type { Connection } from "./connection.ts";
import { ErrorCode } from "./http2-error.ts";

/**
 * What a connection waits for, each until a moment, with one timer for all, which an idle connection does not have.
 * Moments are by `performance.now()`; Infinity: nothing is waited for.
 */
export class Watch {
  readonly #connection: Connection;
  #openingUntil = Infinity;
  #settingsAckUntil = Infinity;
  #cutFrameUntil = Infinity;
  #headerBlockUntil = Infinity;
  #graceUntil = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The peer's preface and first SETTINGS, and the acknowledgement of ours. */
  begin(): void {
    const nowMs = performance.now();
    const { headerTimeoutMs, settingsTimeoutMs } = this.#connection.options;
    this.#openingUntil = nowMs + headerTimeoutMs;
    this.#settingsAckUntil = nowMs + settingsTimeoutMs;
    this.#arm();
  }

  settingsCame(): void {
    this.#openingUntil = Infinity;
    this.#disarmIfIdle();
  }

  settingsAcknowledged(): void {
    this.#settingsAckUntil = Infinity;
    this.#disarmIfIdle();
  }

  /** The rest of a frame. */
  cutFrame(waits: boolean): void {
    this.#cutFrameUntil = waits ? performance.now() + this.#connection.options.headerTimeoutMs : Infinity;
    if (waits) this.#arm();
  }

  /** The rest of a header block. */
  headerBlock(waits: boolean): void {
    this.#headerBlockUntil = waits ? performance.now() + this.#connection.options.headerTimeoutMs : Infinity;
    if (waits) this.#arm();
  }

  /** The peer's answer to the first GOAWAY. */
  grace(waits: boolean): void {
    this.#graceUntil = waits ? performance.now() + this.#connection.options.closeTimeoutMs : Infinity;
    if (waits) this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#openingUntil = this.#settingsAckUntil = this.#graceUntil = Infinity;
    this.#cutFrameUntil = this.#headerBlockUntil = Infinity;
  }

  #next(): number {
    return Math.min(
      this.#openingUntil,
      this.#settingsAckUntil,
      this.#cutFrameUntil,
      this.#headerBlockUntil,
      this.#graceUntil,
    );
  }

  #arm(): void {
    const next = this.#next();
    if (this.#timer !== undefined && this.#timerAt <= next) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, Math.ceil(next - performance.now())));
    this.#timer.unref();
  }

  /** A connection that has begun well keeps no timer. One for cut frames stays: the next is cut soon. */
  #disarmIfIdle(): void {
    if (this.#next() !== Infinity) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    const connection = this.#connection;
    if (this.#openingUntil <= nowMs) connection.fail(ErrorCode.PROTOCOL_ERROR, "no preface and SETTINGS in time");
    else if (this.#cutFrameUntil <= nowMs || this.#headerBlockUntil <= nowMs)
      connection.fail(ErrorCode.PROTOCOL_ERROR, "the rest of a frame or of a header block did not come in time");
    else if (this.#settingsAckUntil <= nowMs)
      connection.fail(ErrorCode.SETTINGS_TIMEOUT, "SETTINGS were not acknowledged in time");
    else if (this.#graceUntil <= nowMs) {
      this.#graceUntil = Infinity;
      connection.graceIsOver();
    }
    if (this.#next() !== Infinity) this.#arm();
  }
}
