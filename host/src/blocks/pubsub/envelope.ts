import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";

import type { Metadata } from "@trilby/kit";

import { quoteJson } from "../../api/json/escape.ts";
import { noTraceparent, type TraceContext } from "../../observability/trace-context.ts";
import { cutMembers } from "../json-cut.ts";
import { isBinary, isCloudEvent, isJson, isProtobuf, isProtobufCloudEvent } from "./content-type.ts";
import { isEncodedCloudEvent } from "./protobuf-cloud-event.ts";
import { rfc3339Now, rfc3339Utc } from "./rfc3339.ts";

/** Where events go, with what stands in each of their envelopes made once. */
export interface EnvelopeTarget {
  /** The members pubsubname, topic and source as JSON values. */
  readonly pubsubJson: string;
  readonly topicJson: string;
  readonly sourceJson: string;
}

export function envelopeTarget(pubsubName: string, topic: string, appId: string): EnvelopeTarget {
  return {
    pubsubJson: quoteJson(pubsubName),
    topicJson: quoteJson(topic),
    sourceJson: quoteJson(appId === "" ? defaultSource : appId),
  };
}

export interface Wrapping {
  readonly data: Uint8Array;
  /** Empty: text/plain. */
  readonly contentType: string;
  readonly metadata: Metadata;
  readonly trace: TraceContext;
  /** Unix milliseconds; absent when the event does not expire or the component sees to it. */
  readonly expiresAt: number | undefined;
}

/**
 * The event as a CloudEvent: a new envelope around the data, or, for a body that is a CloudEvent already, that one
 * completed. Members stand in alphabetical order. JSON data goes in byte for byte. Throws `SyntaxError` when a body that
 * should be a CloudEvent is not a JSON object.
 */
export function wrap(target: EnvelopeTarget, wrapping: Wrapping): Uint8Array {
  const { data, contentType } = wrapping;
  if (isCloudEvent(contentType)) return completeCloudEvent(target, wrapping);
  const tail = newMembers(target, wrapping);
  if (isJson(contentType)) {
    const text = utf8(data);
    if (isValidJson(text)) return isUtf8(data) ? around('{"data":', data, tail) : Buffer.from(`{"data":${text}${tail}`);
    return Buffer.from(`{"data":${quoteJson(text)}${tail}`);
  }
  if (
    isBinary(contentType) ||
    isProtobufCloudEvent(contentType) ||
    (isProtobuf(contentType) && isEncodedCloudEvent(data))
  ) {
    return Buffer.from(`{"data_base64":"${asBuffer(data).toString("base64")}"${tail}`);
  }
  return Buffer.from(`{"data":${quoteJson(utf8(data))}${tail}`);
}

/** Everything but the data, up to the closing brace. */
function newMembers(target: EnvelopeTarget, { contentType, metadata, trace, expiresAt }: Wrapping): string {
  let id = "";
  let source = target.sourceJson;
  let type = defaultTypeJson;
  let subject = "";
  let traceId = traceparentOf(trace);
  let traceParent = "";
  let traceState = trace.tracestate;
  for (const key in metadata) {
    if (key.length <= prefix.length || key.slice(0, prefix.length).toLowerCase() !== prefix) continue;
    const value = metadata[key]!;
    switch (key.slice(prefix.length).toLowerCase()) {
      case "id":
        id = value;
        break;
      case "source":
        source = quoteJson(value === "" ? defaultSource : value);
        break;
      case "type":
        type = value === "" ? defaultTypeJson : quoteJson(value);
        break;
      case "subject":
        subject = value;
        break;
      case "traceid":
        traceId = value;
        break;
      case "traceparent":
        traceParent = value;
        break;
      case "tracestate":
        traceState = value;
        break;
    }
  }
  const traceJson = quoteJson(traceParent === "" ? traceId : traceParent);
  return (
    `,"datacontenttype":${contentType === "" ? '"text/plain"' : quoteJson(contentType)}` +
    (expiresAt === undefined ? "" : `,"expiration":"${rfc3339Utc(expiresAt)}"`) +
    `,"id":${id === "" ? `"${randomUUID()}"` : quoteJson(id)}` +
    `,"pubsubname":${target.pubsubJson},"source":${source},"specversion":"1.0"` +
    (subject === "" ? "" : `,"subject":${quoteJson(subject)}`) +
    `,"time":"${rfc3339Now()}","topic":${target.topicJson}` +
    `,"traceid":${traceJson},"traceparent":${traceJson},"tracestate":${traceState === "" ? '""' : quoteJson(traceState)}` +
    `,"type":${type}}`
  );
}

/** An envelope says nothing where a header says all zeros, as in Dapr. */
function traceparentOf({ traceparent }: TraceContext): string {
  return traceparent === noTraceparent ? "" : traceparent;
}

/** No id is made up, and `cloudevent.*` metadata has no effect, as in Dapr. */
function completeCloudEvent(target: EnvelopeTarget, { data, trace, expiresAt }: Wrapping): Uint8Array {
  const text = utf8(data);
  const event: unknown = JSON.parse(text);
  if (event === null || typeof event !== "object" || Array.isArray(event))
    throw new SyntaxError("a CloudEvent must be a JSON object");
  const bytes = isUtf8(data) ? data : Buffer.from(text);
  const buffer = asBuffer(bytes);
  const members = new Map<string, string>();
  for (const [name, { start, end }] of cutMembers(bytes)) members.set(name, buffer.toString("utf8", start, end));
  const has = (name: string): boolean => members.has(name);
  const absent = (name: string): boolean => !has(name) || members.get(name) === "null";

  if (!has("time")) members.set("time", `"${rfc3339Now()}"`);
  if (!has("traceid")) {
    const traceJson = quoteJson(traceparentOf(trace));
    members.set("traceid", traceJson).set("traceparent", traceJson);
  }
  if (!has("tracestate")) members.set("tracestate", quoteJson(trace.tracestate));
  members.set("topic", target.topicJson).set("pubsubname", target.pubsubJson);
  if (absent("source")) members.set("source", `"${defaultSource}"`);
  if (absent("type")) members.set("type", defaultTypeJson);
  if (absent("specversion")) members.set("specversion", '"1.0"');
  if (expiresAt !== undefined) members.set("expiration", `"${rfc3339Utc(expiresAt)}"`);

  const sorted = [...members].sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(`{${sorted.map(([name, json]) => `${quoteJson(name)}:${json}`).join(",")}}`);
}

const prefix = "cloudevent.";
const defaultSource = "Dapr";
const defaultTypeJson = '"com.dapr.event.sent"';

function around(head: string, data: Uint8Array, tail: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(head.length + data.length + Buffer.byteLength(tail));
  bytes.write(head, 0, "latin1");
  bytes.set(data, head.length);
  bytes.write(tail, head.length + data.length);
  return bytes;
}

function isValidJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function utf8(bytes: Uint8Array): string {
  return asBuffer(bytes).toString("utf8");
}
