export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  /** The next one to be delivered: everything before it was handled. */
  readonly offset: string;
}

/**
 * The offsets that are to be written down. One write at a time; what is handled meanwhile waits for the next. A class: it
 * lives as long as a membership of the group.
 */
export class Commits {
  readonly #write: (offsets: PartitionOffset[]) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #due = new Map<string, PartitionOffset>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(write: (offsets: PartitionOffset[]) => Promise<void>, failed: (error: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  get clean(): boolean {
    return this.#due.size === 0;
  }

  due(commit: PartitionOffset): void {
    this.#due.set(partitionKey(commit), commit);
    this.#schedule();
  }

  /** The group's coordinator has it. The library's types call the offset a text, but it is a Long. */
  written(topic: string, partition: number, offset: unknown): void {
    const key = partitionKey({ topic, partition });
    if (this.#due.get(key)?.offset === String(offset)) this.#due.delete(key);
  }

  /** Tries to write everything that is due now. Look at `clean` afterwards. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.clean || this.#stopped) return;
    this.#writing = this.#writeDue().finally(() => (this.#writing = undefined));
    await this.#writing;
  }

  /** The partitions are about to be shared out anew: what is due belongs to the past. */
  forget(): void {
    this.#due.clear();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #writeDue(): Promise<void> {
    try {
      await this.#write([...this.#due.values()]);
    } catch (error) {
      this.#failed(error);
    }
    // The library skips a write without a word while it is joining.
    if (!this.clean) this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, intervalMs);
  }
}

/** What was handled in this time before a crash is delivered twice. */
const intervalMs = 100;

export function partitionKey({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${partition}/${topic}`;
}
