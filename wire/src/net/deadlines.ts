/** A call that ends at a moment. One object is in the list of its slot; it unlinks itself in constant time. */
export abstract class Timed {
  /** By `performance.now()`. Infinity: never. */
  deadlineAt = Infinity;
  /** Links of the list that this object is in; for `deadlines` alone. */
  nextTimed: Timed | undefined = undefined;
  previousTimed: Timed | undefined = undefined;
  timedSlot = -1;

  abstract deadlinePassed(): void;
}

/** A deadline passes at most this late. */
const slotMs = 16;
const slotCount = 256;

/**
 * The deadlines of all calls of this process: a wheel of lists, because nearly all calls end before theirs, and one timer, armed
 * for the next slot that is not empty. The timer keeps no process alive: the connections of the calls do.
 */
class Deadlines {
  readonly #slots: (Timed | undefined)[] = Array.from({ length: slotCount });
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The slot, counted from the start of the process, that the timer waits for. */
  #armedFor = Infinity;

  /** From now on `call` hears of its `deadlineAt`, once. */
  add(call: Timed): void {
    const tick = Math.floor(call.deadlineAt / slotMs) + 1;
    const slot = tick % slotCount;
    const first = this.#slots[slot];
    call.timedSlot = slot;
    call.nextTimed = first;
    if (first !== undefined) first.previousTimed = call;
    this.#slots[slot] = call;
    this.#count++;
    if (tick < this.#armedFor) this.#arm(tick);
  }

  /** Does nothing when it is not there, or no longer. */
  remove(call: Timed): void {
    const slot = call.timedSlot;
    if (slot === -1) return;
    const { nextTimed, previousTimed } = call;
    if (previousTimed === undefined) this.#slots[slot] = nextTimed;
    else previousTimed.nextTimed = nextTimed;
    if (nextTimed !== undefined) nextTimed.previousTimed = previousTimed;
    call.timedSlot = -1;
    call.nextTimed = undefined;
    call.previousTimed = undefined;
    this.#count--;
  }

  #arm(tick: number): void {
    this.#armedFor = tick;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#turn, Math.max(tick * slotMs - performance.now(), 0) + 1);
    this.#timer.unref();
  }

  readonly #turn = (): void => {
    const from = this.#armedFor;
    const now = performance.now();
    const until = Math.floor(now / slotMs);
    this.#armedFor = Infinity;
    // After a long pause of the loop every slot is due once.
    for (let tick = Math.max(from, until - slotCount + 1); tick <= until; tick++) this.#expire(tick % slotCount, now);
    if (this.#count === 0) return;
    for (let tick = until + 1; tick <= until + slotCount; tick++) {
      if (this.#slots[tick % slotCount] === undefined) continue;
      if (tick < this.#armedFor) this.#arm(tick);
      return;
    }
  };

  #expire(slot: number, now: number): void {
    let due: Timed[] | undefined;
    for (let call = this.#slots[slot]; call !== undefined; call = call.nextTimed) {
      if (call.deadlineAt <= now) (due ??= []).push(call);
    }
    // What one of them does may end another.
    for (const call of due ?? []) {
      if (call.timedSlot === -1) continue;
      this.remove(call);
      call.deadlinePassed();
    }
  }
}

export const deadlines = new Deadlines();
