import type { BulkPublishEntry } from "@trilby/kit";
import type { ServerCall } from "@trilby/kit/transport";
import { DaprDefinition, type BulkPublishRequest, type BulkPublishResponse } from "@trilby/proto/runtime";

import type { GrpcMethod } from "../../api/grpc/method.ts";
import { unaryMethod } from "../../api/grpc/unary-method.ts";
import type { ApiName } from "../../api/name.ts";
import { passTraceFromRpc } from "../../observability/trace-context.ts";
import type { Publisher } from "./publisher.ts";

/** Publishing over gRPC. */
export function publishMethods(publisher: Publisher): GrpcMethod[] {
  const publish = unaryMethod(DaprDefinition, "publishEvent", v1, async (request, call) => {
    const { metadata } = request;
    const topic = publisher.open(request.pubsubName, request.topic, metadata);
    const raw = topic.isRaw(metadata);
    const trace = passTraceFromRpc(call.metadata);
    await topic.publish({
      data: request.data,
      contentType: request.dataContentType,
      raw,
      // Without an envelope the trace travels beside the bytes.
      metadata: raw ? { ...metadata, traceid: trace.traceparent, tracestate: trace.tracestate } : metadata,
      trace,
    });
    return {};
  });

  const publishBulk = async (request: BulkPublishRequest, call: ServerCall): Promise<BulkPublishResponse> => {
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
    const failures = await topic.publishBulk(entries, raw, metadata, passTraceFromRpc(call.metadata));
    // Over gRPC any failure fails the whole call, so the list of failed entries never comes filled.
    if (failures.length > 0) throw topic.errors.failed(request.topic, failures[0]!.error);
    return { failedEntries: [] };
  };

  return [
    publish,
    unaryMethod(DaprDefinition, "bulkPublishEvent", v1, publishBulk),
    unaryMethod(DaprDefinition, "bulkPublishEventAlpha1", { group: "publish", version: "v1alpha1" }, publishBulk),
  ];
}

const v1: ApiName = { group: "publish", version: "v1" };
