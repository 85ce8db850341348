import type { BulkPublishEntry, Metadata } from "@trilby/kit";

import type { HttpExchange, HttpRoute } from "../../api/http/route.ts";
import { bodyReadReason } from "../../api/http/body.ts";
import { encodeJson } from "../../api/json/escape.ts";
import { JsonReader } from "../../api/json/reader.ts";
import { passTrace } from "../../observability/trace-context.ts";
import { isBinary, isCloudEvent, isJson, isText } from "./content-type.ts";
import type { Publisher, Topic } from "./publisher.ts";
import type { Metrics } from "../../observability/metrics.ts";

/** Publishing over HTTP. */
export function publishRoutes(publisher: Publisher, metrics: Metrics): HttpRoute[] {
  const publish = async (exchange: HttpExchange, topicName: string): Promise<void> => {
    const metadata = exchange.metadata();
    const topic = publisher.open(exchange.param(0), topicName, metadata);
    const data = await readBody(exchange, topic, topicName);
    const raw = topic.isRaw(metadata);
    await topic.publish({
      data,
      contentType: exchange.header("content-type") ?? "",
      raw,
      metadata,
      trace: traceOf(exchange),
    });
    exchange.respond(204);
  };
  const publishBulk = async (exchange: HttpExchange): Promise<void> => {
    const metadata = exchange.metadata();
    const topicName = exchange.param(1);
    const topic = publisher.open(exchange.param(0), topicName, metadata);
    const raw = topic.isRaw(metadata);
    const entries = readEntries(await readBody(exchange, topic, topicName), metadata, topic, topicName);
    const failures = await topic.publishBulk(entries, raw, metadata, traceOf(exchange));
    if (failures.length === 0) {
      exchange.respond(204);
      return;
    }
    const error = topic.errors.failed(topicName, failures[0]!.error);
    const body = encodeJson({
      failedEntries: failures.map(({ entryId, error: reason }) => ({ entryId, error: reason })),
      errorCode: error.errorCode,
    });
    metrics.errorCode(error.errorCode);
    exchange.setHeader("metadata.responseData", body);
    exchange.setHeader("metadata.error", `api error: code = Internal desc = ${error.message}`);
    exchange.respond(error.httpStatus, body, "application/json");
  };

  const methods = ["POST", "PUT"] as const;
  const api = { group: "publish", version: "v1" } as const;
  return [
    {
      methods,
      path: "/v1.0/publish/{pubsub}/{topic...}",
      name: "PublishEvent",
      api,
      handle: (exchange) => publish(exchange, exchange.param(1)),
    },
    // Without a topic the path ends here; the answer says so.
    { methods, path: "/v1.0/publish/{pubsub}", name: "PublishEvent", api, handle: (exchange) => publish(exchange, "") },
    { methods, path: "/v1.0/publish/bulk/{pubsub}/{topic...}", name: "BulkPublishEvent", api, handle: publishBulk },
    {
      methods,
      path: "/v1.0-alpha1/publish/bulk/{pubsub}/{topic...}",
      name: "BulkPublishEvent",
      api: { group: "publish", version: "v1alpha1" },
      handle: publishBulk,
    },
  ];
}

function traceOf(exchange: HttpExchange): ReturnType<typeof passTrace> {
  return passTrace(exchange.header("traceparent"), exchange.header("tracestate"));
}

async function readBody(exchange: HttpExchange, topic: Topic, topicName: string): Promise<Uint8Array> {
  try {
    return await exchange.body();
  } catch (error) {
    throw topic.errors.failed(topicName, bodyReadReason(error) ?? error);
  }
}

function readEntries(body: Uint8Array, requestMetadata: Metadata, topic: Topic, topicName: string): BulkPublishEntry[] {
  const ids = new Set<string>();
  return parseEntries(body, topic, topicName).map((entry) => {
    const event = eventBytes(entry);
    if (typeof event === "string") throw topic.errors.bulkEntryMismatch(topicName, event);
    if (entry.entryId === "" || ids.has(entry.entryId)) throw topic.errors.bulkEntryId(topicName);
    ids.add(entry.entryId);
    return {
      entryId: entry.entryId,
      event,
      contentType: entry.contentType,
      // The request's metadata reaches only entries that have some themselves.
      metadata: entry.metadata === undefined ? {} : { ...requestMetadata, ...entry.metadata },
    };
  });
}

interface IncomingEntry {
  entryId: string;
  /** In canonical JSON. */
  event: Uint8Array;
  contentType: string;
  metadata: Metadata | undefined;
}

function parseEntries(body: Uint8Array, topic: Topic, topicName: string): IncomingEntry[] {
  const entries: IncomingEntry[] = [];
  try {
    const reader = new JsonReader(body, "stream");
    reader.array({ type: "[]http.bulkPublishMessageEntry" }, () => {
      const entry: IncomingEntry = { entryId: "", event: jsonNull, contentType: "", metadata: undefined };
      entries.push(entry);
      reader.object({ type: "http.bulkPublishMessageEntry" }, (name) => {
        switch (name.toLowerCase()) {
          case "entryid":
            entry.entryId =
              reader.string({ field: "bulkPublishMessageEntry.entryId", type: "string" }) ?? entry.entryId;
            break;
          case "event":
            entry.event = reader.canonical({ field: "bulkPublishMessageEntry.event", type: "interface {}" });
            break;
          case "contenttype":
            entry.contentType =
              reader.string({ field: "bulkPublishMessageEntry.contentType", type: "string" }) ?? entry.contentType;
            break;
          case "metadata":
            entry.metadata = reader.stringMap({ field: "bulkPublishMessageEntry.metadata", type: "map[string]string" });
            break;
          default:
            reader.skip();
        }
      });
    });
    reader.finish();
  } catch (error) {
    throw topic.errors.bulkBodyUnreadable(topicName, error);
  }
  return entries;
}

/** The event's bytes, or what is wrong with it. */
function eventBytes({ event, contentType }: IncomingEntry): Uint8Array | string {
  if (isJson(contentType) || isCloudEvent(contentType)) return event;
  const binary = isBinary(contentType);
  if ((!binary && !isText(contentType)) || event[0] !== quote) return mismatch;
  const text = JSON.parse(Buffer.from(event.buffer, event.byteOffset, event.length).toString("utf8")) as string;
  if (!binary) return Buffer.from(text);
  // Node skips what is not base64; Dapr does not.
  if (!base64.test(text)) {
    return "error: unable to decode base64 application/octect-stream data: illegal base64 data";
  }
  return Buffer.from(text, "base64");
}

const quote = 0x22;
const jsonNull = Buffer.from("null");
const mismatch = "error: mismatch between contentType and event";
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
