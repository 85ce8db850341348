import type { StreamHandler } from "@trilby/kit/transport";

import type { HttpRoute } from "./api/http/route.ts";
import type { AppChannel } from "./app/channel.ts";
import { createBindingsBlock } from "./blocks/bindings/block.ts";
import { createStateSaver } from "./blocks/bindings/state-saver.ts";
import type { Block } from "./blocks/block.ts";
import { createHealthBlock } from "./blocks/health/create-health-block.ts";
import { createMetadataBlock } from "./blocks/metadata/create-metadata-block.ts";
import { createPubSubBlock } from "./blocks/pubsub/block.ts";
import { createSecretsBlock } from "./blocks/secrets/create-secrets-block.ts";
import { stateMethods } from "./blocks/state/grpc.ts";
import { stateRoutes } from "./blocks/state/http.ts";
import { createStateStores } from "./blocks/state/stores.ts";
import { createUnconfiguredBlock, invokeRoute, proxyRefusal } from "./blocks/unconfigured/create-unconfigured-block.ts";
import type { ComponentRegistry } from "./components/registry.ts";
import type { HealthTargets } from "./health-targets.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { HostOptions } from "./options/options.ts";
import { daprVersion } from "./options/version.ts";
import type { Configuration } from "./resources/configuration.ts";
import { formatPlace } from "./resources/place.ts";
import type { Problem } from "./resources/problem.ts";
import type { SubscriptionResource } from "./resources/subscription.ts";

export interface BlocksSettings {
  readonly options: HostOptions;
  readonly configuration: Configuration;
  readonly registry: ComponentRegistry;
  readonly channel: AppChannel | undefined;
  readonly subscriptions: readonly SubscriptionResource[];
  /** Resources that could not be read, and why. */
  readonly unread: readonly Problem[];
  readonly health: { readonly inbound: HealthTargets; readonly outbound: HealthTargets };
  readonly requestShutdown: (force: boolean) => void;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Every building block, and what the app's coming and going means to them. */
export interface Blocks {
  readonly all: readonly Block[];
  readonly httpFallback: HttpRoute;
  readonly grpcFallback: StreamHandler;
  /** The app is healthy: subscribes and reads. */
  startDelivery(): Promise<void>;
  /** The app is unhealthy: delivers nothing more until it is back. */
  stopDelivery(): Promise<void>;
  /**
   * Delivers nothing more, for good; resolves when what was under way is done, or cut off: within `limitMs`, else within most
   * of the time that a stop may take.
   */
  shutdown(limitMs?: number): Promise<void>;
}

export function createBlocks(settings: BlocksSettings): Blocks {
  const { options, configuration, registry, channel, health, metrics, log } = settings;
  const { appId, namespace } = options;
  const stores = createStateStores({ registry, metrics, appId, namespace });
  const pubsub = createPubSubBlock({
    appId,
    namespace,
    registry,
    channel,
    subscriptions: settings.subscriptions,
    discover: !options.disableInitEndpoints.includes("subscribe"),
    maxMessageBytes: options.api.maxBodyBytes > 0 ? options.api.maxBodyBytes : undefined,
    metrics,
    log,
  });
  const bindings = createBindingsBlock({
    registry,
    channel,
    saveState: createStateSaver(stores),
    probeTimeoutMs: options.app.bindingOptionsTimeoutMs,
    metrics,
    log,
  });
  const feeds = [pubsub, bindings];
  return {
    all: [
      { http: stateRoutes(stores, appId), grpc: stateMethods(stores) },
      pubsub,
      bindings,
      createSecretsBlock({ registry, metrics, scopes: configuration.secretScopes }),
      createMetadataBlock({
        appId,
        daprVersion,
        app: options.app,
        registry,
        enabledFeatures: configuration.features.filter(({ enabled }) => enabled).map(({ name }) => name),
        subscriptions: pubsub.subscriptions,
      }),
      createHealthBlock({
        appId,
        registry,
        health: health.inbound,
        outbound: health.outbound,
        notServed: () => [
          ...settings.unread.map(({ message, place }) => ({ source: formatPlace(place), reason: message })),
          ...pubsub.problems().map(({ pubsubName, ...problem }) => ({ component: pubsubName, ...problem })),
          ...bindings.problems().map(({ name, reason }) => ({ component: name, reason })),
        ],
        stop: settings.requestShutdown,
        log,
      }),
      createUnconfiguredBlock({ appId, namespace }),
    ],
    httpFallback: invokeRoute,
    grpcFallback: proxyRefusal,
    startDelivery: () => forEach(feeds, (feed) => feed.start()),
    stopDelivery: () => forEach(feeds, (feed) => feed.stop()),
    // What is left of the time is for the components to close.
    shutdown: (limitMs = options.gracefulShutdownSeconds * 900) => forEach(feeds, (feed) => feed.shutdown(limitMs)),
  };
}

/** Side by side; one that fails does not keep the others from it. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  await Promise.allSettled(items.map(work));
}
