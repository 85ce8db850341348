import { ComponentError, type Deliver, type Logger, type Subscription } from "@trilby/kit";
import type { KafkaOptions } from "../fields.ts";
import { kafkaError } from "../kafka-errors.ts";
import type { KafkaLibrary } from "../library.ts";
import type { DeliverySettings } from "./deliver-partition.ts";
import { joinGroup, type Membership } from "./membership.ts";
import { isRefusal, refusedTopics } from "./refusals.ts";
import { Subscribers, type Subscriber } from "./subscribers.ts";
import { sleep } from "./waiting.ts";

export interface ConsumerGroupSettings {
  readonly library: KafkaLibrary;
  readonly options: KafkaOptions;
  readonly groupId: string;
  readonly logger: Logger;
  readonly delivery: Omit<DeliverySettings, "subscribers" | "logger">;
}

/**
 * One member of one group for all topics of the component, as in Dapr. When the set of topics changes it joins again, once
 * for all changes that come together. It never gives up on a topic that it was subscribed to. A class: it follows its
 * subscribers until it is closed.
 */
export class ConsumerGroup {
  readonly #settings: ConsumerGroupSettings;
  readonly #subscribers = new Subscribers();
  readonly #awaited = new Map<string, PromiseWithResolvers<void>>();
  /** Topics that were taken once and are refused now. */
  readonly #refused = new Set<string>();
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  readonly #shared = { leftovers: new Map(), firstSeen: new Map() };
  #membership: Membership | undefined;
  #isJoined = false;

  constructor(settings: ConsumerGroupSettings) {
    this.#settings = settings;
    this.#following = this.#follow();
  }

  /** `ahead`: how many messages of a partition may be under way. */
  async subscribe(topic: string, deliver: Deliver, ahead: number): Promise<Subscription> {
    const subscriber = this.#subscribers.add(topic, deliver, ahead);
    try {
      await this.#joinedWith(topic);
    } catch (error) {
      this.#subscribers.remove(subscriber);
      throw error;
    }
    let closing: Promise<void> | undefined;
    return { close: () => (closing ??= this.#unsubscribe(subscriber)) };
  }

  pause(): void {
    this.#subscribers.paused = true;
  }

  resume(): void {
    this.#subscribers.paused = false;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const topic of [...this.#awaited.keys()])
      this.#fail([topic], new ComponentError("closed", `the component was closed before ${topic} was subscribed to`));
    await this.#following;
  }

  async #unsubscribe(subscriber: Subscriber): Promise<void> {
    this.#subscribers.remove(subscriber);
    await Promise.all(subscriber.underWay);
    await this.#membership?.commit();
  }

  #joinedWith(topic: string): Promise<void> {
    if (this.#isJoined && this.#membership?.topics.includes(topic)) return Promise.resolve();
    this.#refused.delete(topic);
    const known = this.#awaited.get(topic) ?? Promise.withResolvers<void>();
    this.#awaited.set(topic, known);
    this.#subscribers.changes.notify();
    return known.promise;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const topics = this.#wanted();
      const current = this.#membership?.topics ?? [];
      if (isSame(topics, current)) {
        await Promise.race([this.#subscribers.changes.next(signal), this.#recoverWhenLost()]);
        await sleep(changesTogetherMs, signal);
        continue;
      }
      // Who left may be back in a moment.
      if (topics.every((topic) => current.includes(topic)) && (await this.#changesWithin(graceMs))) continue;
      // While the others are still being read.
      if (current.length > 0 && (await this.#refuseSome(topics.filter((topic) => !current.includes(topic))))) continue;
      await this.#leave(leaveLimitMs);
      if (topics.length === 0 || signal.aborted) continue;
      failures = (await this.#join(topics)) ? 0 : failures + 1;
      if (failures > 0) await sleep(this.#pauseMs(failures), signal);
    }
    await this.#leave(closeLimitMs);
  }

  #wanted(): string[] {
    return this.#subscribers.topics.filter((topic) => !this.#refused.has(topic));
  }

  async #changesWithin(ms: number): Promise<boolean> {
    const before = this.#wanted();
    await sleep(ms, this.#closing.signal);
    return !isSame(before, this.#wanted());
  }

  #pauseMs(failures: number): number {
    const first = Math.max(100, this.#settings.options.consumeRetryInterval);
    return Math.min(first * 2 ** Math.min(failures - 1, 10), longestPauseMs);
  }

  /** False: not now. What can be settled about single topics has been settled. */
  async #join(topics: readonly string[]): Promise<boolean> {
    const { library, options, groupId, logger } = this.#settings;
    const delivery = { ...this.#settings.delivery, subscribers: this.#subscribers, logger };
    const joining = joinGroup({ library, options, groupId, topics, logger, delivery, ...this.#shared });
    try {
      const membership = await this.#unlessClosed(joining);
      if (!membership) {
        void joining.then((late) => late.leave(0)).catch(() => {});
        return false;
      }
      this.#membership = membership;
      void membership.joined.then(() => this.#succeed(membership));
      return true;
    } catch (error) {
      return this.#sortOut(topics, kafkaError("cannot subscribe", error));
    }
  }

  async #unlessClosed<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#closing;
    const closed = Promise.withResolvers<undefined>();
    const close = () => closed.resolve(undefined);
    if (signal.aborted) close();
    signal.addEventListener("abort", close);
    try {
      return await Promise.race([work, closed.promise]);
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  /** One topic that is refused must not keep the others from being read. True: try again at once, without it. */
  async #sortOut(topics: readonly string[], error: ComponentError): Promise<boolean> {
    if (isRefusal(error)) {
      if (await this.#refuseSome(topics)) return true;
      this.#fail(topics, error);
    }
    this.#settings.logger.warn(`${error.message}; trying again`);
    return false;
  }

  async #refuseSome(topics: readonly string[]): Promise<boolean> {
    if (topics.length === 0) return false;
    const refused = await this.#unlessClosed(refusedTopics(this.#settings, topics)).catch(() => undefined);
    for (const [topic, reason] of refused ?? []) this.#refuse(topic, reason);
    return refused !== undefined && refused.size > 0;
  }

  #refuse(topic: string, reason: ComponentError): void {
    this.#refused.add(topic);
    if (!this.#fail([topic], reason)) this.#settings.logger.error(`${reason.message}; trying again every minute`);
    void this.#askAgain(topic);
  }

  async #askAgain(topic: string): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#refused.has(topic)) {
      await sleep(askAgainMs, signal);
      if (!this.#subscribers.topics.includes(topic)) break;
      const refused = await refusedTopics(this.#settings, [topic]).catch(() => undefined);
      if (refused?.size === 0) break;
    }
    this.#refused.delete(topic);
    this.#subscribers.changes.notify();
  }

  async #recoverWhenLost(): Promise<void> {
    const lost = this.#membership;
    if (!lost) return new Promise(() => {});
    const error = kafkaError("the consumer group was lost", await lost.lost);
    if (lost !== this.#membership) return;
    this.#settings.logger.warn(`${error.message}; joining again`);
    if (!this.#isJoined && isRefusal(error)) this.#fail(lost.topics, error);
    await this.#leave(0);
    await sleep(this.#pauseMs(1), this.#closing.signal);
  }

  async #leave(limitMs: number): Promise<void> {
    const leaving = this.#membership;
    this.#membership = undefined;
    this.#isJoined = false;
    await leaving?.leave(limitMs);
  }

  #succeed(membership: Membership): void {
    if (membership !== this.#membership) return;
    this.#isJoined = true;
    for (const topic of membership.topics) {
      this.#awaited.get(topic)?.resolve();
      this.#awaited.delete(topic);
    }
  }

  /** False: nobody waits for the answer any more. */
  #fail(topics: readonly string[], error: ComponentError): boolean {
    const waiting = topics.filter((topic) => this.#awaited.has(topic));
    for (const topic of waiting) {
      this.#awaited.get(topic)!.reject(error);
      this.#awaited.delete(topic);
    }
    return waiting.length > 0;
  }
}

const changesTogetherMs = 20;
const graceMs = 200;
/** Longer deliveries go on, and their messages come again if they fail. */
const leaveLimitMs = 5_000;
const closeLimitMs = 30_000;
const longestPauseMs = 10_000;
const askAgainMs = 60_000;

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((topic, index) => topic === right[index]);
}
