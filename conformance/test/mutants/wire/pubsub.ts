import { RpcCode, type ClientStream } from "@trilby/kit/transport";
import { PullMessagesRequest, PullMessagesResponse } from "@trilby/proto/components";
import { protocolMutants } from "./protocol.ts";
import { refuse, unary, type WireMutant } from "./wire-mutant.ts";

export const pubSubWireMutants: readonly WireMutant<"pubsub">[] = [
  ...protocolMutants<"pubsub">("pubsub"),
  {
    name: "ends a stream at an unknown id",
    caughtBy: ["pubsub/answers-to-unknown-ids-are-ignored"],
    channel: streaming((right) => {
      const known = new Set<string>();
      return {
        async send(request) {
          if (!request.topic && !known.has(request.ackMessageId)) right.cancel();
          await right.send(PullMessagesRequest.encode(request).finish());
        },
        received: (response) => {
          known.add(response.id);
          return response;
        },
      };
    }),
  },
  {
    name: "uses one id for all messages",
    caughtBy: ["pubsub/every-message-of-a-stream-has-an-id-of-its-own"],
    channel: streaming((right) => {
      let last = "";
      return {
        send: (request) =>
          right.send(PullMessagesRequest.encode(request.topic ? request : { ...request, ackMessageId: last }).finish()),
        received: (response) => {
          last = response.id;
          return { ...response, id: "1" };
        },
      };
    }),
  },
  {
    name: "acknowledges what it has sent",
    caughtBy: ["pubsub/an-unanswered-message-of-a-cancelled-stream-comes-on-the-next-one"],
    channel: streaming((right) => ({
      send: (request) => right.send(PullMessagesRequest.encode(request).finish()),
      received: (response) => {
        void right.send(
          PullMessagesRequest.encode({ topic: undefined, ackMessageId: response.id, ackError: undefined }).finish(),
        );
        return response;
      },
    })),
  },
  {
    name: "takes an error without a message for no error",
    caughtBy: ["pubsub/an-error-without-a-message-is-a-refusal-all-the-same"],
    channel: streaming((right) => ({
      send: (request) =>
        right.send(
          PullMessagesRequest.encode(
            request.ackError?.message === "" ? { ...request, ackError: undefined } : request,
          ).finish(),
        ),
      received: (response) => response,
    })),
  },
  {
    name: "falls over at a stream that names no topic",
    caughtBy: ["pubsub/a-stream-that-names-no-topic-harms-nobody"],
    channel(right) {
      let down = false;
      const gone = { code: RpcCode.UNAVAILABLE, message: "connection lost" };
      return {
        ...unary(
          (onwards) => async (path, request, options) =>
            down ? refuse(gone.code, gone.message) : onwards(path, request, options),
        )(right),
        stream(path, options) {
          const stream = right.stream(path, options);
          if (!path.endsWith("/PullMessages")) return stream;
          let first = true;
          return {
            async send(message) {
              down ||= first && !PullMessagesRequest.decode(message).topic?.name;
              first = false;
              await stream.send(message);
            },
            end: () => stream.end(),
            cancel: () => stream.cancel(),
            messages: stream.messages,
          };
        },
      };
    },
  },
  {
    name: "pauses once only",
    caughtBy: ["pubsub/pause-and-resume-answer-ok-or-unimplemented-and-may-be-repeated"],
    channel: unary((right) => {
      let paused = false;
      return async (path, request, options) => {
        if (path.endsWith("/Pause")) {
          if (paused) refuse(RpcCode.FAILED_PRECONDITION);
          paused = true;
        }
        return right(path, request, options);
      };
    }),
  },
  {
    name: "answers OK to a bulk publish that it does not have",
    caughtBy: ["pubsub/without-bulk-pubsub-the-wire-answers-unimplemented"],
    features: [],
    channel: unary(
      (right) => async (path, request, options) =>
        path.endsWith("/BulkPublish") ? new Uint8Array() : right(path, request, options),
    ),
  },
];

interface Changed {
  send(request: PullMessagesRequest): Promise<void>;
  received(response: PullMessagesResponse): PullMessagesResponse;
}

/** A server whose PullMessages streams are wrong. */
function streaming(change: (right: ClientStream) => Changed): WireMutant["channel"] {
  return (right) => ({
    stream(path, options) {
      const stream = right.stream(path, options);
      if (!path.endsWith("/PullMessages")) return stream;
      const changed = change(stream);
      return {
        send: (message) => changed.send(PullMessagesRequest.decode(message)),
        end: () => stream.end(),
        cancel: () => stream.cancel(),
        messages: (async function* () {
          for await (const message of stream.messages)
            yield PullMessagesResponse.encode(changed.received(PullMessagesResponse.decode(message))).finish();
        })(),
      };
    },
  });
}
