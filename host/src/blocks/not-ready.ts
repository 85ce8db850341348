import type { Kind } from "@trilby/kit";
import { RpcCode } from "@trilby/kit/transport";

import { ApiError } from "../api/error.ts";
import type { ComponentRegistry } from "../components/registry.ts";

/**
 * The error of a component that should be there and is not ready, or undefined when no resource declares it. Dapr has no
 * such answer: it does not listen before its components are there.
 */
export function notReady(registry: ComponentRegistry, kind: Kind, name: string): ApiError | undefined {
  const health = registry.health().find((each) => each.kind === kind && each.name === name);
  if (health === undefined) return undefined;
  const reason = health.lastError === undefined ? "it is still starting" : health.lastError;
  const retry = health.nextRetry === undefined ? "" : `; next attempt at ${new Date(health.nextRetry).toISOString()}`;
  return new ApiError({
    httpStatus: 503,
    grpcCode: RpcCode.UNAVAILABLE,
    errorCode: "ERR_COMPONENT_NOT_READY",
    message: `component ${name} (${health.type}, ${health.source}) is not ready: ${reason}${retry}`,
    details: [
      {
        kind: "error-info",
        reason: "TRILBY_COMPONENT_NOT_READY",
        metadata: { component: name, type: health.type, state: health.state, source: health.source },
      },
    ],
  });
}

/** Whether any component of the kind is declared, loaded or not. */
export function isKindConfigured(registry: ComponentRegistry, kind: Kind): boolean {
  return registry.list(kind).length > 0 || registry.health().some((each) => each.kind === kind);
}
