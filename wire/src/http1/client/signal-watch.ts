/** Hears of its signal's abort. */
export interface Cancellable {
  cancelled(reason: unknown): void;
}

/** The calls that one signal can cancel. */
export interface SignalCalls {
  readonly signal: AbortSignal;
  readonly calls: Set<Cancellable>;
  readonly listener: () => void;
}

/**
 * One listener a signal, for all calls that have it: to add and to remove one for each call costs more than to write the
 * request, and many calls have the same signal. That of the signal without calls that was used last stays.
 */
export class SignalWatch {
  readonly #signals = new Map<AbortSignal, SignalCalls>();
  #idle: SignalCalls | undefined;

  /** The signal must not be aborted yet. */
  add(signal: AbortSignal, call: Cancellable): SignalCalls {
    let entry = this.#signals.get(signal);
    if (entry === undefined) {
      const calls = new Set<Cancellable>();
      const listener = (): void => {
        this.#signals.delete(signal);
        // The last first: those that wait for a connection are gone before one becomes free.
        for (const each of [...calls].reverse()) each.cancelled(signal.reason);
      };
      entry = { signal, calls, listener };
      this.#signals.set(signal, entry);
      signal.addEventListener("abort", listener, { once: true });
    }
    entry.calls.add(call);
    return entry;
  }

  remove(entry: SignalCalls, call: Cancellable): void {
    if (!entry.calls.delete(call) || entry.calls.size > 0 || entry === this.#idle) return;
    const idle = this.#idle;
    this.#idle = entry;
    if (idle !== undefined && idle.calls.size === 0) this.#forget(idle);
  }

  close(): void {
    for (const entry of this.#signals.values()) this.#forget(entry);
    this.#idle = undefined;
  }

  #forget({ signal, listener }: SignalCalls): void {
    signal.removeEventListener("abort", listener);
    this.#signals.delete(signal);
  }
}
