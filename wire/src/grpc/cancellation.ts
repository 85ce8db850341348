/** Whether somebody still waits, as an AbortSignal says it, at a tenth of its cost: for what is made with every call. */
export interface Cancellation {
  readonly cancelled: boolean;
  /** It hears once, when nobody waits any more; not of what was before. */
  add(listener: CancellationListener): void;
  remove(listener: CancellationListener): void;
}

export interface CancellationListener {
  /** May not throw. */
  cancel(): void;
}

export class CancellationSource implements Cancellation {
  cancelled = false;
  /** Nearly always there is one at most. */
  #first: CancellationListener | undefined = undefined;
  #others: CancellationListener[] | undefined = undefined;

  add(listener: CancellationListener): void {
    if (this.#first === undefined) this.#first = listener;
    else (this.#others ??= []).push(listener);
  }

  remove(listener: CancellationListener): void {
    if (this.#first === listener) {
      this.#first = undefined;
      return;
    }
    const others = this.#others;
    const index = others === undefined ? -1 : others.indexOf(listener);
    if (index === -1) return;
    const last = others!.pop()!;
    if (last !== listener) others![index] = last;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    const all = this.#first === undefined ? [] : [this.#first];
    if (this.#others !== undefined) all.push(...this.#others);
    this.#first = this.#others = undefined;
    for (const listener of all) listener.cancel();
  }
}
