import type { BulkPublishEntry, Metadata } from "@trilby/kit";

import { httpHeaderValue } from "../../app/header-hygiene.ts";
import type { HttpExchange, HttpRoute } from "../../api/http/route.ts";
import { bodyReadReason } from "../../api/http/body.ts";
import { encodeJson } from "../../api/json/escape.ts";
import { beginTrace } from "../../observability/trace-context.ts";
import { cutElements, cutMembers } from "../json-cut.ts";
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
    setTextHeader(exchange, "metadata.responseData", body);
    setTextHeader(exchange, "metadata.error", `api error: code = Internal desc = ${error.message}`);
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

function traceOf(exchange: HttpExchange): ReturnType<typeof beginTrace> {
  return beginTrace(exchange.header("traceparent"), exchange.header("tracestate"));
}

async function readBody(exchange: HttpExchange, topic: Topic, topicName: string): Promise<Uint8Array> {
  try {
    return await exchange.body();
  } catch (error) {
    throw topic.errors.failed(topicName, bodyReadReason(error) ?? error);
  }
}

function readEntries(body: Uint8Array, requestMetadata: Metadata, topic: Topic, topicName: string): BulkPublishEntry[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString("utf8"));
    if (parsed !== null && !Array.isArray(parsed)) throw new TypeError("the body must be an array of entries");
  } catch (error) {
    throw topic.errors.bulkBodyUnreadable(topicName, error);
  }
  if (parsed === null) return [];
  // JSON events are handed on as the bytes they came in.
  const places = cutElements(bytes);
  const ids = new Set<string>();
  return (parsed as unknown[]).map((value, index) => {
    const entry = checkEntry(value, index, topic, topicName);
    const event = eventBytes(entry, bytes, places[index]!.start);
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
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType: string;
  readonly metadata: Metadata | undefined;
}

function checkEntry(value: unknown, index: number, topic: Topic, topicName: string): IncomingEntry {
  const wrong = (what: string): Error => topic.errors.bulkBodyUnreadable(topicName, `entry ${index}: ${what}`);
  if (value === null) return { entryId: "", event: undefined, contentType: "", metadata: undefined };
  if (typeof value !== "object" || Array.isArray(value)) throw wrong("not an object");
  const { entryId = "", event, contentType = "", metadata } = value as Record<string, unknown>;
  if (typeof (entryId ?? "") !== "string") throw wrong("entryId is not a string");
  if (typeof (contentType ?? "") !== "string") throw wrong("contentType is not a string");
  if (metadata !== undefined && metadata !== null) {
    if (typeof metadata !== "object" || Array.isArray(metadata)) throw wrong("metadata is not an object");
    if (Object.values(metadata).some((each) => typeof each !== "string"))
      throw wrong("a metadata value is not a string");
  }
  return {
    entryId: (entryId as string | null) ?? "",
    event,
    contentType: (contentType as string | null) ?? "",
    metadata: (metadata as Metadata | null | undefined) ?? undefined,
  };
}

/** The event's bytes, or what is wrong with it. */
function eventBytes(entry: IncomingEntry, body: Buffer, entryStart: number): Uint8Array | string {
  const { event, contentType } = entry;
  if (isBinary(contentType)) {
    if (typeof event !== "string") return mismatch;
    const bytes = Buffer.from(event, "base64");
    // Node skips what is not base64; Dapr does not.
    if (!base64.test(event))
      return "error: unable to decode base64 application/octect-stream data: illegal base64 data";
    return bytes;
  }
  if (isText(contentType)) return typeof event === "string" ? Buffer.from(event) : mismatch;
  if (!isJson(contentType) && !isCloudEvent(contentType)) return mismatch;
  const place = cutMembers(body, entryStart).get("event");
  return place === undefined ? Buffer.from("null") : body.subarray(place.start, place.end);
}

const mismatch = "error: mismatch between contentType and event";
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function setTextHeader(exchange: HttpExchange, name: string, text: string): void {
  // oxlint-disable-next-line no-control-regex
  const value = httpHeaderValue(text.replaceAll(/[\x00-\x1f\x7f]+/g, " "));
  if (value !== undefined) exchange.setHeader(name, value);
}
