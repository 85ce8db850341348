import type { Channel } from "@trilby/kit/transport";
import {
  DaprDefinition,
  SubscribeTopicEventsRequestAlpha1,
  SubscribeTopicEventsResponseAlpha1,
  type SubscribeTopicEventsRequestInitialAlpha1,
  type TopicEventRequest,
} from "@trilby/proto/runtime";

/** A streaming subscription as an application holds it. */
export interface AppStream {
  /** The next event; rejects with the status when the stream ended with one, resolves to "end" when it ended with OK. */
  next(): Promise<TopicEventRequest | "end">;
  answer(id: string, status?: number): Promise<void>;
  /** Sends any message. */
  say(message: SubscribeTopicEventsRequestAlpha1["subscribeTopicEventsRequestType"]): Promise<void>;
  /** Resolves to whether the host answered that it began. Rejects with the status. */
  begun(): Promise<boolean>;
  end(): void;
  cancel(): void;
}

export const success = 0;
export const retry = 1;
export const drop = 2;

/** Opens a stream and says nothing. */
export function openSilentStream(channel: Channel): AppStream {
  const { name } = DaprDefinition.methods.subscribeTopicEventsAlpha1;
  const stream = channel.stream(`/${DaprDefinition.fullName}/${name}`);
  const messages = stream.messages[Symbol.asyncIterator]();
  const receive = async (): Promise<SubscribeTopicEventsResponseAlpha1["subscribeTopicEventsResponseType"] | "end"> => {
    const { done, value } = await messages.next();
    return done === true ? "end" : SubscribeTopicEventsResponseAlpha1.decode(value).subscribeTopicEventsResponseType;
  };
  const say: AppStream["say"] = (message) =>
    stream.send(
      SubscribeTopicEventsRequestAlpha1.encode(
        SubscribeTopicEventsRequestAlpha1.create({ subscribeTopicEventsRequestType: message }),
      ).finish(),
    );
  return {
    async begun() {
      const response = await receive();
      return response !== "end" && response?.$case === "initialResponse";
    },
    async next() {
      const response = await receive();
      if (response === "end") return response;
      if (response?.$case !== "eventMessage") throw new Error(`not an event: ${response?.$case}`);
      return response.value;
    },
    answer: (id, status = success) => say({ $case: "eventProcessed", value: { id, status: { status: status as 0 } } }),
    say,
    end: () => stream.end(),
    cancel: () => stream.cancel(),
  };
}

export async function openAppStream(
  channel: Channel,
  initial: Partial<SubscribeTopicEventsRequestInitialAlpha1>,
): Promise<AppStream> {
  const stream = openSilentStream(channel);
  const value = { pubsubName: "pubsub", topic: "a", metadata: {}, ...initial };
  await stream.say({ $case: "initialRequest", value });
  if (!(await stream.begun())) throw new Error("the first answer is not the initial response");
  return stream;
}

/** The event; fails at the stream's end. */
export async function nextEvent(stream: AppStream): Promise<TopicEventRequest> {
  const event = await stream.next();
  if (event === "end") throw new Error("the stream ended");
  return event;
}
