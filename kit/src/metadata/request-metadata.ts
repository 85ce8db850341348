import type { Metadata } from "../contract/call.ts";
import { ComponentError } from "../errors/component-error.ts";
import { isTruthy } from "./bool.ts";
import { goDurationMs } from "./duration.ts";
import { integerFrom } from "./number.ts";

/**
 * `ttlInSeconds` of a state request; the key is case-sensitive. Undefined: none asked for. -1 and 0 mean: never expires
 * (and take an earlier expiry away), in every store of ours.
 */
export function stateTtlSeconds(metadata: Metadata): number | undefined {
  const text = metadata["ttlInSeconds"];
  if (text === undefined || text === "") return undefined;
  const seconds = integerFrom(text);
  if (seconds === undefined) throw invalid(`ttlInSeconds must be an integer, but is ${JSON.stringify(text)}`);
  if (seconds < -1 || seconds > maxInt32) throw invalid(`ttlInSeconds must be from -1 to ${maxInt32}, but is ${text}`);
  return seconds;
}

/**
 * Time to live of a message, in milliseconds: `ttl` or `ttlInSeconds` in any case, a Go duration or whole seconds.
 * Undefined: none asked for.
 */
export function messageTtlMs(metadata: Metadata): number | undefined {
  const text = anyCase(metadata, "ttl") ?? anyCase(metadata, "ttlinseconds");
  if (text === undefined || text === "") return undefined;
  const seconds = integerFrom(text);
  const ttlMs = seconds === undefined ? goDurationMs(text.trim()) : seconds * 1000;
  if (ttlMs === undefined)
    throw invalid(`ttl must be seconds or a duration such as 5s, but is ${JSON.stringify(text)}`);
  if (ttlMs <= 0) throw invalid(`ttl must be more than 0, but is ${text}`);
  return ttlMs;
}

/** Whether the payload travels as it is instead of inside a CloudEvent. */
export function isRawPayload(metadata: Metadata): boolean {
  return isTruthy(anyCase(metadata, "rawpayload"));
}

/** `contentType` of a request, undefined when absent or empty. For state, JSON is exactly `application/json`. */
export function contentType(metadata: Metadata): string | undefined {
  return anyCase(metadata, "contenttype") || undefined;
}

/** `priority`, held within 0 to 255. Undefined: none asked for. */
export function priority(metadata: Metadata): number | undefined {
  const text = anyCase(metadata, "priority");
  if (text === undefined || text === "") return undefined;
  const value = integerFrom(text);
  if (value === undefined) throw invalid(`priority must be an integer, but is ${JSON.stringify(text)}`);
  return Math.min(255, Math.max(0, value));
}

const maxInt32 = 2_147_483_647;

function anyCase(metadata: Metadata, lowerName: string): string | undefined {
  for (const key in metadata) {
    if (key.length === lowerName.length && key.toLowerCase() === lowerName) return metadata[key];
  }
  return undefined;
}

function invalid(message: string): ComponentError {
  return new ComponentError("invalid-argument", message);
}
