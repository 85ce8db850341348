import type { TopicEventCERequest, TopicEventRequest } from "@trilby/proto/runtime";
import { TopicEventResponse_TopicEventResponseStatus as Status } from "@trilby/proto/runtime";

import { textAttribute, type IncomingEvent } from "./incoming-event.ts";
import type { Outcome } from "./postman.ts";

/** An event as gRPC carries it. Throws when its data does not fit its content type. */
export function topicEventOf(event: IncomingEvent, pubsubName: string, path: string): TopicEventRequest {
  return { ...cloudEventOf(event), topic: event.topic, pubsubName, path };
}

/** An event as one of many. Throws likewise. */
export function cloudEventOf(event: IncomingEvent): TopicEventCERequest {
  return {
    id: textAttribute(event, "id"),
    source: textAttribute(event, "source"),
    type: textAttribute(event, "type"),
    specVersion: textAttribute(event, "specversion"),
    dataContentType: textAttribute(event, "datacontenttype"),
    data: event.data(),
    extensions: extensionsOf(event),
  };
}

/** What the event's failing to become a message means: an application that cannot be told of it has not taken it. */
export function notTold(id: string, error: unknown): Outcome {
  return {
    status: "retry",
    reason: `pub/sub event ${id} cannot be put into a TopicEventRequest: ${(error as Error).message}`,
  };
}

/** What the status that an application answered over gRPC means. */
export function outcomeOfStatus(status: number, id: string): Outcome {
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
