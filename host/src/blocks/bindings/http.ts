import type { InvokeRequest } from "@trilby/kit";

import { bodyReadReason } from "../../api/http/body.ts";
import type { HttpExchange, HttpRoute } from "../../api/http/route.ts";
import { JsonReader } from "../../api/json/reader.ts";
import { passTrace } from "../../observability/trace-context.ts";
import { baggageProblem } from "./baggage.ts";
import { invokeFailed, malformed } from "./errors.ts";
import type { Outputs } from "./outputs.ts";

/** Output bindings over HTTP. */
export function bindingRoutes(outputs: Outputs): HttpRoute[] {
  return [
    {
      methods: ["POST", "PUT"],
      path: "/v1.0/bindings/{name}",
      name: "InvokeBinding",
      api: { group: "bindings", version: "v1" },
      async handle(exchange) {
        const name = exchange.param(0);
        const request = await readRequest(exchange);
        const result = await outputs.invoke(name, request).catch((error: unknown) => {
          throw invokeFailed("http", name, error);
        });
        // A component on a socket always answers something, if only an empty message: 200, as of Dapr's pluggable ones.
        if (result === undefined) {
          exchange.respond(204);
          return;
        }
        for (const key in result.metadata) exchange.setHeader(`metadata.${key}`, result.metadata[key]!);
        exchange.respond(200, result.data ?? empty, "application/json");
      },
    },
  ];
}

async function readRequest(exchange: HttpExchange): Promise<InvokeRequest> {
  let data: Uint8Array = jsonNull;
  let metadata: Record<string, string> = {};
  let operation = "";
  try {
    const reader = new JsonReader(await exchange.body(), "stream");
    reader.object({ type: "http.OutputBindingRequest" }, (name) => {
      switch (name.toLowerCase()) {
        case "data":
          data = reader.canonical({ field: "OutputBindingRequest.data", type: "interface {}" });
          break;
        case "metadata":
          metadata =
            reader.stringMap({ field: "OutputBindingRequest.metadata", type: "map[string]string" }, metadata) ??
            metadata;
          break;
        case "operation":
          operation = reader.string({ field: "OutputBindingRequest.operation", type: "string" }) ?? operation;
          break;
        default:
          reader.skip();
      }
    });
    reader.finish();
  } catch (error) {
    throw malformed(`failed deserializing HTTP body: ${bodyReadReason(error) ?? (error as Error).message}`, error);
  }
  const trace = passTrace(exchange.header("traceparent"), exchange.header("tracestate"));
  metadata["traceparent"] = trace.traceparent;
  if (trace.tracestate !== "") metadata["tracestate"] = trace.tracestate;
  const baggage = exchange.header("baggage");
  if (baggage !== undefined) {
    const problem = baggageProblem(baggage);
    if (problem !== undefined) throw malformed(`invalid baggage header: ${problem}`);
    metadata["baggage"] = baggage;
  }
  return { operation, data, metadata };
}

const empty = new Uint8Array(0);
const jsonNull = Buffer.from("null");
