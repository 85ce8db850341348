import type { Deliver } from "@trilby/kit";
import { Changes } from "./waiting.ts";

export interface Subscriber {
  readonly topic: string;
  readonly deliver: Deliver;
  /** Messages of a partition that may be under way side by side. */
  readonly ahead: number;
  /** Deliveries under way, each with its acknowledgement. They never reject. */
  readonly underWay: Set<Promise<unknown>>;
}

/** Who wants which topic, and whether anyone gets anything for now. A class: everything about it changes. */
export class Subscribers {
  readonly changes = new Changes();
  readonly #byTopic = new Map<string, Subscriber[]>();
  #paused = false;

  get topics(): string[] {
    return [...this.#byTopic.keys()].sort();
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.changes.notify();
  }

  add(topic: string, deliver: Deliver, ahead: number): Subscriber {
    const subscriber: Subscriber = { topic, deliver, ahead, underWay: new Set() };
    this.#byTopic.set(topic, [...(this.#byTopic.get(topic) ?? []), subscriber]);
    this.changes.notify();
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    const left = (this.#byTopic.get(subscriber.topic) ?? []).filter((each) => each !== subscriber);
    if (left.length > 0) this.#byTopic.set(subscriber.topic, left);
    else this.#byTopic.delete(subscriber.topic);
    this.changes.notify();
  }

  /** Subscribers to one topic share its partitions, as members of one group do. Undefined: nobody, or not now. */
  of(topic: string, partition: number): Subscriber | undefined {
    const subscribers = this.#byTopic.get(topic);
    return this.#paused || subscribers === undefined ? undefined : subscribers[partition % subscribers.length];
  }
}
