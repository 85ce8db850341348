import { RpcCode, RpcError, type ServerStream } from "@trilby/kit/transport";
import { encodeMessage } from "@trilby/proto/encode";
import {
  SubscribeTopicEventsRequestAlpha1,
  SubscribeTopicEventsResponseAlpha1,
  type SubscribeTopicEventsRequestInitialAlpha1,
} from "@trilby/proto/runtime";

import { decodeRequest } from "../../api/grpc/unary-method.ts";
import { openFeed, type Feed } from "../feed.ts";
import { refusal, type AppSubscription } from "./app-subscription.ts";
import { oneRoute } from "./routes.ts";
import { createStreamPostman, type StreamPostman } from "./stream-postman.ts";
import type { StreamsSettings } from "./streams.ts";
import { subscribeAt } from "./subscribe.ts";

/** One subscription over one stream, from the first message to the last. */
export interface StreamSession {
  /** Known from the first message until the subscription ends. */
  readonly subscription: AppSubscription | undefined;
  /** Settles when the subscription is closed and the stream may end: rejects with its status. */
  readonly finished: Promise<void>;
  /** Delivers nothing new, takes answers for at most `drainMs`, then ends the stream. May be called again with less time. */
  stop(drainMs: number): Promise<void>;
}

export function openStreamSession(stream: ServerStream, settings: StreamsSettings): StreamSession {
  const { publisher, drainMs } = settings;
  const logger = settings.logger;
  const requests = stream.messages[Symbol.asyncIterator]();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  let subscription: AppSubscription | undefined;
  let feed: Feed | undefined;

  /** What the application says next; undefined when it has said everything. */
  const next = async (): Promise<SubscribeTopicEventsRequestAlpha1["subscribeTopicEventsRequestType"] | "end"> => {
    const { done, value } = await requests.next();
    return done === true
      ? "end"
      : decodeRequest(SubscribeTopicEventsRequestAlpha1, value).subscribeTopicEventsRequestType;
  };

  /** Resolves when the application closed its half of the stream; rejects when it is gone or says what it must not. */
  const readAnswers = async (postman: StreamPostman): Promise<void> => {
    for (let said = await next(); said !== "end"; said = await next()) {
      if (said?.$case !== "eventProcessed") throw plain("duplicate initial request received");
      if (postman.answered(said.value)) continue;
      logger.warn(
        `the app answered on its stream for topic ${subscription?.topic} an event that waits for no answer: ${said.value.id}`,
      );
    }
  };

  const serve = async (asked: AppSubscription): Promise<void> => {
    const { pubsubName, topic } = asked;
    const record = publisher.find(pubsubName);
    if (record === undefined) throw publisher.missing(pubsubName, null);
    const failed = (reason: string): RpcError => plain(`failed to create subscription for ${pubsubName}: ${reason}`);
    const why = refusal(asked);
    if (why !== undefined) throw failed(why);
    if (!record.rules.maySubscribe(topic))
      throw failed(`subscription to topic '${topic}' on pubsub '${pubsubName}' is not allowed`);

    const postman = createStreamPostman({
      send: (message) => stream.send(message),
      pubsubName,
      maxMessageBytes: settings.maxMessageBytes,
    });
    let failure: Error | undefined;
    feed = openFeed(
      `streaming subscription for pubsub ${pubsubName}, topic ${topic}`,
      async (state) => {
        try {
          return await subscribeAt(record, asked, oneRoute(postman), state, settings);
        } catch (error) {
          // Not tried again here: the application is told, and may open another stream.
          failure = error instanceof Error ? error : new Error(String(error));
          return { close: async () => undefined };
        }
      },
      logger,
    );
    const answersRead = readAnswers(postman);
    answersRead.catch(() => undefined);
    const over = Promise.race([answersRead, stopped.promise]);
    try {
      await Promise.race([feed.attempted, over]);
      if (failure !== undefined) throw failed(`failed to subscribe to topic ${topic}: ${failure.message}`);
      await stream.send(initialResponse);
      logger.info(`streaming subscription to topic ${topic} on pubsub ${pubsubName} is started`);
      postman.open();
      await over;
    } finally {
      subscription = undefined;
      postman.end();
      // Nothing waits for an answer any more; what is left is on its way to the dead letter topic.
      await feed.close(drainMs);
      logger.info(`streaming subscription to topic ${topic} on pubsub ${pubsubName} has ended`);
    }
  };

  const run = async (): Promise<void> => {
    const first = await Promise.race([next(), stopped.promise]);
    if (first === "end" || first?.$case !== "initialRequest") throw plain("initial request is required");
    if (first.value.pubsubName === "") throw plain("pubsubName is required");
    if (first.value.topic === "") throw plain("topic is required");
    await serve((subscription = streamedSubscription(first.value)));
  };

  const finished = run();
  const settled = finished.catch(() => undefined);
  return {
    get subscription() {
      return subscription;
    },
    finished,
    async stop(limitMs) {
      await feed?.close(limitMs);
      stopped.reject(plain("stream closed"));
      await settled;
    },
  };
}

function streamedSubscription(asked: SubscribeTopicEventsRequestInitialAlpha1): AppSubscription {
  return {
    type: "STREAMING",
    pubsubName: asked.pubsubName,
    topic: asked.topic,
    metadata: asked.metadata,
    rules: [{ match: "", path: "/" }],
    deadLetterTopic: asked.deadLetterTopic ?? "",
    bulk: undefined,
    source: "a stream of the app",
  };
}

/** An error that has no code in Dapr: SDKs open another stream after it. */
function plain(message: string): RpcError {
  return new RpcError(RpcCode.UNKNOWN, message);
}

const initialResponse = encodeMessage(SubscribeTopicEventsResponseAlpha1, {
  subscribeTopicEventsResponseType: { $case: "initialResponse", value: {} },
});
