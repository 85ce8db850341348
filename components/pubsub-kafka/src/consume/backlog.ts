import type { KafkaMessage } from "kafkajs";

/** What a fetch brought of one partition. */
export interface FetchedBatch {
  readonly messages: readonly KafkaMessage[];
  /** Behind the last message there may be some that are not for us. */
  readonly lastOffset: string;
}

export interface FetchedMessage {
  readonly message: KafkaMessage;
  /** Where the group goes on when this one and all before it were handled. */
  readonly nextOffset: string;
}

export interface BacklogSettings {
  /** From here on nothing more is fetched, until half of it is taken. */
  readonly limitBytes: number;
  /** Delivers what waits, and what comes meanwhile, until there is nothing more or nothing more is to be delivered. */
  deliver(waiting: Waiting): Promise<void>;
}

/** What was fetched and is not under way. */
export interface Waiting {
  /** The next one, which stays here. */
  readonly first: FetchedMessage | undefined;
  /** Takes the first one out. It counts as held until it is `taken`. */
  shift(): FetchedMessage | undefined;
  /** Resolves when there are more. */
  more(): Promise<void>;
  taken(message: KafkaMessage): void;
}

/**
 * What was fetched of one partition and is not taken yet. The next fetch is under way while this is delivered, so that the
 * application never waits for the broker, nor the other partitions for the application. A class: it lives as long as the
 * partition is ours.
 */
export class Backlog {
  readonly #settings: BacklogSettings;
  readonly #fetched: FetchedMessage[] = [];
  readonly #waiting: Waiting;
  #heldBytes = 0;
  #delivering = false;
  #hasMore = false;
  #dropped = false;
  #resume: (() => void) | undefined;
  #more: PromiseWithResolvers<void> | undefined;

  constructor(settings: BacklogSettings) {
    this.#settings = settings;
    const fetched = this.#fetched;
    this.#waiting = {
      get first() {
        return fetched[0];
      },
      shift: () => fetched.shift(),
      more: () => (this.#more ??= Promise.withResolvers()).promise,
      taken: (message) => this.#taken(message),
    };
  }

  /** `pause` keeps the partition from being fetched until what it returns is called. */
  add({ messages, lastOffset }: FetchedBatch, pause: () => () => void): void {
    if (this.#dropped) return;
    messages.forEach((message, index) => {
      const handledOffset = index === messages.length - 1 ? lastOffset : message.offset;
      this.#fetched.push({ message, nextOffset: String(BigInt(handledOffset) + 1n) });
      this.#heldBytes += bytesOf(message);
    });
    if (this.#heldBytes >= this.#settings.limitBytes) this.#resume ??= pause();
    this.#hasMore = true;
    this.#more?.resolve();
    this.#more = undefined;
    if (!this.#delivering) void this.#deliver();
  }

  /** The partition is ours no more: what was not taken is delivered to whoever has it next. */
  drop(): void {
    this.#dropped = true;
    this.#fetched.length = 0;
    this.#resumeFetching();
  }

  async #deliver(): Promise<void> {
    this.#delivering = true;
    // What comes in the moment between the end of delivering and its news must not be left lying.
    while (this.#hasMore) {
      this.#hasMore = false;
      await this.#settings.deliver(this.#waiting);
      if (this.#fetched.length === 0) this.#hasMore = false;
    }
    this.#delivering = false;
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
export function bytesOf({ key, value }: KafkaMessage): number {
  return overheadBytes + (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
}

const overheadBytes = 200;
