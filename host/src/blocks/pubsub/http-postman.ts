import { AppError } from "../../app/app-error.ts";
import type { AppResponse, HttpAppChannel } from "../../app/channel.ts";
import { endOfValue } from "../json-cut.ts";
import { textAttribute } from "./incoming-event.ts";
import { deliveryTraceparent, type Outcome, type Postman } from "./postman.ts";

/** Delivery by POST to the route, with the CloudEvent as the body. */
export function createHttpPostman(channel: HttpAppChannel, pubsubName: string, path: string): Postman {
  const route = channel.route("POST", path, { pubsubname: pubsubName });
  return {
    async deliver(event, metadata, signal) {
      let answer: AppResponse;
      try {
        answer = await route.call({
          body: event.body,
          contentType: "application/cloudevents+json",
          headers: metadata,
          traceparent: deliveryTraceparent(event, metadata),
          signal,
          repeatable: true,
        });
      } catch (error) {
        if (!(error instanceof AppError) || notMade.has(error.code)) throw error;
        return {
          status: "retry",
          reason: `error returned from app channel while sending pub/sub event to app: ${error.message}`,
        };
      }
      return outcomeOf(answer, textAttribute(event, "id"));
    },
  };
}

/** What the answer of an HTTP application means. */
export function outcomeOf({ status, body }: AppResponse, eventId: string): Outcome {
  if (status >= 200 && status <= 299) {
    const told = statusIn(body);
    if (told === "" || told === "SUCCESS") return success;
    if (told === "RETRY")
      return { status: "retry", reason: `RETRY status returned from app while processing pub/sub event ${eventId}` };
    if (told === "DROP") {
      return {
        status: "drop",
        reason: `DROP status returned from app while processing pub/sub event ${eventId}`,
        deadLetter: true,
      };
    }
    return {
      status: "retry",
      reason: `unknown status returned from app while processing pub/sub event ${eventId}, status: ${told}`,
    };
  }
  const said = `body: ${excerpt(body)}. status code returned: ${status}`;
  if (status === 404) {
    return {
      status: "drop",
      reason: `non-retriable error returned from app while processing pub/sub event ${eventId}: ${said}`,
      deadLetter: true,
    };
  }
  return {
    status: "retry",
    reason: `retriable error returned from app while processing pub/sub event ${eventId}, ${said}`,
  };
}

const success: Outcome = { status: "success" };
const notMade: ReadonlySet<string> = new Set(["cancelled", "unhealthy", "overloaded"]);

/**
 * The member `status` of a JSON answer, its name in any case; "" when there is none. Every answer that is not a JSON object,
 * such as "OK", says nothing else than its status code.
 */
function statusIn(body: Uint8Array): string {
  if (body.length < 2) return "";
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8").trimStart();
  if (!text.startsWith("{")) return "";
  const answer = firstObject(text);
  if (answer === undefined) return "";
  let told = "";
  for (const name in answer) {
    const value = answer[name];
    if (name.length === 6 && name.toLowerCase() === "status" && typeof value === "string") told = value;
  }
  return told;
}

/** What follows the first value does not matter, as for Go's decoder. */
function firstObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    try {
      const bytes = Buffer.from(text);
      return JSON.parse(bytes.toString("utf8", 0, endOfValue(bytes, 0))) as Record<string, unknown>;
    } catch {
      return undefined;
    }
  }
}

function excerpt(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 1024)).toString("utf8");
  return body.length > 1024 ? `${text}...` : text;
}
