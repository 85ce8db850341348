import { setMaxListeners } from "node:events";
import type { Backlog } from "./backlog.ts";
import { settlesWithin } from "./waiting.ts";

/**
 * Deliveries of one partition that outlived the generation they began in, by message: whether the application took it. The
 * partition waits for them, wherever it goes next.
 */
export type Leftover = ReadonlyMap<string, Promise<boolean>>;

/** By partition; shared by all generations of one component. */
export type Leftovers = Map<string, Leftover>;

/**
 * The time between two rebalances, in which our partitions are ours. It ends in two steps: first no new message is
 * delivered while those under way may still be acknowledged, then nothing counts any more.
 */
export class Generation {
  readonly #leftovers: Leftovers;
  /** By partition and message: what is under way, or was taken and could not be acknowledged yet. */
  readonly #unacknowledged = new Map<string, Map<string, Promise<boolean>>>();
  readonly #backlogs = new Map<string, Backlog>();
  readonly #stopping = new AbortController();
  #alive = true;
  #heldUpCount = 0;
  #heldUpChangedMs = 0;
  /** Resolves when the position of every partition is known. */
  positioned: Promise<void> = Promise.resolve();

  constructor(leftovers: Leftovers) {
    this.#leftovers = leftovers;
    // One listener for each partition that waits.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Aborted: begin nothing new. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Whether an acknowledgement may still be written down. */
  get alive(): boolean {
    return this.#alive;
  }

  leftover(key: string): Leftover | undefined {
    return this.#leftovers.get(key);
  }

  /** Registers a delivery, until it is refused or acknowledged. */
  begin(key: string, message: string, handled: Promise<boolean>): void {
    const known = this.#unacknowledged.get(key);
    const messages = known ?? new Map<string, Promise<boolean>>();
    if (known === undefined) this.#unacknowledged.set(key, messages);
    messages.set(message, handled);
    const forget = (isHandled: boolean): void => {
      if (!isHandled && messages.get(message) === handled) messages.delete(message);
    };
    void handled.then(forget);
  }

  acknowledged(key: string, message: string): void {
    this.#unacknowledged.get(key)?.delete(message);
  }

  /** The backlog of one partition, which is made when it is first asked for. */
  backlog(key: string, make: () => Backlog): Backlog {
    const known = this.#backlogs.get(key);
    if (known) return known;
    const made = make();
    this.#backlogs.set(key, made);
    return made;
  }

  /** For how long the same partitions have not been fetched, as they have enough to deliver. Undefined: there are none. */
  get heldUpForMs(): number | undefined {
    return this.#heldUpCount > 0 ? Date.now() - this.#heldUpChangedMs : undefined;
  }

  /** Counts a partition as held up until what is returned is called. */
  holdUp(resume: () => void): () => void {
    this.#countHeldUp(1);
    return () => {
      this.#countHeldUp(-1);
      resume();
    };
  }

  /** Lets nothing new begin and waits for what is under way. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping.abort();
    const settled = [...this.#unacknowledged.values()].flatMap((messages) => [...messages.values()]);
    await settlesWithin(Promise.all(settled), limitMs);
  }

  end(): void {
    this.#stopping.abort();
    this.#alive = false;
    for (const [key, messages] of this.#unacknowledged) if (messages.size > 0) this.#leave(key, messages);
    for (const backlog of this.#backlogs.values()) backlog.drop();
  }

  #countHeldUp(change: number): void {
    this.#heldUpCount += change;
    this.#heldUpChangedMs = Date.now();
  }

  #leave(key: string, leftover: Leftover): void {
    this.#leftovers.set(key, leftover);
    const forget = () => {
      if (this.#leftovers.get(key) === leftover) this.#leftovers.delete(key);
    };
    // Kept for a while: its messages come again, and need not be delivered again.
    void Promise.all(leftover.values()).then(() => setTimeout(forget, keptMs).unref());
  }
}

const keptMs = 60_000;
