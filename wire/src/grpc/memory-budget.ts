/**
 * How much the large messages of one connection may hold together. Who does not fit waits, in order, without taking anything from
 * its stream, so flow control holds the peer back; who fits can always be finished, so nobody waits for ever on an honest peer.
 */
export class MemoryBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  readonly #waiting = new Set<Reservation>();
  #granting = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Granted at once, or later: then `granted` is called. */
  reserve(bytes: number, granted: () => void): Reservation {
    const reservation = new Reservation(bytes, granted, (given) => this.#giveBack(reservation, given));
    if (this.#waiting.size === 0 && this.#fits(bytes)) this.#grant(reservation);
    else this.#waiting.add(reservation);
    return reservation;
  }

  /** One that is larger than all there is gets it alone. */
  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#limitBytes;
  }

  #grant(reservation: Reservation): void {
    this.#usedBytes += reservation.bytes;
    reservation.isGranted = true;
  }

  #giveBack(reservation: Reservation, bytes: number): void {
    if (reservation.isGranted) this.#usedBytes -= bytes;
    else this.#waiting.delete(reservation);
    if (this.#granting || this.#waiting.size === 0) return;
    this.#granting = true;
    // Not now: when a connection ends, its calls end one after another, and none must begin because another has ended.
    setImmediate(this.#grantWaiting);
  }

  readonly #grantWaiting = (): void => {
    this.#granting = false;
    for (const next of this.#waiting) {
      if (!this.#fits(next.bytes)) return;
      this.#waiting.delete(next);
      this.#grant(next);
      next.granted();
    }
  };
}

export class Reservation {
  bytes: number;
  isGranted = false;
  readonly granted: () => void;
  readonly #giveBack: (bytes: number) => void;

  constructor(bytes: number, granted: () => void, giveBack: (bytes: number) => void) {
    this.bytes = bytes;
    this.granted = granted;
    this.#giveBack = giveBack;
  }

  /** It turned out to be less. */
  shrink(bytes: number): void {
    if (bytes >= this.bytes) return;
    const less = this.bytes - bytes;
    this.bytes = bytes;
    this.#giveBack(less);
  }

  /** All of it; also when it was not granted yet. Idempotent. */
  release(): void {
    const { bytes } = this;
    this.bytes = 0;
    if (bytes > 0) this.#giveBack(bytes);
  }
}
