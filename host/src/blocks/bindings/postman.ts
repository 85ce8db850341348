import type { BindingEvent } from "@trilby/kit";

import type { AppChannel } from "../../app/channel.ts";
import type { AppAnswer } from "./app-answer.ts";
import { createGrpcBindingPostman } from "./grpc-postman.ts";
import { createHttpBindingPostman } from "./http-postman.ts";

/** Brings the events of one input binding to the application. */
export interface BindingPostman {
  /** Whether the application wants the binding's events. Rejects when it cannot be asked. */
  isWanted(signal: AbortSignal): Promise<boolean>;
  /** Resolves when the application took the event, to what it answered. Rejects when it did not. */
  deliver(event: BindingEvent, signal: AbortSignal): Promise<BindingReply>;
}

export interface BindingReply {
  /** Goes back to the component. */
  readonly body: Uint8Array;
  /** Present when the application wants something done with its answer. */
  readonly answer: AppAnswer | undefined;
}

/** `route` is the path of an HTTP application; `probeTimeoutMs` bounds `isWanted`. */
export function createBindingPostman(
  channel: AppChannel,
  name: string,
  route: string,
  probeTimeoutMs: number,
): BindingPostman {
  return channel.kind === "http"
    ? createHttpBindingPostman(channel, route, probeTimeoutMs)
    : createGrpcBindingPostman(channel, name, probeTimeoutMs);
}
