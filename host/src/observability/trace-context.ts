import type { RpcMetadata } from "@trilby/kit/transport";

/** W3C trace context as it stands in headers and CloudEvents. */
export interface TraceContext {
  readonly traceparent: string;
  /** Empty when there is none. */
  readonly tracestate: string;
}

/**
 * The context that this host hands on: the caller's own. It exports no spans, and one that nobody exports would be a hole in
 * the caller's trace. All zeros when the caller sent none that is valid, as daprd does without an exporter.
 */
export function passTrace(traceparent: string | undefined, tracestate: string | undefined): TraceContext {
  const passed = traceparent === undefined ? noTraceparent : passTraceparent(traceparent);
  if (passed === noTraceparent) return { traceparent: noTraceparent, tracestate: "" };
  return {
    traceparent: passed,
    tracestate: tracestate !== undefined && tracestate.length <= maxTracestateLength ? tracestate : "",
  };
}

/** The same from gRPC metadata: `grpc-trace-bin` goes before `traceparent`. */
export function passTraceFromRpc(metadata: RpcMetadata): TraceContext {
  let traceparent: string | undefined;
  let tracestate: string | undefined;
  let binary: string | undefined;
  for (const [name, value] of metadata) {
    if (name === "traceparent" && typeof value === "string") traceparent ??= value;
    else if (name === "tracestate" && typeof value === "string") tracestate ??= value;
    else if (name === "grpc-trace-bin" && typeof value !== "string") binary ??= traceparentFromBinary(value);
  }
  return binary === undefined ? passTrace(traceparent, tracestate) : passTrace(binary, tracestate);
}

/** In the form of version 00; all zeros when it is not a valid traceparent. */
export function passTraceparent(traceparent: string): string {
  const isValid =
    valid.test(traceparent) &&
    !traceparent.startsWith("ff") &&
    !traceparent.startsWith(zeroTrace, 3) &&
    !traceparent.startsWith(zeroSpan, 36);
  return isValid ? `00-${traceparent.slice(3, 55)}` : noTraceparent;
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

/** What stands where there is no trace. */
export const noTraceparent = `00-${zeroTrace}-${zeroSpan}-00`;

function traceparentFromBinary(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 29 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[18] !== 1 || bytes[27] !== 2) return undefined;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
  return `00-${hex.slice(4, 36)}-${hex.slice(38, 54)}-${hex.slice(56, 58)}`;
}
