import { formatPlace } from "../../resources/place.ts";
import type { SubscriptionResource } from "../../resources/subscription.ts";
import { rawPayload } from "./raw-payload.ts";

/** A subscription of the application: declared in a resource, told by the application itself, or opened by it as a stream. */
export interface AppSubscription {
  readonly type: "DECLARATIVE" | "PROGRAMMATIC" | "STREAMING";
  readonly pubsubName: string;
  readonly topic: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In order; the first whose `match`, a CEL expression, is true of an event takes it. An empty one takes every event. */
  readonly rules: readonly { readonly match: string; readonly path: string }[];
  /** Empty: none. */
  readonly deadLetterTopic: string;
  /** Undefined: events come one by one. */
  readonly bulk: BulkSettings | undefined;
  /** Where it comes from, for messages: a place in a file, or the application's answer. */
  readonly source: string;
}

/** How events are collected. */
export interface BulkSettings {
  /** In one call, at most. */
  readonly maxMessages: number;
  /** How long the first of them waits for others, at most. */
  readonly maxAwaitMs: number;
}

/** With Dapr's defaults for what is not given, or not above 0. */
export function bulkSettings(maxMessages: number | undefined, maxAwaitMs: number | undefined): BulkSettings {
  const given = (value: number | undefined, usual: number): number =>
    value !== undefined && value > 0 ? Math.min(value, largestInt32) : usual;
  return { maxMessages: given(maxMessages, 100), maxAwaitMs: given(maxAwaitMs, 1000) };
}

export function declaredSubscription(resource: SubscriptionResource): AppSubscription {
  const { rules, default: byDefault } = resource.routes;
  const { bulkSubscribe: bulk } = resource;
  return {
    type: "DECLARATIVE",
    pubsubName: resource.pubsubName,
    topic: resource.topic,
    metadata: resource.metadata,
    rules: [
      ...rules.map(({ match, path }) => ({ match: match.trim(), path })),
      ...(byDefault === undefined ? [] : [{ match: "", path: byDefault }]),
    ],
    deadLetterTopic: resource.deadLetterTopic ?? "",
    bulk: bulk?.enabled === true ? bulkSettings(bulk.maxMessagesCount, bulk.maxAwaitDurationMs) : undefined,
    source: formatPlace(resource.place),
  };
}

/** Why this host does not serve a subscription; undefined when it does. */
export function refusal(subscription: AppSubscription): string | undefined {
  if (subscription.rules.length === 0) return "it has no route, so its messages would be lost; give it a route";
  const raw = rawPayload(subscription.metadata);
  return typeof raw === "string" ? raw : undefined;
}

/**
 * The subscriptions that count: one for each component and topic. The first declared one wins, and one that the application
 * tells itself replaces it.
 */
export function effectiveSubscriptions(
  declared: readonly AppSubscription[],
  programmatic: readonly AppSubscription[],
): Map<string, AppSubscription> {
  const chosen = new Map<string, AppSubscription>();
  for (const subscription of declared) {
    const key = subscriptionKey(subscription);
    if (!chosen.has(key)) chosen.set(key, subscription);
  }
  for (const subscription of programmatic) chosen.set(subscriptionKey(subscription), subscription);
  return chosen;
}

export function subscriptionKey({ pubsubName, topic }: AppSubscription): string {
  return `${pubsubName}\n${topic}`;
}

const largestInt32 = 2 ** 31 - 1;
