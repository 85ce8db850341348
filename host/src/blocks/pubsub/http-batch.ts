import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";

import { encodeJson, mapOrNothing, quoteJson } from "../../api/json/escape.ts";
import { AppError } from "../../app/app-error.ts";
import type { AppResponse, HttpAppChannel } from "../../app/channel.ts";
import { answeredObject, memberOf } from "./answered-object.ts";
import { batchOutcomes, sameOutcome } from "./batch-outcomes.ts";
import { bulkEventType, type BulkEntry, type DeliverBatch } from "./bulk-postman.ts";
import { isNotMade } from "./http-postman.ts";
import { cloudEventJson, entryContentType } from "./incoming-event.ts";
import { deliveryTraceparent, type Outcome } from "./postman.ts";

/** Delivery by one POST to the route, with all the events in its body. */
export function createHttpBatch(
  channel: HttpAppChannel,
  pubsubName: string,
  topic: string,
  path: string,
): DeliverBatch {
  const route = channel.route("POST", path, { pubsubname: pubsubName });
  const tail = `,"metadata":${encodeJson({ pubsubName })},"pubsubname":${quoteJson(pubsubName)},"topic":${quoteJson(topic)},"type":"${bulkEventType}"}`;
  return async (batch, signal) => {
    const last = batch.at(-1)!;
    let answer: AppResponse;
    try {
      answer = await route.call({
        body: Buffer.concat([
          head,
          ...batch.flatMap((entry, index) => entryJson(entry, index === 0 ? "" : ",")),
          Buffer.from(`],"id":"${randomUUID()}"${tail}`),
        ]),
        contentType: "application/json",
        traceparent: deliveryTraceparent(last.event, last.metadata),
        signal,
        repeatable: true,
      });
    } catch (error) {
      if (!(error instanceof AppError) || isNotMade(error)) throw error;
      return sameOutcome(batch, {
        status: "retry",
        reason: `error from app channel while sending pub/sub event to app: ${error.message}`,
      });
    }
    return outcomesOf(answer, batch, topic);
  };
}

/** The event as a CloudEvent in JSON, or as the text of its bytes in base64. */
function entryJson({ entryId, event, metadata }: BulkEntry, separator: string): Uint8Array[] {
  const start = `${separator}{"entryId":"${entryId}","event":`;
  const end = `,"metadata":${encodeJson(mapOrNothing(metadata) ?? null)},"contentType":${quoteJson(entryContentType(event))}}`;
  if (event.form === "raw") return [Buffer.from(`${start}"${asBuffer(event.data()).toString("base64")}"${end}`)];
  const json = cloudEventJson(event);
  return [Buffer.from(start), isUtf8(json) ? json : Buffer.from(asBuffer(json).toString("utf8")), Buffer.from(end)];
}

function outcomesOf({ status, body }: AppResponse, batch: readonly BulkEntry[], topic: string): Outcome[] {
  if (status === 404) {
    const reason = `non-retriable error returned from app while processing bulk pub/sub event. status code returned: ${status}`;
    return sameOutcome(batch, { status: "drop", reason, deadLetter: false });
  }
  if (status < 200 || status > 299) {
    const reason = `retriable error returned from app while processing bulk pub/sub event, topic: ${topic}. status code returned: ${status}`;
    return sameOutcome(batch, { status: "retry", reason });
  }
  const answer = answeredObject(body);
  if (answer === undefined)
    return sameOutcome(batch, {
      status: "retry",
      reason: "failed unmarshalling app response for bulk subscribe: it is not a JSON object with the member statuses",
    });
  const statuses = memberOf(answer, "statuses");
  const told = new Map<string, Outcome>();
  for (const each of Array.isArray(statuses) ? (statuses as unknown[]) : []) {
    if (typeof each !== "object" || each === null) continue;
    const entryId = memberOf(each as Record<string, unknown>, "entryid");
    const said = memberOf(each as Record<string, unknown>, "status") ?? "";
    if (typeof entryId === "string") told.set(entryId, outcomeOf(said, entryId));
  }
  return batchOutcomes(batch, told);
}

/** Unlike with a single event, no status is no success. */
function outcomeOf(status: unknown, entryId: string): Outcome {
  switch (status) {
    case "SUCCESS":
      return { status: "success" };
    case "DROP":
      return {
        status: "drop",
        reason: `DROP status returned from app while processing pub/sub event ${entryId}`,
        deadLetter: true,
      };
    case "RETRY":
    case "":
      return {
        status: "retry",
        reason: `RETRY required while processing bulk subscribe event for entry id: ${entryId}`,
      };
    default:
      return {
        status: "retry",
        reason: `unknown status returned from app while processing bulk subscribe event ${entryId}: ${JSON.stringify(status)}`,
      };
  }
}

const head = Buffer.from('{"entries":[');

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
