import type { Metadata } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";

import { ApiError } from "../../api/error.ts";

/** What publishing can answer, in Dapr's words. */
export interface PublishErrors {
  nameEmpty(metadata: Metadata | null): ApiError;
  notFound(metadata: Metadata | null): ApiError;
  topicEmpty(metadata: Metadata | null): ApiError;
  badMetadata(metadata: Metadata, reason: string): ApiError;
  cloudEventUnreadable(cause: unknown): ApiError;
  bulkBodyUnreadable(topic: string, cause: unknown): ApiError;
  bulkEntryMismatch(topic: string, reason: string): ApiError;
  bulkEntryId(topic: string): ApiError;
  forbidden(topic: string): ApiError;
  /** It was there when the request began. */
  vanished(topic: string): ApiError;
  failed(topic: string, cause: unknown): ApiError;
}

export function publishErrors(pubsubName: string, appId: string): PublishErrors {
  const make = (
    httpStatus: number,
    grpcCode: number,
    errorCode: string,
    reason: string,
    message: string,
    metadata: Metadata | null,
    options: { resource?: false; cause?: unknown } = {},
  ): ApiError =>
    new ApiError({
      httpStatus,
      grpcCode,
      errorCode,
      message,
      cause: options.cause,
      details: [
        ...(options.resource === false
          ? []
          : [
              {
                kind: "resource-info",
                resourceType: "pubsub",
                resourceName: pubsubName,
                owner: "",
                description: message,
              } as const,
            ]),
        { kind: "error-info", reason, metadata },
      ],
    });
  const app = (error?: string): Metadata => (error === undefined ? { appID: appId } : { appID: appId, error });

  return {
    nameEmpty: (metadata) =>
      make(
        404,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_EMPTY",
        "DAPR_PUBSUB_NAME_EMPTY",
        "pubsub name is empty",
        metadata,
      ),
    notFound: (metadata) =>
      make(
        404,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_NOT_FOUND",
        "DAPR_PUBSUB_NOT_FOUND",
        `pubsub ${pubsubName} is not found`,
        metadata,
        { resource: false },
      ),
    topicEmpty: (metadata) =>
      make(
        404,
        RpcCode.INVALID_ARGUMENT,
        "ERR_TOPIC_NAME_EMPTY",
        "DAPR_PUBSUB_TOPIC_NAME_EMPTY",
        `topic is empty in pubsub ${pubsubName}`,
        metadata,
      ),
    badMetadata: (metadata, reason) =>
      make(
        400,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_REQUEST_METADATA",
        "DAPR_PUBSUB_METADATA_DESERIALIZATION",
        `failed deserializing metadata. Error: ${reason}`,
        metadata,
      ),
    cloudEventUnreadable: (cause) =>
      make(
        500,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_CLOUD_EVENTS_SER",
        "DAPR_PUBSUB_CLOUD_EVENT_CREATION",
        "cannot create cloudevent",
        app(messageOf(cause)),
        { cause },
      ),
    bulkBodyUnreadable: (topic, cause) =>
      make(
        400,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_EVENTS_SER",
        "DAPR_PUBSUB_UNMARSHAL_EVENTS",
        `error when unmarshaling the request for topic ${topic} pubsub ${pubsubName}: ${messageOf(cause)}`,
        app(),
        { cause },
      ),
    bulkEntryMismatch: (topic, reason) =>
      make(
        400,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_EVENTS_SER",
        "DAPR_PUBSUB_MARSHAL_ENVELOPE",
        `error when marshalling cloud event envelope for topic ${topic} pubsub ${pubsubName}: ${reason}`,
        app(reason),
      ),
    bulkEntryId: (topic) =>
      make(
        400,
        RpcCode.INVALID_ARGUMENT,
        "ERR_PUBSUB_EVENTS_SER",
        "DAPR_PUBSUB_MARSHAL_EVENTS",
        `error marshaling events to bytes for topic ${topic} pubsub ${pubsubName}. error: ${entryIdProblem}`,
        app(entryIdProblem),
      ),
    forbidden(topic) {
      const message = `topic ${topic} is not allowed for app id ${appId}`;
      return make(403, RpcCode.PERMISSION_DENIED, "ERR_PUBSUB_FORBIDDEN", "DAPR_PUBSUB_FORBIDDEN", message, {
        topic,
        error: message,
      });
    },
    vanished(topic) {
      const message = `pubsub '${pubsubName}' not found`;
      return make(400, RpcCode.NOT_FOUND, "ERR_PUBSUB_NOT_FOUND", "DAPR_PUBSUB_TEST_NOT_FOUND", message, {
        topic,
        error: message,
      });
    },
    failed: (topic, cause) =>
      make(
        500,
        RpcCode.INTERNAL,
        "ERR_PUBSUB_PUBLISH_MESSAGE",
        "DAPR_PUBSUB_PUBLISH_MESSAGE",
        `error when publishing to topic ${topic} in pubsub ${pubsubName}: ${messageOf(cause)}`,
        { topic, error: messageOf(cause) },
        { cause },
      ),
  };
}

const entryIdProblem = "entryId is duplicated or not present for entry";

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
