import { randomUUID } from "node:crypto";

import { RpcCode, RpcError } from "@trilby/kit/transport";
import { encodeMessage } from "@trilby/proto/encode";
import { TopicEventBulkRequest, TopicEventBulkResponse, type TopicEventBulkRequestEntry } from "@trilby/proto/runtime";

import { AppError } from "../../app/app-error.ts";
import type { AppCallOptions, GrpcAppChannel } from "../../app/channel.ts";
import { batchOutcomes, sameOutcome } from "./batch-outcomes.ts";
import { bulkEventType, type BulkEntry, type DeliverBatch } from "./bulk-postman.ts";
import { entryContentType } from "./incoming-event.ts";
import { deliveryTraceparent, type Outcome } from "./postman.ts";
import { cloudEventOf, notTold, outcomeOfStatus } from "./topic-event.ts";

/** Delivery by OnBulkTopicEvent, or by the older OnBulkTopicEventAlpha1 where the application has that alone. */
export function createGrpcBatch(
  channel: GrpcAppChannel,
  pubsubName: string,
  topic: string,
  path: string,
): DeliverBatch {
  const fixed = { pubsubname: pubsubName };
  const methods = [
    channel.method("/dapr.proto.runtime.v1.AppCallback/OnBulkTopicEvent", fixed),
    channel.method("/dapr.proto.runtime.v1.AppCallbackAlpha/OnBulkTopicEventAlpha1", fixed),
  ];
  /** The method that the application had the last time is tried first: it may be another application by now. */
  const call = async (request: Uint8Array, options: AppCallOptions): Promise<Uint8Array> => {
    try {
      return await methods[0]!.call(request, options);
    } catch (error) {
      if (!isUnimplemented(error)) throw error;
      const answer = await methods[1]!.call(request, options);
      methods.reverse();
      return answer;
    }
  };

  return async (batch, signal) => {
    const told = new Map<string, Outcome>();
    const entries = batch.flatMap((entry) => {
      try {
        return entryMessage(entry);
      } catch (error) {
        told.set(entry.entryId, notTold(entry.entryId, error));
        return [];
      }
    });
    const last = batch.at(-1)!;
    if (entries.length === 0) return batchOutcomes(batch, told);
    const request = encodeMessage(TopicEventBulkRequest, {
      id: randomUUID(),
      entries,
      metadata: { pubsubName },
      topic,
      pubsubName,
      type: bulkEventType,
      path,
    });
    try {
      const traceparent = deliveryTraceparent(last.event, last.metadata);
      const { statuses } = TopicEventBulkResponse.decode(await call(request, { traceparent, signal }));
      for (const { entryId, status } of statuses) told.set(entryId, outcomeOfStatus(status, entryId));
    } catch (error) {
      return failure(error, batch);
    }
    return batchOutcomes(batch, told);
  };
}

function entryMessage({ entryId, event, metadata }: BulkEntry): TopicEventBulkRequestEntry {
  return {
    entryId,
    event:
      event.form === "raw"
        ? { $case: "bytes", value: event.data() }
        : { $case: "cloudEvent", value: cloudEventOf(event) },
    contentType: entryContentType(event),
    metadata: { ...metadata },
  };
}

function failure(error: unknown, batch: readonly BulkEntry[]): Outcome[] {
  if (error instanceof AppError) throw error;
  const { message } = error as Error;
  if (isUnimplemented(error)) {
    const reason = `non-retriable error returned from app while processing bulk pub/sub event: ${message}`;
    return sameOutcome(batch, { status: "drop", reason, deadLetter: false });
  }
  const reason = `error returned from app while processing bulk pub/sub event: ${message}`;
  return sameOutcome(batch, { status: "retry", reason });
}

function isUnimplemented(error: unknown): boolean {
  return error instanceof RpcError && error.code === RpcCode.UNIMPLEMENTED;
}
