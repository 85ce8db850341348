import { RpcCode, RpcError } from "@trilby/kit/transport";
import { encodeMessage } from "@trilby/proto/encode";
import {
  TopicEventRequest,
  TopicEventResponse,
  TopicEventResponse_TopicEventResponseStatus as Status,
} from "@trilby/proto/runtime";

import type { GrpcAppChannel } from "../../app/channel.ts";
import { AppError } from "../../app/app-error.ts";
import { textAttribute, type IncomingEvent } from "./incoming-event.ts";
import { deliveryTraceparent, type Outcome, type Postman } from "./postman.ts";

/** Delivery by AppCallback.OnTopicEvent. */
export function createGrpcPostman(channel: GrpcAppChannel, pubsubName: string, path: string): Postman {
  const method = channel.method("/dapr.proto.runtime.v1.AppCallback/OnTopicEvent", { pubsubname: pubsubName });
  return {
    async deliver(event, metadata, signal) {
      const id = textAttribute(event, "id");
      let request: Uint8Array;
      try {
        request = encodeMessage(TopicEventRequest, {
          id,
          source: textAttribute(event, "source"),
          type: textAttribute(event, "type"),
          specVersion: textAttribute(event, "specversion"),
          dataContentType: textAttribute(event, "datacontenttype"),
          data: event.data(),
          topic: event.topic,
          pubsubName,
          path,
          extensions: extensionsOf(event),
        });
      } catch (error) {
        return {
          status: "retry",
          reason: `pub/sub event ${id} cannot be put into a TopicEventRequest: ${(error as Error).message}`,
        };
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
  switch (status) {
    case Status.SUCCESS:
      return success;
    case Status.RETRY:
      return { status: "retry", reason: `RETRY status returned from app while processing pub/sub event ${id}` };
    case Status.DROP:
      return {
        status: "drop",
        reason: `DROP status returned from app while processing pub/sub event ${id}`,
        deadLetter: true,
      };
    default:
      return {
        status: "retry",
        reason: `unknown status returned from app while processing pub/sub event ${id}, status: ${status}`,
      };
  }
}

/** Every attribute that has no field of its own. */
function extensionsOf({ attributes }: IncomingEvent): Record<string, unknown> {
  const extensions: Record<string, unknown> = {};
  for (const name in attributes) if (!fields.has(name)) extensions[name] = attributes[name];
  return extensions;
}

const success: Outcome = { status: "success" };
const fields: ReadonlySet<string> = new Set([
  "id",
  "source",
  "type",
  "specversion",
  "datacontenttype",
  "data",
  "data_base64",
]);
