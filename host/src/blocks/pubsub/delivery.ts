import { ComponentError } from "@trilby/kit";
import type { Logger, Message } from "@trilby/kit";

import { AppError } from "../../app/app-error.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { AppSubscription } from "./app-subscription.ts";
import { hasExpired, readEvent, textAttribute, type IncomingEvent } from "./incoming-event.ts";
import type { Standing } from "./in-turn.ts";
import type { Outcome, Postman } from "./postman.ts";
import type { Publisher } from "./publisher.ts";
import { rawPayload } from "./raw-payload.ts";
import type { Routes } from "./routes.ts";

export interface DeliverySettings {
  readonly subscription: AppSubscription;
  readonly routes: Routes;
  /** For dead letters. */
  readonly publisher: Publisher;
  readonly ingress: ReturnType<Metrics["pubsubIngress"]>;
  /** The application's name for a topic of the broker. */
  appTopic(wireTopic: string): string;
  readonly logger: Logger;
  /** True once the subscription takes no new messages. */
  isClosing(): boolean;
  /** Aborted when what is under way must end now. */
  readonly signal: AbortSignal;
}

/**
 * What happens to one message: it resolves only when the application took it, it was dropped by the rules, or it stands in
 * the dead letter topic. Everything else rejects, so that the message stays with the broker.
 */
export function createDelivery(settings: DeliverySettings): (message: Message, standing?: Standing) => Promise<void> {
  const { subscription, routes, ingress, logger, signal } = settings;
  const { pubsubName, deadLetterTopic } = subscription;
  const raw = rawPayload(subscription.metadata) === true;

  /** Resolves when the dead letter topic has the message. */
  const bury = async (message: Message): Promise<void> => {
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(), deadLetterTimeoutMs);
    try {
      const { data, metadata, contentType } = message;
      const topic = settings.publisher.open(pubsubName, deadLetterTopic, null);
      await settled(
        topic.forward({ data, metadata, contentType }, AbortSignal.any([gone.signal, signal])),
        gone.signal,
        signal,
      );
    } catch (error) {
      logger.error(
        `error sending message to dead letter, origin topic: ${message.topic} dead letter topic ${deadLetterTopic} pubsub: ${pubsubName} err: ${describe(error)}`,
      );
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  /** The end of a message that will not be delivered: gone for good, or in the dead letter topic when there is one. */
  const drop = (message: Message): Promise<void> | void => (deadLetterTopic === "" ? undefined : bury(message));

  /** The end of a failed attempt: the dead letter topic when there is one, else the message stays with the broker. */
  const fail = async (message: Message, reason: string): Promise<void> => {
    if (deadLetterTopic === "") throw new Error(reason);
    try {
      await bury(message);
      ingress.record("drop", performance.now());
    } catch (error) {
      throw new Error(`${reason}; and the dead letter topic ${deadLetterTopic} did not take it: ${describe(error)}`, {
        cause: error,
      });
    }
  };

  const cancelled = (cause?: unknown): ComponentError =>
    new ComponentError("cancelled", `the subscription to topic ${subscription.topic} is closed`, { cause });

  return async (message, standing) => {
    if (settings.isClosing()) throw cancelled();
    const startedAt = performance.now();
    const topic = settings.appTopic(message.topic);
    /** What cannot be told to the application at all. */
    const failUntold = (reason: string): Promise<void> => {
      logger.error(reason);
      return fail(message, reason).catch((failure: unknown) => {
        ingress.record("retry", startedAt);
        throw failure;
      });
    };
    let event: IncomingEvent;
    try {
      event = readEvent(message, pubsubName, topic, raw);
    } catch (error) {
      return failUntold(
        `error deserializing cloud event in pubsub ${pubsubName} and topic ${topic}: ${describe(error)}`,
      );
    }
    if (hasExpired(event)) {
      logger.warn(
        `dropping expired pub/sub event ${textAttribute(event, "id")} as of ${textAttribute(event, "expiration")}`,
      );
      ingress.record("drop", startedAt);
      return drop(message);
    }
    let postman: Postman | undefined;
    try {
      postman = routes.choose(event);
    } catch (error) {
      return failUntold(
        `error finding matching route for event ${textAttribute(event, "id")} in pubsub ${pubsubName} and topic ${topic}: ${describe(error)}`,
      );
    }
    if (postman === undefined) {
      logger.debug(
        `no matching route for event ${textAttribute(event, "id")} in pubsub ${pubsubName} and topic ${topic}; skipping`,
      );
      ingress.record("drop", startedAt);
      return drop(message);
    }
    let outcome: Outcome;
    try {
      outcome = await postman.deliver(event, message.metadata, signal, standing);
    } catch (error) {
      // Not an attempt: the application is away, or this host stops. The message waits for the next subscription.
      if (error instanceof AppError && error.code !== "overloaded") throw cancelled(error);
      throw error;
    }
    ingress.record(outcome.status, startedAt);
    if (outcome.status === "success") return;
    if (outcome.status === "retry") {
      logger.warn(
        `encountered a retriable error while publishing a subscribed message to topic ${topic}, err: ${outcome.reason}`,
      );
      return fail(message, outcome.reason);
    }
    logger.warn(outcome.reason);
    if (outcome.deadLetter) return drop(message);
  };
}

/** Enough for a healthy broker; a stuck one must not hold the subscription for ever. */
const deadLetterTimeoutMs = 30_000;

/** Settles as the work does, but at the latest when a signal aborts: a component may take no notice of its signal. */
function settled(work: Promise<void>, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error("it took too long, or the subscription was closed"));
    const done = (): void => {
      for (const signal of signals) signal.removeEventListener("abort", stop);
    };
    for (const signal of signals) {
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    }
    work.then(resolve, reject).finally(done);
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
