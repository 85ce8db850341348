import type { RpcServer } from "../server/rpc-server.ts";
import { RpcCode, RpcError } from "../status.ts";
import { readFields, textField, writeNumber } from "./protobuf.ts";

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const ServingStatus = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

export interface Health {
  /** Tells everyone who watches it. The service "" is the server as a whole, which is SERVING from the start. */
  set(service: string, status: number): void;
}

/** Serves `grpc.health.v1.Health` ("GRPC Health Checking Protocol"): Check and Watch. */
export function serveHealth(server: RpcServer): Health {
  const statuses = new Map<string, number>([["", ServingStatus.SERVING]]);
  const watchers = new Set<() => void>();

  server.unary("/grpc.health.v1.Health/Check", (request) => {
    const service = textField(readFields(request), 1);
    const status = statuses.get(service);
    if (status === undefined) throw new RpcError(RpcCode.NOT_FOUND, `There is no service ${service} here`);
    return response(status);
  });

  server.stream("/grpc.health.v1.Health/Watch", async (stream, call) => {
    const first = await stream.messages[Symbol.asyncIterator]().next();
    if (first.done === true) throw new RpcError(RpcCode.INTERNAL, "Watch takes one request message and got none");
    const service = textField(readFields(first.value), 1);
    const { signal } = call;
    let changed = Promise.withResolvers<void>();
    const wake = (): void => changed.resolve();
    watchers.add(wake);
    signal.addEventListener("abort", wake);
    try {
      // A watcher that reads slowly misses what lies between, and always learns the last status.
      for (let told = -1; !signal.aborted;) {
        const status = statuses.get(service) ?? ServingStatus.SERVICE_UNKNOWN;
        if (status === told) await changed.promise;
        else {
          told = status;
          await stream.send(response(status));
        }
        changed = Promise.withResolvers();
      }
    } finally {
      watchers.delete(wake);
    }
  });

  return {
    set(service, status) {
      statuses.set(service, status);
      for (const wake of watchers) wake();
    },
  };
}

function response(status: number): Uint8Array {
  return writeNumber(1, status);
}
