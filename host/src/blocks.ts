import { RpcCode, RpcError, type StreamHandler } from "@trilby/kit/transport";

import type { HttpRoute } from "./api/http/route.ts";
import type { AppChannel } from "./app/channel.ts";
import type { Block } from "./blocks/block.ts";
import { createPubSubBlock } from "./blocks/pubsub/block.ts";
import { createStateBlock } from "./blocks/state/create-state-block.ts";
import type { ComponentRegistry } from "./components/registry.ts";
import type { HealthTargets } from "./health-targets.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { HostOptions } from "./options/options.ts";
import type { Configuration } from "./resources/configuration.ts";
import type { SubscriptionResource } from "./resources/subscription.ts";

export interface BlocksSettings {
  readonly options: HostOptions;
  readonly configuration: Configuration;
  readonly registry: ComponentRegistry;
  readonly channel: AppChannel | undefined;
  readonly subscriptions: readonly SubscriptionResource[];
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
  /** Delivers nothing more, for good; resolves when what was under way is done. */
  shutdown(): Promise<void>;
}

export function createBlocks(settings: BlocksSettings): Blocks {
  const { options, registry, channel, metrics, log } = settings;
  const { appId, namespace } = options;
  const pubsub = createPubSubBlock({
    appId,
    namespace,
    registry,
    channel,
    subscriptions: settings.subscriptions,
    discover: !options.disableInitEndpoints.includes("subscribe"),
    metrics,
    log,
  });
  const state = createStateBlock({ registry, metrics, appId, namespace });
  return {
    all: [state, pubsub],
    httpFallback: {
      methods: [],
      path: "/",
      name: "",
      api: { group: "", version: "v1" },
      handle: (exchange) => exchange.respond(404, "404 page not found\n", "text/plain; charset=utf-8"),
    },
    grpcFallback: (_stream, call) =>
      Promise.reject(new RpcError(RpcCode.UNIMPLEMENTED, `unknown service ${call.path}`)),
    startDelivery: () => pubsub.start(),
    stopDelivery: () => pubsub.stop(),
    shutdown: () => pubsub.shutdown(),
  };
}
