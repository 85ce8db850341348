import type { Logger, Subscription } from "@trilby/kit";

import type { Metrics } from "../../observability/metrics.ts";
import type { FeedState } from "../feed.ts";
import type { AppSubscription } from "./app-subscription.ts";
import { createDelivery } from "./delivery.ts";
import { inTurn } from "./in-turn.ts";
import type { Publisher, PubSubRecord } from "./publisher.ts";
import type { Routes } from "./routes.ts";

/** What every subscription needs, whoever asked for it. */
export interface SubscribeSettings {
  readonly namespace: string | undefined;
  readonly publisher: Publisher;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Subscribes at the component, with the rules of delivery between it and the application. */
export function subscribeAt(
  record: PubSubRecord,
  subscription: AppSubscription,
  routes: Routes,
  state: FeedState,
  { publisher, metrics, logger, ...settings }: SubscribeSettings,
): Promise<Subscription> {
  const { pubsubName, topic, metadata, bulk } = subscription;
  const namespace = record.component.namespaced === true ? (settings.namespace ?? "") : "";
  const deliver = createDelivery({
    subscription,
    routes,
    publisher,
    ingress:
      bulk === undefined ? metrics.pubsubIngress(pubsubName, topic) : metrics.pubsubBulkIngress(pubsubName, topic),
    logger,
    appTopic: (wireTopic) => (namespace === "" ? wireTopic : wireTopic.replace(namespace, "")),
    isClosing: () => state.closing,
    signal: state.cut,
  });
  const hurry = (): void => {
    for (const postman of routes.postmen) postman.hurry?.(state.cut);
  };
  state.closed.addEventListener("abort", hurry, { once: true });
  const ahead = bulk === undefined ? aheadOfOne : Math.min(bulk.maxMessages, mostAhead);
  return record.component.instance.subscribe(
    { topic: record.wireTopic(topic), metadata, ahead },
    inTurn(deliver, { together: bulk !== undefined }),
  );
}

/** For calls with many events: what waits for the call is held here. */
const mostAhead = 256;
/** For calls with one event: while the application handles it the next one is on its way here. */
const aheadOfOne = 4;
