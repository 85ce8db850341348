import { setImmediate } from "node:timers/promises";
import { PubSubDefinition, PullMessagesRequest, PullMessagesResponse } from "@trilby/proto/components";
import { encodeMessage } from "@trilby/proto/encode";
import type { Message } from "../contract/pubsub.ts";
import { ComponentError } from "../errors/component-error.ts";
import { aheadKey } from "../protocol/names.ts";
import { idWithTurn } from "../protocol/turns.ts";
import type { RpcServer, ServerCall, ServerStream } from "../transport/index.ts";
import { runDeliveryStream, subscribedHeaders } from "./delivery-stream.ts";
import type { DeliverySettings } from "./delivery-stream.ts";
import { initialise, ping } from "./instance-methods.ts";
import { PendingAcknowledgements } from "./pending-acknowledgements.ts";
import type { ServedComponent } from "./served-component.ts";
import type { ServedService } from "./served-service.ts";
import { decode, serveStream, serveUnary } from "./service.ts";

export function servePubSub(
  server: RpcServer,
  component: ServedComponent<"pubsub">,
  settings: DeliverySettings,
): ServedService[] {
  const { type } = component.definition;
  // A subscriber hears nothing from a pluggable component when its subscription stands: daprd may publish right behind it, in the
  // very bytes of one read. What came first has to count first.
  let subscribing = 0;
  const absent = (what: string) => new ComponentError("unimplemented", `${type} has no ${what}`);
  serveUnary(server, PubSubDefinition, {
    init: initialise(component),
    features: async (_, name) => ({ features: [...component.features(name)] }),
    ping: ping(component),
    publish: async ({ topic, data, metadata, contentType }, name, call) => {
      if (subscribing > 0) await setImmediate();
      await component.instance(name).publish({ topic, data, metadata, contentType: contentType || undefined }, call);
      return {};
    },
    bulkPublish: async ({ topic, entries, metadata }, name, call) => {
      if (subscribing > 0) await setImmediate();
      const broker = component.instance(name);
      if (broker.bulkPublish === undefined) throw absent("bulk publish");
      return { failedEntries: await broker.bulkPublish({ topic, entries, metadata }, call) };
    },
    pause: async (_, name, call) => {
      const broker = component.instance(name);
      if (broker.pause === undefined) throw absent("pause");
      await broker.pause(call);
      return {};
    },
    resume: async (_, name, call) => {
      const broker = component.instance(name);
      if (broker.resume === undefined) throw absent("resume");
      await broker.resume(call);
      return {};
    },
  });
  serveStream(server, PubSubDefinition, PubSubDefinition.methods.pullMessages, async (stream, name, call) => {
    subscribing++;
    let opening = true;
    const opened = (): void => {
      if (opening) subscribing--;
      opening = false;
    };
    try {
      await pullMessages(component, stream, name, call, settings, opened);
    } finally {
      opened();
    }
  });
  return [{ definition: PubSubDefinition, listed: () => true }];
}

async function pullMessages(
  component: ServedComponent<"pubsub">,
  stream: ServerStream,
  name: string,
  call: ServerCall,
  settings: DeliverySettings,
  opened: () => void,
): Promise<void> {
  const broker = component.instance(name);
  const { pullMessages: method } = PubSubDefinition.methods;
  const first = await stream.messages[Symbol.asyncIterator]().next();
  const topic = first.done ? undefined : decode(PullMessagesRequest, first.value, method).topic;
  if (!topic?.name) throw new ComponentError("invalid-argument", "the first message of PullMessages must name a topic");

  const subscribed = subscribedHeaders(call);
  const { [aheadKey]: aheadText, ...metadata } = topic.metadata;
  const ahead = countOf(aheadText);
  const limits = { ...settings, maxInFlight: settings.maxInFlight * (ahead ?? 1) };
  const pending = new PendingAcknowledgements<void>((bytes) => {
    subscribed();
    return stream.send(bytes);
  }, limits);
  const deliver = ({ data, topic: topicName, metadata, contentType = "", turn }: Message): Promise<void> =>
    pending.deliver(
      (id) => encodeMessage(PullMessagesResponse, { data, topicName, metadata, contentType, id }),
      (id) => idWithTurn(id, turn),
    );
  await runDeliveryStream({
    component,
    name,
    stream,
    subscribed,
    pending,
    logger: settings.logger(name),
    open: () => {
      const request = { topic: topic.name, metadata, ahead };
      const subscription = broker.subscribe(request, deliver);
      opened();
      return subscription;
    },
    answered(message) {
      const { ackMessageId, ackError } = decode(PullMessagesRequest, message, method);
      if (ackError === undefined) pending.resolve(ackMessageId);
      else
        pending.reject(
          ackMessageId,
          new ComponentError("internal", ackError.message || "the subscriber could not handle the message"),
        );
    },
  });
}

/** Undefined: none, or none that can be used. */
function countOf(text: string | undefined): number | undefined {
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 1 ? Math.min(count, mostAhead) : undefined;
}

const mostAhead = 1_000;
