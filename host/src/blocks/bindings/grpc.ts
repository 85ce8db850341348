import type { RpcMetadata } from "@trilby/kit/transport";
import { DaprDefinition } from "@trilby/proto/runtime";

import type { GrpcMethod } from "../../api/grpc/method.ts";
import { unaryMethod } from "../../api/grpc/unary-method.ts";
import { passTraceFromRpc } from "../../observability/trace-context.ts";
import { baggageProblem } from "./baggage.ts";
import { invokeFailed, malformed } from "./errors.ts";
import type { Outputs } from "./outputs.ts";

/** Output bindings over gRPC. */
export function bindingMethods(outputs: Outputs): GrpcMethod[] {
  return [
    unaryMethod(DaprDefinition, "invokeBinding", { group: "bindings", version: "v1" }, async (message, call) => {
      const { name, operation, data } = message;
      const metadata = withCallMetadata(message.metadata, call.metadata);
      const result = await outputs.invoke(name, { operation, data, metadata }).catch((error: unknown) => {
        throw invokeFailed("grpc", name, error);
      });
      if (result === undefined) return { data: empty, metadata: {} };
      const headers = Object.entries(result.metadata ?? {}).filter(([key, value]) => sendable(key, value));
      if (headers.length > 0) call.sendHeaders(headers.map(([key, value]) => [`metadata.${key.toLowerCase()}`, value]));
      return { data: result.data ?? empty, metadata: { ...result.metadata } };
    }),
  ];
}

/** The request's own metadata wins over that of the call, but for the trace. */
function withCallMetadata(own: Readonly<Record<string, string>>, sent: RpcMetadata): Record<string, string> {
  const metadata: Record<string, string> = { ...own };
  const baggage = sent
    .flatMap(([name, value]) => (name === "baggage" && typeof value === "string" ? [value] : []))
    .join(",");
  if (baggage !== "") {
    const problem = baggageProblem(baggage);
    if (problem !== undefined) throw malformed(`invalid baggage header: ${problem}`);
    metadata["baggage"] = baggage;
  }
  const seen = new Set<string>();
  for (const [name, value] of sent) {
    if (typeof value !== "string" || name === "dapr-api-token" || name === "traceparent" || name === "tracestate")
      continue;
    const key = name.startsWith("grpc-") ? `dapr-${name}` : name.startsWith(":") ? `dapr-${name.slice(1)}` : name;
    if (!seen.has(key)) metadata[key] ??= value;
    seen.add(key);
  }
  const trace = passTraceFromRpc(sent);
  const traced = sent.some(([name]) => name === "traceparent");
  if (traced || metadata["traceparent"] === undefined) metadata["traceparent"] = trace.traceparent;
  if (trace.tracestate !== "" && (traced || metadata["tracestate"] === undefined))
    metadata["tracestate"] = trace.tracestate;
  return metadata;
}

function sendable(key: string, value: string): boolean {
  return /^[0-9A-Za-z_.-]+$/.test(key) && !key.toLowerCase().endsWith("-bin") && /^[\x20-\x7e]*$/.test(value);
}

const empty = new Uint8Array(0);
