import type { BulkPublishEntry } from "@trilby/kit";
import type { UnaryHandler } from "@trilby/kit/transport";
import { BulkPublishRequest, BulkPublishResponse, PublishEventRequest } from "@trilby/proto/runtime";

import type { GrpcMethod } from "../../api/grpc/method.ts";
import { beginTraceFromRpc } from "../../observability/trace-context.ts";
import type { Publisher } from "./publisher.ts";

/** Publishing over gRPC. */
export function publishMethods(publisher: Publisher): GrpcMethod[] {
  const publish: UnaryHandler = async (bytes, call) => {
    const request = PublishEventRequest.decode(bytes);
    const { metadata } = request;
    const topic = publisher.open(request.pubsubName, request.topic, metadata);
    const raw = topic.isRaw(metadata);
    const trace = beginTraceFromRpc(call.metadata);
    await topic.publish({
      data: request.data,
      contentType: request.dataContentType,
      raw,
      // Without an envelope the trace travels beside the bytes.
      metadata: raw ? { ...metadata, traceid: trace.traceparent, tracestate: trace.tracestate } : metadata,
      trace,
    });
    return empty;
  };

  const publishBulk: UnaryHandler = async (bytes, call) => {
    const request = BulkPublishRequest.decode(bytes);
    const { metadata } = request;
    const topic = publisher.open(request.pubsubName, request.topic, metadata);
    const raw = topic.isRaw(metadata);
    const ids = new Set<string>();
    const entries = request.entries.map((entry): BulkPublishEntry => {
      if (entry.entryId === "" || ids.has(entry.entryId)) throw topic.errors.bulkEntryId(request.topic);
      ids.add(entry.entryId);
      // The request's metadata reaches only entries that have some themselves.
      const hasMetadata = Object.keys(entry.metadata).length > 0;
      return { ...entry, metadata: hasMetadata ? { ...metadata, ...entry.metadata } : {} };
    });
    const failures = await topic.publishBulk(entries, raw, metadata, beginTraceFromRpc(call.metadata));
    // Over gRPC any failure fails the whole call, so the list of failed entries never comes filled.
    if (failures.length > 0) throw topic.errors.failed(request.topic, failures[0]!.error);
    return BulkPublishResponse.encode({ failedEntries: [] }).finish();
  };

  return [
    { path: `${service}/PublishEvent`, api: { group: "publish", version: "v1" }, unary: publish },
    { path: `${service}/BulkPublishEvent`, api: { group: "publish", version: "v1" }, unary: publishBulk },
    { path: `${service}/BulkPublishEventAlpha1`, api: { group: "publish", version: "v1alpha1" }, unary: publishBulk },
  ];
}

const service = "/dapr.proto.runtime.v1.Dapr";
const empty = new Uint8Array(0);
