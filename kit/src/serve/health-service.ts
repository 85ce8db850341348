import { once } from "node:events";
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
} from "@trilby/proto/health";
import { encodeMessage } from "@trilby/proto/encode";
import { RpcCode, RpcError } from "../transport/rpc-error.ts";
import type { RpcServer } from "../transport/index.ts";
import type { ServedService } from "./served-service.ts";
import { decode, serveStream, serveUnary } from "./service.ts";

/** `stopping` is aborted when the process begins to shut down: from then on nothing is serving. */
export function serveHealth(
  server: RpcServer,
  services: readonly ServedService[],
  stopping: AbortSignal,
): ServedService {
  const status = (service: string): HealthCheckResponse_ServingStatus => {
    if (service !== "" && !services.some((each) => each.definition.fullName === service && each.listed())) {
      return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
    }
    return stopping.aborted ? HealthCheckResponse_ServingStatus.NOT_SERVING : HealthCheckResponse_ServingStatus.SERVING;
  };
  serveUnary(server, HealthDefinition, {
    check: async ({ service }) => {
      const found = status(service);
      if (found !== HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN) return { status: found };
      throw new RpcError(RpcCode.NOT_FOUND, `unknown service ${service}`);
    },
    list: async () => {
      const names = ["", ...services.filter((each) => each.listed()).map(({ definition }) => definition.fullName)];
      return { statuses: Object.fromEntries(names.map((name) => [name, { status: status(name) }])) };
    },
  });
  const { watch } = HealthDefinition.methods;
  serveStream(server, HealthDefinition, watch, async (stream, _, call) => {
    const first = await stream.messages[Symbol.asyncIterator]().next();
    const { service } = first.done ? { service: "" } : decode(HealthCheckRequest, first.value, watch);
    const send = () => stream.send(encodeMessage(HealthCheckResponse, { status: status(service) }));
    await send();
    const ended = AbortSignal.any([stopping, call.signal]);
    if (!ended.aborted) await once(ended, "abort");
    if (!call.signal.aborted) await send();
  });
  return { definition: HealthDefinition, listed: () => true };
}
