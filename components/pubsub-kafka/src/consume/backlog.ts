import type { KafkaMessage } from "kafkajs";

/** What a fetch brought of one partition. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /** Behind the last message there may be some that are not for us. */
  readonly lastOffset: string;
}

export interface BacklogSettings {
  /** From here on nothing more is fetched, until half of it is taken. */
  readonly limitBytes: number;
  /** Delivers one message after another. Returns early when nothing more is to be delivered. */
  deliver(batch: FetchedBatch, taken: (message: KafkaMessage) => void): Promise<void>;
  /** Delivering itself failed. Resolves when what was not taken may be tried again. */
  failed(error: unknown): Promise<void>;
}

/**
 * What was fetched of one partition and is not taken yet. The next fetch is under way while this is delivered, so that the
 * application never waits for the broker, nor the other partitions for the application. A class: it lives as long as the
 * partition is ours.
 */
export class Backlog {
  readonly #settings: BacklogSettings;
  readonly #batches: FetchedBatch[] = [];
  #heldBytes = 0;
  #delivering = false;
  #dropped = false;
  #resume: (() => void) | undefined;

  constructor(settings: BacklogSettings) {
    this.#settings = settings;
  }

  /** `pause` keeps the partition from being fetched until what it returns is called. */
  add(batch: FetchedBatch, pause: () => () => void): void {
    if (this.#dropped) return;
    this.#batches.push(batch);
    for (const message of batch.messages) this.#heldBytes += bytesOf(message);
    if (this.#heldBytes >= this.#settings.limitBytes) this.#resume ??= pause();
    if (!this.#delivering) void this.#deliverAll();
  }

  /** The partition is ours no more: what was not taken is delivered to whoever has it next. */
  drop(): void {
    this.#dropped = true;
    this.#batches.length = 0;
    this.#resumeFetching();
  }

  async #deliverAll(): Promise<void> {
    this.#delivering = true;
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) await this.#deliver(batch);
    this.#delivering = false;
  }

  async #deliver(batch: FetchedBatch): Promise<void> {
    let takenCount = 0;
    for (;;) {
      try {
        const messages = takenCount === 0 ? batch.messages : batch.messages.slice(takenCount);
        await this.#settings.deliver({ ...batch, messages }, (message) => {
          takenCount++;
          this.#taken(message);
        });
        return;
      } catch (error) {
        await this.#settings.failed(error);
      }
    }
  }

  #taken(message: KafkaMessage): void {
    this.#heldBytes -= bytesOf(message);
    if (this.#heldBytes <= this.#settings.limitBytes / 2) this.#resumeFetching();
  }

  #resumeFetching(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}

/** Many empty messages take room as well. */
function bytesOf({ key, value }: KafkaMessage): number {
  return overheadBytes + (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
}

const overheadBytes = 200;
