import type { ComponentRegistry } from "../../components/registry.ts";
import type { AppOptions } from "../../options/options.ts";

/** A subscription as metadata tells it. */
export interface SubscriptionInfo {
  readonly type: "DECLARATIVE" | "PROGRAMMATIC" | "STREAMING" | "UNKNOWN";
  readonly pubsubName: string;
  readonly topic: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly rules: readonly { readonly match: string; readonly path: string }[];
  readonly deadLetterTopic: string;
}

/** Where metadata comes from. */
export interface MetadataSources {
  readonly appId: string;
  /** The Dapr release whose behaviour this is; tools compare it. */
  readonly daprVersion: string;
  readonly app: AppOptions;
  readonly registry: ComponentRegistry;
  readonly enabledFeatures: readonly string[];
  readonly subscriptions: () => readonly SubscriptionInfo[];
}
