import { randomFillSync } from "node:crypto";

import type { RpcMetadata } from "@trilby/kit/transport";

/** W3C trace context as it stands in headers and CloudEvents. */
export interface TraceContext {
  readonly traceparent: string;
  /** Empty when there is none. */
  readonly tracestate: string;
}

/**
 * The context of a step of this host: a new span in the caller's trace, or in a new trace when the caller sent none that
 * is valid. A new trace is not sampled.
 */
export function beginTrace(traceparent: string | undefined, tracestate: string | undefined): TraceContext {
  const child = traceparent === undefined ? undefined : childTraceparent(traceparent);
  if (child === undefined) return { traceparent: newTraceparent(), tracestate: "" };
  return {
    traceparent: child,
    tracestate: tracestate !== undefined && tracestate.length <= maxTracestateLength ? tracestate : "",
  };
}

/** The same from gRPC metadata: `grpc-trace-bin` goes before `traceparent`. */
export function beginTraceFromRpc(metadata: RpcMetadata): TraceContext {
  let traceparent: string | undefined;
  let tracestate: string | undefined;
  let binary: string | undefined;
  for (const [name, value] of metadata) {
    if (name === "traceparent" && typeof value === "string") traceparent ??= value;
    else if (name === "tracestate" && typeof value === "string") tracestate ??= value;
    else if (name === "grpc-trace-bin" && typeof value !== "string") binary ??= traceparentFromBinary(value);
  }
  return binary === undefined ? beginTrace(traceparent, tracestate) : beginTrace(binary, tracestate);
}

/** A new span below the given one; undefined when that is not a valid traceparent. */
export function childTraceparent(parent: string): string | undefined {
  if (
    !valid.test(parent) ||
    parent.startsWith("ff") ||
    parent.startsWith(zeroTrace, 3) ||
    parent.startsWith(zeroSpan, 36)
  )
    return undefined;
  return `00-${parent.slice(3, 35)}-${randomHex(8)}-${parent.slice(53, 55)}`;
}

export function newTraceparent(): string {
  return `00-${randomHex(16)}-${randomHex(8)}-00`;
}

/** The binary form of gRPC: version, then field 0 trace id, 1 span id, 2 options. Undefined for an invalid traceparent. */
export function binaryTraceContext(traceparent: string): Uint8Array | undefined {
  if (!valid.test(traceparent)) return undefined;
  const bytes = Buffer.alloc(29);
  bytes.write(traceparent.slice(3, 35), 2, "hex");
  bytes[18] = 1;
  bytes.write(traceparent.slice(36, 52), 19, "hex");
  bytes[27] = 2;
  bytes.write(traceparent.slice(53, 55), 28, "hex");
  return bytes;
}

const maxTracestateLength = 512;
const valid = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
const zeroTrace = "0".repeat(32);
const zeroSpan = "0".repeat(16);

function traceparentFromBinary(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 29 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[18] !== 1 || bytes[27] !== 2) return undefined;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
  return `00-${hex.slice(4, 36)}-${hex.slice(38, 54)}-${hex.slice(56, 58)}`;
}

// Ids need to be unique, not secret: many at a time from one call.
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}
