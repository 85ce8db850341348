import { ComponentError, type Logger, type Message } from "@trilby/kit";
import type { KafkaMessage } from "kafkajs";
import type { Attempts } from "./attempts.ts";
import type { FetchedBatch } from "./backlog.ts";
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

/**
 * Delivers what a fetch brought of one partition, one message after another. `acknowledged` is called for each that the
 * application took, in order, and for none behind one that it refused: that one is delivered until it is taken. Returns
 * early when the generation stops.
 */
export async function deliverBatch(
  { topic, partition, messages }: FetchedBatch,
  generation: Generation,
  settings: DeliverySettings,
  acknowledged: (message: KafkaMessage, isLast: boolean) => void,
): Promise<void> {
  const { subscribers, logger } = settings;
  const key = partitionKey({ topic, partition });

  for (const message of messages) {
    if (!(await handle(message))) return;
  }

  /** False: the generation stopped first. */
  async function handle(message: KafkaMessage): Promise<boolean> {
    const earlier = await outcomeOfEarlier(message);
    if (generation.stopping.aborted) return false;
    if (earlier) return acknowledge(message);
    const attempts = settings.newAttempts();
    for (let failures = 0; ; failures++) {
      const subscriber = await nextSubscriber();
      if (!subscriber) return false;
      const error = await attempt(subscriber, message);
      if (error === undefined) {
        if (failures > 0) logger.info(`the message ${nameOf(message)} was taken after ${failures + 1} attempts`);
        return generation.alive;
      }
      if (generation.stopping.aborted) return false;
      // A subscriber that went away has refused nothing.
      if (ComponentError.is(error) && error.code === "cancelled") {
        failures--;
        await subscribers.changes.next(generation.stopping, sameSubscriberAgainMs);
      } else await pauseAfter(attempts, message, error);
    }
  }

  /** True when an earlier generation delivered this very message and the application has taken it since. */
  async function outcomeOfEarlier(message: KafkaMessage): Promise<boolean> {
    const earlier = generation.leftover(key);
    if (!earlier) return false;
    const stopped = sleepUntilAborted(generation.stopping);
    const handled = await Promise.race([earlier.handled, stopped.promise]);
    stopped.cancel();
    return handled && earlier.message === identityOf(message);
  }

  async function nextSubscriber(): Promise<Subscriber | undefined> {
    for (;;) {
      if (generation.stopping.aborted) return undefined;
      const subscriber = subscribers.of(topic, partition);
      if (subscriber) return subscriber;
      await subscribers.changes.next(generation.stopping);
    }
  }

  /** Undefined: taken and acknowledged. */
  async function attempt(subscriber: Subscriber, message: KafkaMessage): Promise<unknown> {
    const outcome = deliverTo(subscriber, message);
    const settled = outcome.finally(() => subscriber.underWay.delete(settled));
    subscriber.underWay.add(settled);
    generation.begin(
      key,
      identityOf(message),
      outcome.then((failure) => failure === undefined),
    );
    return settled;
  }

  async function deliverTo(subscriber: Subscriber, message: KafkaMessage): Promise<unknown> {
    try {
      await subscriber.deliver(settings.messageOf(topic, partition, message));
    } catch (error) {
      return error ?? new Error("no reason was given");
    }
    acknowledge(message);
    return undefined;
  }

  function acknowledge(message: KafkaMessage): boolean {
    if (generation.alive) acknowledged(message, message === messages.at(-1));
    return generation.alive;
  }

  async function pauseAfter(attempts: Attempts, message: KafkaMessage, error: unknown): Promise<void> {
    const { pauseMs, roundEnded } = attempts.failed();
    const reason = error instanceof Error ? error.message : String(error);
    const again = `it is delivered again in ${Math.round(pauseMs)} ms, its partition waits`;
    if (roundEnded)
      logger.error(`the message ${nameOf(message)} was refused at the last attempt (${reason}); ${again}`);
    else logger.warn(`the message ${nameOf(message)} was refused (${reason}); ${again}`);
    await sleep(pauseMs, generation.stopping);
  }

  function nameOf({ offset }: KafkaMessage): string {
    return `${topic}/${partition}/${offset}`;
  }
}

/** The timestamp tells a message from one at the same place of a topic that was made anew. */
function identityOf({ offset, timestamp }: KafkaMessage): string {
  return `${offset} at ${timestamp}`;
}

/** The same subscriber may take it after all. */
const sameSubscriberAgainMs = 1_000;

function sleepUntilAborted(signal: AbortSignal): { promise: Promise<false>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<false>();
  const wake = () => resolve(false);
  if (signal.aborted) wake();
  signal.addEventListener("abort", wake);
  return { promise, cancel: () => signal.removeEventListener("abort", wake) };
}
