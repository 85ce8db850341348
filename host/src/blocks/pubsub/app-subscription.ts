import { formatPlace } from "../../resources/place.ts";
import type { SubscriptionResource } from "../../resources/subscription.ts";
import { rawPayload } from "./raw-payload.ts";

/** A subscription of the application: declared in a resource, told by the application itself, or opened by it as a stream. */
export interface AppSubscription {
  readonly type: "DECLARATIVE" | "PROGRAMMATIC" | "STREAMING";
  readonly pubsubName: string;
  readonly topic: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In order; a rule without `match` takes every event. */
  readonly rules: readonly { readonly match: string; readonly path: string }[];
  /** Empty: none. */
  readonly deadLetterTopic: string;
  readonly bulk: boolean;
  /** Where it comes from, for messages: a place in a file, or the application's answer. */
  readonly source: string;
}

export function declaredSubscription(resource: SubscriptionResource): AppSubscription {
  const { rules, default: byDefault } = resource.routes;
  return {
    type: "DECLARATIVE",
    pubsubName: resource.pubsubName,
    topic: resource.topic,
    metadata: resource.metadata,
    rules: [...rules, ...(byDefault === undefined ? [] : [{ match: "", path: byDefault }])],
    deadLetterTopic: resource.deadLetterTopic ?? "",
    bulk: resource.bulkSubscribe?.enabled ?? false,
    source: formatPlace(resource.place),
  };
}

/** Why this host does not serve a subscription; undefined when it does. */
export function refusal(subscription: AppSubscription): string | undefined {
  if (subscription.rules.length === 0) return "it has no route, so its messages would be lost; give it a route";
  const rule = subscription.rules.find(({ match }) => match.trim() !== "");
  if (rule !== undefined) {
    return (
      `its route ${rule.path} has the match ${JSON.stringify(rule.match)}, and this version does not route by CEL expressions yet; ` +
      `use one route without a match`
    );
  }
  if (subscription.bulk) {
    return "it asks for bulkSubscribe, and this version does not deliver in bulk yet; remove bulkSubscribe and take messages one by one";
  }
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
