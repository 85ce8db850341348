import { AppError } from "../../app/app-error.ts";
import type { AppResponse, HttpAppChannel } from "../../app/channel.ts";
import { answeredObject, memberOf } from "./answered-object.ts";
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
        if (!(error instanceof AppError) || isNotMade(error)) throw error;
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

/** Whether the call was cancelled, or could not be made now: no answer of the application in any way. */
export function isNotMade({ code }: AppError): boolean {
  return notMade.has(code);
}

const success: Outcome = { status: "success" };
const notMade: ReadonlySet<string> = new Set(["cancelled", "unhealthy", "overloaded"]);

/** The member `status` of a JSON answer, its name in any case; "" when there is none. */
function statusIn(body: Uint8Array): string {
  const answer = answeredObject(body);
  const told = answer === undefined ? undefined : memberOf(answer, "status");
  return typeof told === "string" ? told : "";
}

function excerpt(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 1024)).toString("utf8");
  return body.length > 1024 ? `${text}...` : text;
}
