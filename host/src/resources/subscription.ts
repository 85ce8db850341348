import type { Place } from "./place.ts";

/**
 * A declarative subscription: `kind: Subscription` of dapr.io/v1alpha1 or v2alpha1, checked, in scope of this app. Both
 * versions come out in one shape: v1alpha1's single `route` is `routes.default`.
 */
export interface SubscriptionResource {
  /** `metadata.name`. */
  readonly name: string;
  readonly apiVersion: "dapr.io/v1alpha1" | "dapr.io/v2alpha1";
  readonly pubsubName: string;
  readonly topic: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly routes: SubscriptionRoutes;
  readonly deadLetterTopic: string | undefined;
  readonly bulkSubscribe: BulkSubscribe | undefined;
  /** Where the resource begins, for messages. */
  readonly place: Place;
}

export interface SubscriptionRoutes {
  /** In the order of the resource: the first match wins. */
  readonly rules: readonly SubscriptionRule[];
  /** Path when no rule matches; absent: such a message is dropped as Dapr drops it. */
  readonly default: string | undefined;
}

export interface SubscriptionRule {
  /** A CEL expression over the event. Empty matches everything. */
  readonly match: string;
  readonly path: string;
}

export interface BulkSubscribe {
  readonly enabled: boolean;
  /** Absent: the default applies. */
  readonly maxMessagesCount: number | undefined;
  readonly maxAwaitDurationMs: number | undefined;
}
