interface PendingPing {
  readonly number: number;
  readonly sentAtMs: number;
  readonly acknowledged: (roundTripMs: number | undefined) => void;
}

/** Our PING frames that wait for their acknowledgement: RFC 9113, section 6.7. */
export class Pings {
  #count = 0;
  #pending: PendingPing[] = [];

  /** The number to send. */
  add(acknowledged: (roundTripMs: number | undefined) => void): number {
    const number = ++this.#count;
    this.#pending.push({ number, sentAtMs: performance.now(), acknowledged });
    return number;
  }

  acknowledge(number: number): void {
    const index = this.#pending.findIndex((ping) => ping.number === number);
    if (index < 0) return;
    const [ping] = this.#pending.splice(index, 1);
    ping!.acknowledged(performance.now() - ping!.sentAtMs);
  }

  /** The connection has ended. */
  giveUp(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const ping of pending) ping.acknowledged(undefined);
  }
}
