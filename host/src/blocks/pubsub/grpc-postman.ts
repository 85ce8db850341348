import { RpcCode, RpcError } from "@trilby/kit/transport";
import { encodeMessage } from "@trilby/proto/encode";
import { TopicEventRequest, TopicEventResponse } from "@trilby/proto/runtime";

import type { GrpcAppChannel } from "../../app/channel.ts";
import { AppError } from "../../app/app-error.ts";
import { textAttribute } from "./incoming-event.ts";
import { deliveryTraceparent, type Outcome, type Postman } from "./postman.ts";
import { notTold, outcomeOfStatus, topicEventOf } from "./topic-event.ts";

/** Delivery by AppCallback.OnTopicEvent. */
export function createGrpcPostman(channel: GrpcAppChannel, pubsubName: string, path: string): Postman {
  const method = channel.method("/dapr.proto.runtime.v1.AppCallback/OnTopicEvent", { pubsubname: pubsubName });
  return {
    async deliver(event, metadata, signal) {
      const id = textAttribute(event, "id");
      let request: Uint8Array;
      try {
        request = encodeMessage(TopicEventRequest, topicEventOf(event, pubsubName, path));
      } catch (error) {
        return notTold(id, error);
      }
      let answer: Uint8Array;
      try {
        answer = await method.call(request, {
          headers: metadata,
          traceparent: deliveryTraceparent(event, metadata),
          signal,
        });
      } catch (error) {
        return failureOf(error, id);
      }
      return outcomeOf(answer, id);
    },
  };
}

function failureOf(error: unknown, id: string): Outcome {
  if (error instanceof RpcError) {
    if (error.code === RpcCode.UNIMPLEMENTED) {
      return {
        status: "drop",
        reason: `non-retriable error returned from app while processing pub/sub event ${id}: ${error.message}`,
        deadLetter: false,
      };
    }
    return {
      status: "retry",
      reason: `error returned from app while processing pub/sub event ${id}: ${error.message}`,
    };
  }
  if (error instanceof AppError) throw error;
  return { status: "retry", reason: `calling the app for pub/sub event ${id} failed: ${String(error)}` };
}

function outcomeOf(answer: Uint8Array, id: string): Outcome {
  let status: number;
  try {
    status = TopicEventResponse.decode(answer).status;
  } catch (error) {
    return {
      status: "retry",
      reason: `the app's answer to pub/sub event ${id} is not a TopicEventResponse: ${(error as Error).message}`,
    };
  }
  return outcomeOfStatus(status, id);
}
