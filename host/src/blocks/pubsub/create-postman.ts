import type { AppChannel } from "../../app/channel.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { AppSubscription } from "./app-subscription.ts";
import { createBulkPostman, type BulkLimits, type DeliverBatch } from "./bulk-postman.ts";
import { createGrpcBatch } from "./grpc-batch.ts";
import { createGrpcPostman } from "./grpc-postman.ts";
import { createHttpBatch } from "./http-batch.ts";
import { createHttpPostman } from "./http-postman.ts";
import type { Postman } from "./postman.ts";

/** The postman for one route of a subscription, that speaks as the application does. */
export function createPostman(
  channel: AppChannel,
  { pubsubName, topic, bulk }: AppSubscription,
  path: string,
  limits: BulkLimits,
  metrics: Metrics,
): Postman {
  if (bulk === undefined) {
    return channel.kind === "http"
      ? createHttpPostman(channel, pubsubName, path)
      : createGrpcPostman(channel, pubsubName, path);
  }
  const deliver =
    channel.kind === "http"
      ? createHttpBatch(channel, pubsubName, topic, path)
      : createGrpcBatch(channel, pubsubName, topic, path);
  const calls = metrics.pubsubBulkIngress(pubsubName, topic);
  const counted: DeliverBatch = async (batch, signal) => {
    const startedAt = performance.now();
    const outcomes = await deliver(batch, signal);
    calls.call(startedAt);
    return outcomes;
  };
  return createBulkPostman(counted, bulk, limits);
}
