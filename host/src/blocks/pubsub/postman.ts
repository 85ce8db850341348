import type { Metadata } from "@trilby/kit";

import { passTraceparent } from "../../observability/trace-context.ts";
import type { Standing } from "./in-turn.ts";
import { textAttribute, type IncomingEvent } from "./incoming-event.ts";

/** Brings events of one subscription to one route of the application. */
export interface Postman {
  /**
   * Resolves to what the application made of the event: every answer and every failed call is an outcome. Rejects only
   * when the call was cancelled or could not be made now (`AppError` cancelled, unhealthy, overloaded), or with the refusal
   * that the event's standing tells.
   */
  deliver(event: IncomingEvent, metadata: Metadata, signal: AbortSignal, standing?: Standing): Promise<Outcome>;
  /** Events that it holds back to collect more go out now: nothing more comes. */
  hurry?(signal: AbortSignal): void;
}

export type Outcome =
  | { readonly status: "success" }
  /** Not handled: try again later. */
  | { readonly status: "retry"; readonly reason: string }
  /** Never to be delivered again; `deadLetter` is false where Dapr acknowledges without one. */
  | { readonly status: "drop"; readonly reason: string; readonly deadLetter: boolean };

/** The event's trace; undefined when the event says nothing of one, or the metadata brings one itself. */
export function deliveryTraceparent(event: IncomingEvent, metadata: Metadata): string | undefined {
  if (metadata["traceparent"] !== undefined) return undefined;
  if (event.attributes["traceparent"] === undefined && event.attributes["traceid"] === undefined) return undefined;
  return passTraceparent(textAttribute(event, "traceparent") || textAttribute(event, "traceid"));
}
