import { ComponentError } from "../errors/component-error.ts";

export interface AcknowledgementLimits {
  /** Messages that may wait for their answers; the next one waits until one of them was answered. */
  readonly maxInFlight: number;
  /** Largest encoded message. A larger one is rejected here: on the stream it would end the stream for all. */
  readonly maxMessageBytes: number;
}

/** What was sent on a stream and not yet answered, by id. Every delivery settles: by its answer, or by `abandon`. */
export class PendingAcknowledgements<Answer> {
  readonly #send: (message: Uint8Array) => Promise<void>;
  readonly #limits: AcknowledgementLimits;
  readonly #pending = new Map<string, PromiseWithResolvers<Answer>>();
  /** Those who wait for a place, first come first served: messages that have an order are sent in that order. */
  #waiting: PromiseWithResolvers<void>[] = [];
  #freePlaces: number;
  #lastId = 0;
  #gone = false;

  constructor(send: (message: Uint8Array) => Promise<void>, limits: AcknowledgementLimits) {
    this.#send = send;
    this.#limits = limits;
    this.#freePlaces = limits.maxInFlight;
  }

  /** Sends with a fresh id, then resolves or rejects as the answer to that id says. `wholeId` may add to the id. */
  async deliver(encode: (id: string) => Uint8Array, wholeId: (id: string) => string = (id) => id): Promise<Answer> {
    if (this.#freePlaces > 0) this.#freePlaces--;
    else {
      const place = Promise.withResolvers<void>();
      this.#waiting.push(place);
      await place.promise;
    }
    if (this.#gone) throw subscriberGone();
    const id = wholeId(String(++this.#lastId));
    let message: Uint8Array;
    try {
      message = encode(id);
      if (message.byteLength > this.#limits.maxMessageBytes)
        throw tooLarge(message.byteLength, this.#limits.maxMessageBytes);
    } catch (error) {
      this.#leavePlace();
      throw error;
    }
    const answer = Promise.withResolvers<Answer>();
    this.#pending.set(id, answer);
    this.#send(message).catch(() => this.reject(id, subscriberGone()));
    return answer.promise;
  }

  /** Ids that are unknown or were answered before are ignored. */
  resolve(id: string, answer: Answer): void {
    this.#take(id)?.resolve(answer);
  }

  reject(id: string, error: ComponentError): void {
    this.#take(id)?.reject(error);
  }

  /** The subscriber is gone: what is pending must be delivered again later, and nothing new is taken. */
  abandon(): void {
    if (this.#gone) return;
    this.#gone = true;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const each of pending) each.reject(subscriberGone());
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.resolve();
  }

  #take(id: string): PromiseWithResolvers<Answer> | undefined {
    const found = this.#pending.get(id);
    if (found === undefined) return undefined;
    this.#pending.delete(id);
    this.#leavePlace();
    return found;
  }

  /** To the next in line, who need not ask again. */
  #leavePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#freePlaces++;
    else next.resolve();
  }
}

function subscriberGone(): ComponentError {
  return new ComponentError(
    "cancelled",
    "the subscriber went away before it answered; the message stays unacknowledged",
  );
}

function tooLarge(bytes: number, maxBytes: number): ComponentError {
  const limit = `the subscriber takes ${maxBytes} (set TRILBY_MAX_MESSAGE_BYTES when it takes more)`;
  return new ComponentError("resource-exhausted", `the message has ${bytes} bytes with its metadata; ${limit}`);
}
