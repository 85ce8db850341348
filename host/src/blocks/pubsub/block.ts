import type { AppChannel } from "../../app/channel.ts";
import type { ComponentRegistry } from "../../components/registry.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { SubscriptionResource } from "../../resources/subscription.ts";
import { settledWithin } from "../back-off.ts";
import type { Block } from "../block.ts";
import { drainWithin } from "../feed.ts";
import type { AppSubscription } from "./app-subscription.ts";
import { publishMethods } from "./grpc.ts";
import { publishRoutes } from "./http.ts";
import { createPublisher } from "./publisher.ts";
import { createStreams } from "./streams.ts";
import { createSubscriber, type SubscriptionProblem } from "./subscriber.ts";

export interface PubSubSettings {
  readonly appId: string;
  readonly namespace: string | undefined;
  readonly registry: ComponentRegistry;
  /** Absent: publishing alone. */
  readonly channel: AppChannel | undefined;
  /** Those in scope of this app, in the order they were read. */
  readonly subscriptions: readonly SubscriptionResource[];
  /** False with `--disable-init-endpoints=subscribe`. */
  readonly discover: boolean;
  /** What the gRPC API sends at most in one message, and about what goes into one batch. Absent: no limit. */
  readonly maxMessageBytes?: number | undefined;
  /** How long deliveries under way may take when subscriptions stop. Default 30 s. */
  readonly drainMs?: number | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

/**
 * Publish and subscribe. The one who composes calls `start` when the application becomes healthy, `stop` when it becomes
 * unhealthy and `shutdown` at the end, before the components close. Streams that the application opens itself take no notice
 * of its health.
 */
export interface PubSubBlock extends Block {
  /** Discovers and starts the application's subscriptions; resolves when each was tried once. */
  start(): Promise<void>;
  /** Takes no new messages, finishes those under way, closes the subscriptions. May be followed by another `start`. */
  stop(): Promise<void>;
  /**
   * As `stop`, for good, within `limitMs`: the brokers are paused first, so that nothing more comes while what is there is
   * finished. May follow a `stop` that is under way, and shortens it.
   */
  shutdown(limitMs?: number): Promise<void>;
  /** Those asked for, for the metadata API. */
  subscriptions(): readonly AppSubscription[];
  /** Those that are not served and why, for health and logs. */
  problems(): readonly SubscriptionProblem[];
}

export function createPubSubBlock(settings: PubSubSettings): PubSubBlock {
  const { registry, metrics, drainMs = 30_000 } = settings;
  const logger = settings.log.scope("dapr.runtime.processor.subscription");
  const publisher = createPublisher(settings);
  const { namespace, maxMessageBytes } = settings;
  const shared = { namespace, registry, publisher, metrics, logger, maxMessageBytes, drainMs };
  const subscriber = createSubscriber({
    ...shared,
    appId: settings.appId,
    channel: settings.channel,
    declared: settings.subscriptions,
    discover: settings.discover,
  });
  const streams = createStreams(shared);
  let over = false;
  return {
    http: publishRoutes(publisher, metrics),
    grpc: [...publishMethods(publisher), streams.method],
    start: () => (over ? Promise.resolve() : subscriber.start()),
    stop: () => subscriber.stop(),
    async shutdown(limitMs = Infinity) {
      const startedAt = performance.now();
      over = true;
      const paused = registry.list("pubsub").map(async ({ name, instance }) => {
        try {
          await instance.pause?.();
        } catch (error) {
          logger.warn(`failed to pause pubsub ${name} before the shutdown: ${String(error)}`);
        }
      });
      await settledWithin(Promise.all(paused), Math.min(pauseMs, limitMs / 4));
      const leftMs = drainWithin(limitMs - (performance.now() - startedAt), drainMs);
      await Promise.all([subscriber.stop(leftMs), streams.stop(leftMs)]);
    },
    subscriptions: () => [...subscriber.subscriptions(), ...streams.subscriptions()],
    problems: subscriber.problems,
  };
}

const pauseMs = 5000;
