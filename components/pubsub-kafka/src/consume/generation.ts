import { setMaxListeners } from "node:events";
import { settlesWithin } from "./waiting.ts";

/** A delivery that outlived the generation it began in. Its partition waits for it, wherever it goes next. */
export interface Leftover {
  readonly message: string;
  /** Whether the application took the message. */
  readonly handled: Promise<boolean>;
}

/** By partition; shared by all generations of one component. */
export type Leftovers = Map<string, Leftover>;

/**
 * The time between two rebalances, in which our partitions are ours. It ends in two steps: first no new message is
 * delivered while those under way may still be acknowledged, then nothing counts any more.
 */
export class Generation {
  readonly #leftovers: Leftovers;
  readonly #underWay = new Map<string, Leftover>();
  readonly #resumes = new Set<() => void>();
  readonly #busy = new Set<string>();
  readonly #stopping = new AbortController();
  #alive = true;
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

  /** Registers a delivery for as long as it takes. */
  begin(key: string, message: string, handled: Promise<boolean>): void {
    this.#underWay.set(key, { message, handled });
    void handled.then(() => this.#underWay.delete(key));
  }

  isBusy(key: string): boolean {
    return this.#busy.has(key);
  }

  /** Runs the work of one partition. */
  async run(key: string, work: () => Promise<void>): Promise<void> {
    this.#busy.add(key);
    try {
      await work();
    } finally {
      this.#busy.delete(key);
    }
  }

  /** Calls `resume` once: when the work is done, or when the generation ends. */
  resumeAfter(work: Promise<void>, resume: () => void): void {
    if (!this.#alive) return resume();
    this.#resumes.add(resume);
    void work.finally(() => {
      if (this.#resumes.delete(resume)) resume();
    });
  }

  /** Lets nothing new begin and waits for what is under way. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping.abort();
    const settled = Promise.all([...this.#underWay.values()].map(({ handled }) => handled));
    await settlesWithin(settled, limitMs);
  }

  end(): void {
    this.#stopping.abort();
    this.#alive = false;
    for (const [key, leftover] of this.#underWay) this.#leave(key, leftover);
    for (const resume of this.#resumes) resume();
    this.#resumes.clear();
  }

  #leave(key: string, leftover: Leftover): void {
    this.#leftovers.set(key, leftover);
    const forget = () => {
      if (this.#leftovers.get(key) === leftover) this.#leftovers.delete(key);
    };
    // Kept for a while: the message comes again, and need not be delivered again.
    void leftover.handled.then(() => setTimeout(forget, keptMs).unref());
  }
}

const keptMs = 60_000;
