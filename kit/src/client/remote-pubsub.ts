import { PubSubDefinition, PullMessagesRequest, PullMessagesResponse } from "@trilby/proto/components";
import { encodeMessage } from "@trilby/proto/encode";
import type { Deliver, PubSub, SubscribeRequest, Subscription } from "../contract/pubsub.ts";
import { ComponentError } from "../errors/component-error.ts";
import { aheadKey, methodPath } from "../protocol/names.ts";
import { turnOfId } from "../protocol/turns.ts";
import type { Channel } from "../transport/index.ts";
import { Caller, remoteMethod } from "./caller.ts";
import { DeliveryPump } from "./delivery-pump.ts";
import { initialise } from "./initialise.ts";
import { deliveryLimits } from "./delivery-limits.ts";
import type { DeliveryOptions, OnClosed } from "./delivery-limits.ts";
import type { Remote } from "./remote.ts";

export interface RemotePubSub extends PubSub {
  /**
   * As in the contract, except for what a stream can do: when the connection or the peer's process is lost, `onClosed` is
   * called once and the subscription is over. Init again and subscribe again.
   */
  subscribe(request: SubscribeRequest, deliver: Deliver, onClosed?: OnClosed): Promise<Subscription>;
}

/**
 * Messages of one subscription are handled one after another, as Dapr's runtime does it: a foreign component may send ahead
 * messages that must keep their order. A component of our own kit sends ahead only what has no order among it (it waits for
 * a partition's message to settle before it sends the next, unless the subscriber takes messages `ahead`), so there
 * `concurrency` of them are handled side by side.
 */
export function remotePubSub(
  channel: Channel,
  name: string,
  options: DeliveryOptions = {},
): Remote<"pubsub", RemotePubSub> {
  const caller = new Caller(channel, name);
  return {
    async init(properties, initOptions) {
      const features = await initialise(caller, initMethod, featuresMethod, properties, initOptions);
      return { features, instance: pubSub(caller, features, name, options) };
    },
  };
}

const { methods } = PubSubDefinition;
const initMethod = remoteMethod(PubSubDefinition, methods.init);
const featuresMethod = remoteMethod(PubSubDefinition, methods.features);
const pingMethod = remoteMethod(PubSubDefinition, methods.ping);
const publishMethod = remoteMethod(PubSubDefinition, methods.publish, nothing);
const bulkPublishMethod = remoteMethod(PubSubDefinition, methods.bulkPublish);
const pauseMethod = remoteMethod(PubSubDefinition, methods.pause);
const resumeMethod = remoteMethod(PubSubDefinition, methods.resume);
const pullMessagesPath = methodPath(PubSubDefinition, methods.pullMessages);

function pubSub(
  caller: Caller,
  features: readonly string[],
  pubsubName: string,
  options: DeliveryOptions,
): RemotePubSub {
  const pumps = new Set<DeliveryPump>();
  const broker: RemotePubSub = {
    features,
    publish: ({ topic, data, metadata, contentType = "" }, call) =>
      caller.call(publishMethod, { pubsubName, topic, data, metadata, contentType }, call),
    async subscribe({ topic, metadata, ahead = 1 }, deliver, onClosed) {
      const limits = deliveryLimits(caller.peerIsKit, options, 1);
      const isAhead = caller.peerIsKit && ahead > 1;
      const pump = new DeliveryPump({
        ...limits,
        // As many units as without it: what is ahead of one must not keep another's messages from being read.
        concurrency: isAhead ? limits.concurrency * ahead : limits.concurrency,
        // Others send headers with their first message, which may be hours away.
        waitForHeaders: caller.peerIsKit,
        open: (accepted) => caller.open(pullMessagesPath, accepted),
        first: encodeMessage(PullMessagesRequest, {
          topic: { name: topic, metadata: isAhead ? { ...metadata, [aheadKey]: String(ahead) } : metadata },
          ackMessageId: "",
          ackError: undefined,
        }),
        handle: (bytes) => handleMessage(bytes, topic, isAhead, deliver),
        onClosed(error) {
          pumps.delete(pump);
          onClosed?.(error);
        },
      });
      await pump.accepted();
      pumps.add(pump);
      const close = (): Promise<void> => {
        pumps.delete(pump);
        return pump.close();
      };
      return { close };
    },
    pause: async (call) => void (await caller.call(pauseMethod, {}, call)),
    resume: async (call) => void (await caller.call(resumeMethod, {}, call)),
    ping: async (call) => void (await caller.call(pingMethod, {}, call)),
    async close() {
      for (const pump of pumps) pump.cancel();
      pumps.clear();
    },
  };
  if (features.includes("BULK_PUBSUB")) {
    broker.bulkPublish = async ({ topic, entries, metadata }, call) =>
      (await caller.call(bulkPublishMethod, { pubsubName, topic, entries: [...entries], metadata }, call))
        .failedEntries;
  }
  return broker;
}

function nothing(): void {}

async function handleMessage(
  bytes: Uint8Array,
  subscribed: string,
  isAhead: boolean,
  deliver: Deliver,
): Promise<Uint8Array | undefined> {
  const { data, topicName, metadata, contentType, id } = PullMessagesResponse.decode(bytes);
  const turn = isAhead ? turnOfId(id) : undefined;
  try {
    await deliver({ data, topic: topicName || subscribed, metadata, contentType: contentType || undefined, turn });
    return encodeMessage(PullMessagesRequest, { topic: undefined, ackMessageId: id, ackError: undefined });
  } catch (error) {
    // No answer: the message stays unacknowledged, and comes again once this stream has ended.
    if (ComponentError.is(error) && error.code === "cancelled") return undefined;
    const message = error instanceof Error ? error.message : String(error);
    return encodeMessage(PullMessagesRequest, { topic: undefined, ackMessageId: id, ackError: { message } });
  }
}
