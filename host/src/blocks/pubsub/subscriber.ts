import type { Logger } from "@trilby/kit";

import type { AppChannel } from "../../app/channel.ts";
import type { ComponentRegistry, LoadedComponent } from "../../components/registry.ts";
import type { SubscriptionResource } from "../../resources/subscription.ts";
import { settledWithin } from "../back-off.ts";
import { openFeed, type Feed } from "../feed.ts";
import {
  declaredSubscription,
  effectiveSubscriptions,
  refusal,
  subscriptionKey,
  type AppSubscription,
} from "./app-subscription.ts";
import { createPostman } from "./create-postman.ts";
import { createProgrammatic } from "./programmatic.ts";
import { readRules, routesBy, type PathOf } from "./routes.ts";
import type { PubSubRecord } from "./publisher.ts";
import { subscribeAt, type SubscribeSettings } from "./subscribe.ts";

export interface SubscriberSettings extends SubscribeSettings {
  readonly appId: string;
  readonly channel: AppChannel | undefined;
  readonly declared: readonly SubscriptionResource[];
  /** Whether the application is asked for subscriptions of its own. */
  readonly discover: boolean;
  readonly registry: ComponentRegistry;
  /** Of one call that brings many messages, about. Undefined: no limit. */
  readonly maxMessageBytes: number | undefined;
  /** How long deliveries under way may take when subscriptions stop. */
  readonly drainMs: number;
}

/** Keeps the application's subscriptions: running while it is healthy, each by itself. */
export interface Subscriber {
  /** Resolves when each subscription was tried once; those that fail are tried again behind it. */
  start(): Promise<void>;
  /** Takes no new messages, finishes those under way for at most the time given (else that of the settings), then closes. */
  stop(drainMs?: number): Promise<void>;
  /** Those asked for, as the metadata API lists them: also where the component is missing, or its scopes do not allow it. */
  subscriptions(): readonly AppSubscription[];
  /** Those not served, and why. */
  problems(): readonly SubscriptionProblem[];
}

export interface SubscriptionProblem {
  readonly pubsubName: string;
  readonly topic: string;
  /** Where the subscription comes from. */
  readonly source: string;
  readonly reason: string;
}

export function createSubscriber(settings: SubscriberSettings): Subscriber {
  const { channel, logger, publisher, registry } = settings;
  const declared = settings.declared.map(declaredSubscription);
  warnOfDuplicates(declared, logger);
  const feeds = new Map<string, Feed>();
  /** Those on their way out: a later, shorter limit reaches them too. */
  const closing = new Set<Feed>();
  const refused = new Map<string, SubscriptionProblem>();
  const programmatic = channel && createProgrammatic(channel, settings.appId, settings.discover, logger);
  let wanted = effectiveSubscriptions(declared, []);
  /** The rules of each, or what is wrong with them. */
  const rules = new WeakMap<AppSubscription, PathOf | Error>();
  /** Lives from start to stop. */
  let active: AbortController | undefined;

  const refuse = (subscription: AppSubscription, reason: string, level: "warn" | "error"): undefined => {
    const { pubsubName, topic, source } = subscription;
    refused.set(subscriptionKey(subscription), { pubsubName, topic, source, reason });
    logger[level](`subscription to topic ${topic} on pubsub ${pubsubName} (${source}) is not started: ${reason}`);
  };

  /** Starts a subscription when it can be; undefined when it is refused or its component is not there. */
  const open = (subscription: AppSubscription): Feed | undefined => {
    const why = refusal(subscription);
    if (why !== undefined) return refuse(subscription, why, "error");
    const pathOf = rules.get(subscription)!;
    if (pathOf instanceof Error) return refuse(subscription, pathOf.message, "error");
    const record = publisher.find(subscription.pubsubName);
    if (record === undefined) return refuse(subscription, "no pubsub component of that name is loaded", "warn");
    if (!record.rules.maySubscribe(subscription.topic)) {
      return refuse(subscription, "the component's scopes do not allow it", "warn");
    }
    return openSubscription(subscription, record, pathOf);
  };

  const openSubscription = (subscription: AppSubscription, record: PubSubRecord, pathOf: PathOf): Feed => {
    const { pubsubName, topic, source } = subscription;
    const limits = {
      immediate: record.component.features.includes("BULK_SUBSCRIBE_IMMEDIATE"),
      maxBytes: settings.maxMessageBytes,
    };
    const routes = routesBy(pathOf, subscription.rules, (path) =>
      createPostman(channel!, subscription, path, limits, settings.metrics),
    );
    return openFeed(
      `subscription for pubsub ${pubsubName}, topic ${topic} (${source})`,
      (state) => subscribeAt(record, subscription, routes, state, settings),
      logger,
    );
  };

  const readAllRules = async (): Promise<void> => {
    const unread = [...wanted.values()].filter((subscription) => !rules.has(subscription));
    await Promise.all(
      unread.map(async (subscription) =>
        rules.set(subscription, await readRules(subscription.rules).catch((error: Error) => error)),
      ),
    );
  };

  /** Starts what is wanted and does not run. Resolves when each was tried, or after a while. */
  const startMissing = async (component?: LoadedComponent<"pubsub">): Promise<void> => {
    await readAllRules();
    if (active === undefined) return;
    for (const [key, subscription] of wanted) {
      // One that was found meanwhile is started by the one who found it.
      if (
        !rules.has(subscription) ||
        feeds.has(key) ||
        (component !== undefined && component.name !== subscription.pubsubName)
      )
        continue;
      refused.delete(key);
      const feed = open(subscription);
      if (feed !== undefined) feeds.set(key, feed);
    }
    // A broker that neither accepts nor refuses must not hold up the others, nor the news that the application went away.
    await settledWithin(Promise.all([...feeds.values()].map((feed) => feed.attempted)), firstAttemptMs);
  };

  const closeWhere = async (gone: (key: string) => boolean, drainMs = settings.drainMs): Promise<void> => {
    for (const [key, feed] of feeds) {
      if (!gone(key)) continue;
      feeds.delete(key);
      closing.add(feed);
    }
    const closed = [...closing].map((feed) => feed.close(drainMs).then(() => closing.delete(feed)));
    await Promise.all(closed);
  };

  /** A subscription that the application tells itself replaces a declared one that may already run. */
  const applyProgrammatic = async (): Promise<void> => {
    if (active === undefined || programmatic?.found === undefined) return;
    const before = wanted;
    wanted = effectiveSubscriptions(declared, programmatic.found);
    await closeWhere((key) => wanted.get(key) !== before.get(key));
    await startMissing();
  };

  const discover = async (signal: AbortSignal): Promise<void> => {
    if (programmatic === undefined || registry.list("pubsub").length === 0) return;
    await programmatic.ask(signal, applyProgrammatic);
    await applyProgrammatic();
  };

  registry.onLoad("pubsub", async (component) => {
    if (active === undefined) return;
    await discover(active.signal);
    await startMissing(component);
  });
  registry.onUnload("pubsub", (component) => closeWhere((key) => key.startsWith(`${component.name}\n`)));

  return {
    async start() {
      if (active !== undefined || channel === undefined) return;
      const { signal } = (active = new AbortController());
      await discover(signal);
      await startMissing();
    },
    async stop(drainMs) {
      active?.abort();
      active = undefined;
      await closeWhere(() => true, drainMs);
    },
    subscriptions: () =>
      [...wanted.values()].filter(
        (subscription) => refusal(subscription) === undefined && !(rules.get(subscription) instanceof Error),
      ),
    problems() {
      const failing = [...feeds].flatMap(([key, { problem }]) => {
        const subscription = wanted.get(key);
        if (problem === undefined || subscription === undefined) return [];
        const { pubsubName, topic, source } = subscription;
        return [{ pubsubName, topic, source, reason: problem }];
      });
      return [...refused.values(), ...failing];
    },
  };
}

function warnOfDuplicates(declared: readonly AppSubscription[], logger: Logger): void {
  const first = new Map<string, AppSubscription>();
  for (const subscription of declared) {
    const { pubsubName, topic, source } = subscription;
    const earlier = first.get(subscriptionKey(subscription));
    if (earlier === undefined) first.set(subscriptionKey(subscription), subscription);
    else {
      logger.warn(
        `${source}: the subscription to topic ${topic} on pubsub ${pubsubName} is left out: ${earlier.source} subscribes to it already`,
      );
    }
  }
}

const firstAttemptMs = 5000;
