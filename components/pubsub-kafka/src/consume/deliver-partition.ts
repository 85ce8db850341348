import { ComponentError, type Logger, type Message } from "@trilby/kit";
import type { KafkaMessage } from "kafkajs";
import type { Attempts } from "./attempts.ts";
import { bytesOf, type FetchedMessage, type Waiting } from "./backlog.ts";
import { partitionKey } from "./commits.ts";
import type { Generation } from "./generation.ts";
import type { Subscriber, Subscribers } from "./subscribers.ts";
import { sleep } from "./waiting.ts";

export interface DeliverySettings {
  readonly subscribers: Subscribers;
  readonly logger: Logger;
  messageOf(topic: string, partition: number, message: KafkaMessage): Message;
  newAttempts(): Attempts;
}

/** A message that was taken out of the backlog and is not acknowledged. */
interface Handed extends FetchedMessage {
  state: "waiting" | "under way" | "taken" | "refused";
  error: unknown;
  attempts: Attempts | undefined;
  failureCount: number;
}

/**
 * Delivers what waits of one partition: as many messages side by side as the subscriber takes ahead, which keeps their order.
 * Once it has refused one, nothing new is delivered until all that are under way have settled; then come those that were
 * refused, in order, until they are taken. `acknowledged` is called for each that was taken, in order, and for none behind one
 * that was not. Returns when there is nothing more, and early when the generation stops.
 */
export async function deliverPartition(
  place: { readonly topic: string; readonly partition: number },
  waiting: Waiting,
  generation: Generation,
  settings: DeliverySettings,
  acknowledged: (message: FetchedMessage) => void,
): Promise<void> {
  const { subscribers, logger } = settings;
  const { topic, partition } = place;
  const key = partitionKey(place);
  /** In order; the first one is not taken. */
  const handed: Handed[] = [];
  let underWayCount = 0;
  let underWayBytes = 0;
  let recipient: Subscriber | undefined;
  let series = ++lastSeries;
  let change = Promise.withResolvers<void>();

  const earlier = await handledEarlier();
  while (!generation.stopping.aborted) {
    if (handed.some(({ state }) => state === "refused")) {
      if (underWayCount > 0) await change.promise;
      else await beginAnew();
      continue;
    }
    const next = handed.find(({ state }) => state === "waiting") ?? waiting.first;
    if (next === undefined) {
      if (handed.length === 0) return;
      await Promise.race([change.promise, waiting.more()]);
      continue;
    }
    const subscriber = subscribers.of(topic, partition);
    if (subscriber === undefined) {
      await Promise.race([subscribers.changes.next(generation.stopping), change.promise]);
    } else if (hasRoom(subscriber, next)) hand(isHanded(next) ? next : takeOut(), subscriber);
    else await change.promise;
  }

  /** What an earlier generation delivered, and the application has taken since. */
  async function handledEarlier(): Promise<ReadonlySet<string>> {
    const handled = new Set<string>();
    const leftover = generation.leftover(key);
    if (leftover === undefined) return handled;
    const all = [...leftover].map(async ([message, isHandled]) => {
      if (await isHandled) handled.add(message);
    });
    const stopped = untilAborted(generation.stopping);
    await Promise.race([Promise.all(all), stopped.promise]);
    stopped.cancel();
    return handled;
  }

  function hasRoom(subscriber: Subscriber, next: FetchedMessage): boolean {
    if (underWayCount === 0) return handed.length < subscriber.ahead || isHanded(next);
    // Another subscriber knows nothing of what this one refuses.
    if (subscriber !== recipient || underWayCount >= subscriber.ahead) return false;
    if (!isHanded(next) && handed.length >= subscriber.ahead) return false;
    return underWayBytes + bytesOf(next.message) <= aheadBytes;
  }

  function takeOut(): Handed {
    const fetched = waiting.shift()!;
    const taken: Handed = { ...fetched, state: "waiting", error: undefined, attempts: undefined, failureCount: 0 };
    handed.push(taken);
    return taken;
  }

  function hand(each: Handed, subscriber: Subscriber): void {
    const { message } = each;
    underWayCount++;
    underWayBytes += bytesOf(message);
    if (earlier.has(identityOf(message))) return settle(each, undefined);
    each.state = "under way";
    recipient = subscriber;
    const handled = deliver(each, subscriber);
    const settled: Promise<unknown> = handled.finally(() => subscriber.underWay.delete(settled));
    subscriber.underWay.add(settled);
    generation.begin(key, identityOf(message), handled);
  }

  /** Resolves to whether it was taken, when that has been acknowledged where it can be. */
  async function deliver(each: Handed, subscriber: Subscriber): Promise<boolean> {
    try {
      const message = settings.messageOf(topic, partition, each.message);
      const turn = subscriber.ahead > 1 ? { unit: String(partition), series } : undefined;
      await subscriber.deliver(turn === undefined ? message : { ...message, turn });
    } catch (error) {
      settle(each, error ?? new Error("no reason was given"));
      return false;
    }
    if (each.failureCount > 0)
      logger.info(`the message ${nameOf(each)} was taken after ${each.failureCount + 1} attempts`);
    settle(each, undefined);
    return true;
  }

  function settle(each: Handed, error: unknown): void {
    underWayCount--;
    underWayBytes -= bytesOf(each.message);
    each.state = error === undefined ? "taken" : "refused";
    each.error = error;
    while (handed[0]?.state === "taken") acknowledge(handed.shift()!);
    change.resolve();
    change = Promise.withResolvers();
  }

  function acknowledge(each: Handed): void {
    if (!generation.alive) return;
    generation.acknowledged(key, identityOf(each.message));
    waiting.taken(each.message);
    acknowledged(each);
  }

  /** Waits for as long as the first refusal asks for: those behind it may have been refused because of it. */
  async function beginAnew(): Promise<void> {
    const [first] = handed;
    // A subscriber that went away has refused nothing.
    if (ComponentError.is(first!.error) && first!.error.code === "cancelled")
      await subscribers.changes.next(generation.stopping, sameSubscriberAgainMs);
    else await pauseAfter(first!);
    series = ++lastSeries;
    for (const each of handed) if (each.state === "refused") each.state = "waiting";
  }

  async function pauseAfter(refused: Handed): Promise<void> {
    refused.failureCount++;
    refused.attempts ??= settings.newAttempts();
    const { pauseMs, roundEnded } = refused.attempts.failed();
    const reason = refused.error instanceof Error ? refused.error.message : String(refused.error);
    const again = `it is delivered again in ${Math.round(pauseMs)} ms, its partition waits`;
    if (roundEnded)
      logger.error(`the message ${nameOf(refused)} was refused at the last attempt (${reason}); ${again}`);
    else logger.warn(`the message ${nameOf(refused)} was refused (${reason}); ${again}`);
    await sleep(pauseMs, generation.stopping);
  }

  function nameOf({ message }: Handed): string {
    return `${topic}/${partition}/${message.offset}`;
  }
}

/** Begins elsewhere in each process, so that a subscriber that stays tells the series of one from those of the next. */
let lastSeries = Date.now();

/** Of the messages that are under way side by side; one may be larger. */
const aheadBytes = 1024 * 1024;

/** The same subscriber may take it after all. */
const sameSubscriberAgainMs = 1_000;

function isHanded(message: FetchedMessage): message is Handed {
  return "state" in message;
}

/** The timestamp tells a message from one at the same place of a topic that was made anew. */
function identityOf({ offset, timestamp }: KafkaMessage): string {
  return `${offset} at ${timestamp}`;
}

function untilAborted(signal: AbortSignal): { promise: Promise<void>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  if (signal.aborted) wake();
  signal.addEventListener("abort", wake);
  return { promise, cancel: () => signal.removeEventListener("abort", wake) };
}
