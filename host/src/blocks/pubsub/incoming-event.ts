import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";

import type { Message } from "@trilby/kit";

import { encodeJson, quoteJson } from "../../api/json/escape.ts";
import { cutMembers } from "../json-cut.ts";
import { isBinary, isCloudEvent, isJson, isText } from "./content-type.ts";
import { parseRfc3339 } from "./rfc3339.ts";

/** A message as the application will see it. */
export interface IncomingEvent {
  /** The application's name for the topic it came from, which differs from the subscribed one when that has a wildcard. */
  readonly topic: string;
  /** How it came: as a CloudEvent in JSON, as bytes without one, or as bytes with a CloudEvent's attributes beside them. */
  readonly form: "json" | "raw" | "binary";
  /** What the component said of the message's content; undefined when it said nothing. */
  readonly contentType: string | undefined;
  /** What an HTTP application gets as the body. */
  readonly body: Uint8Array;
  /** Members of the CloudEvent; in binary mode `data` is bytes. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The data alone, for gRPC. Throws when it does not fit its content type. */
  data(): Uint8Array;
}

/**
 * Reads a message of a topic (the application's name for it). Throws `SyntaxError` when it should be a CloudEvent in JSON
 * and is not.
 */
export function readEvent(message: Message, pubsubName: string, topic: string, raw: boolean): IncomingEvent {
  if (raw) return rawEvent(message, pubsubName, topic);
  const contentType = message.contentType ?? message.metadata["content-type"] ?? "application/json";
  return isBinary(contentType) ? binaryEvent(message, topic, contentType) : jsonEvent(message, topic);
}

/** Whether the event's time was over before now. */
export function hasExpired({ attributes }: IncomingEvent): boolean {
  const expiration = attributes["expiration"];
  if (typeof expiration !== "string" || expiration === "") return false;
  const unixMs = parseRfc3339(expiration);
  return unixMs !== undefined && unixMs < Date.now();
}

/** An attribute that is a text, else "". */
export function textAttribute(event: IncomingEvent, name: string): string {
  const value = event.attributes[name];
  return typeof value === "string" ? value : "";
}

/** The content type of the event as one of many, each of which is a CloudEvent or bytes without one. */
export function entryContentType({ form, contentType }: IncomingEvent): string {
  return form === "raw" ? (contentType ?? "application/octet-stream") : "application/cloudevents+json";
}

/** The event as a CloudEvent in JSON. */
export function cloudEventJson({ form, body, attributes }: IncomingEvent): Uint8Array {
  if (form !== "binary") return body;
  const { data: _, ...rest } = attributes;
  return Buffer.from(encodeJson({ ...rest, data_base64: asBuffer(body).toString("base64") }));
}

function jsonEvent(message: Message, topic: string): IncomingEvent {
  const text = asBuffer(message.data).toString("utf8");
  const parsed: unknown = JSON.parse(text);
  if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed))
    throw new SyntaxError("the message is not a JSON object");
  const attributes = parsed as Record<string, unknown>;
  fillTrace(attributes, message);
  return {
    topic,
    form: "json",
    contentType: message.contentType,
    body: message.data,
    attributes,
    data() {
      const encoded = attributes["data_base64"];
      if (encoded !== undefined && encoded !== null) {
        if (typeof encoded !== "string" || !base64.test(encoded)) throw new TypeError("data_base64 is not base64 text");
        return Buffer.from(encoded, "base64");
      }
      const data = attributes["data"];
      if (data === undefined || data === null) return empty;
      const contentType = attributes["datacontenttype"];
      if (typeof contentType !== "string") return empty;
      if (isText(contentType)) {
        if (typeof data !== "string") throw new TypeError("unexpected data type encountered in envelope");
        return Buffer.from(data);
      }
      // As in Dapr, data of any other type does not reach a gRPC application.
      if (!isJson(contentType) && !isCloudEvent(contentType)) return empty;
      const bytes = isUtf8(message.data) ? message.data : Buffer.from(text);
      const place = cutMembers(bytes).get("data")!;
      return bytes.subarray(place.start, place.end);
    },
  };
}

/** Bytes that were published without an envelope, put into one. */
function rawEvent(message: Message, pubsubName: string, topic: string): IncomingEvent {
  const attributes: Record<string, unknown> = {
    data_base64: asBuffer(message.data).toString("base64"),
    datacontenttype: "application/octet-stream",
    // Without an id of its own, the same message has another one each time it is delivered.
    id: randomUUID(),
    pubsubname: pubsubName,
    source: "Dapr",
    specversion: "1.0",
    topic,
  };
  fillTrace(attributes, message);
  attributes["type"] = "com.dapr.event.sent";
  const members = Object.entries(attributes).map(([name, value]) => `"${name}":${quoteJson(value as string)}`);
  return {
    topic,
    form: "raw",
    contentType: message.contentType,
    body: Buffer.from(`{${members.join(",")}}`),
    attributes,
    data: () => message.data,
  };
}

/** The binary mode of CloudEvents: attributes in metadata `ce_...`, the data as it is. */
function binaryEvent(message: Message, topic: string, contentType: string): IncomingEvent {
  const attributes: Record<string, unknown> = {};
  for (const key in message.metadata) {
    const lower = key.toLowerCase();
    if (lower.startsWith("ce_")) attributes[lower.slice(3)] = message.metadata[key];
  }
  attributes["data"] = message.data;
  attributes["datacontenttype"] = contentType;
  return { topic, form: "binary", contentType, body: message.data, attributes, data: () => message.data };
}

/** Trace members that the event lacks come from the message's metadata. */
function fillTrace(attributes: Record<string, unknown>, { metadata }: Message): void {
  if (attributes["traceid"] === undefined && metadata["traceid"] !== undefined)
    attributes["traceid"] = metadata["traceid"];
  if (attributes["traceparent"] === undefined && metadata["traceparent"] !== undefined) {
    attributes["traceid"] = attributes["traceparent"] = metadata["traceparent"];
  }
  if (attributes["tracestate"] === undefined && metadata["tracestate"] !== undefined)
    attributes["tracestate"] = metadata["tracestate"];
}

const empty = new Uint8Array(0);
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
