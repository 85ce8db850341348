import { RpcCode, type ServerCall } from "@trilby/kit/transport";
import { DaprDefinition } from "@trilby/proto/runtime";

import { ApiError } from "../../api/error.ts";
import { unaryMethod } from "../../api/grpc/unary-method.ts";
import type { HttpExchange } from "../../api/http/route.ts";
import type { ComponentRegistry } from "../../components/registry.ts";
import type { HealthTargets } from "../../health-targets.ts";
import type { Log } from "../../observability/log.ts";
import type { Block } from "../block.ts";

export interface HealthSettings {
  readonly appId: string;
  readonly registry: ComponentRegistry;
  /** What `/v1.0/healthz` waits for. */
  readonly health: HealthTargets;
  /** What `/v1.0/healthz/outbound` waits for. */
  readonly outbound: HealthTargets;
  /** Subscriptions and input bindings of the application that are not served, resources that could not be read, and why. */
  readonly notServed: () => readonly NotServed[];
  /** Begins the end of the process; called after the answer was sent. `force`: at once, with exit code 1. */
  readonly stop: (force: boolean) => void;
  readonly log: Log;
}

export interface NotServed {
  /** Absent: of a resource that could not be read. */
  readonly component?: string;
  readonly topic?: string;
  /** Where it was asked for. */
  readonly source?: string;
  readonly reason: string;
}

const api = { group: "healthz", version: "v1" } as const;
const shutdownApi = { group: "shutdown", version: "v1" } as const;
/** The answer gets this long to leave before a forced end. */
const forceDelayMs = 100;

/** Health and the end: whether the host is up, and stopping it. */
export function createHealthBlock(settings: HealthSettings): Block {
  const { appId, health, outbound } = settings;
  const logger = settings.log.scope("dapr.runtime.http");

  const stop = (force: boolean): void => {
    if (force) {
      logger.warn("Force shutdown requested, exiting immediately without graceful shutdown");
      setTimeout(() => settings.stop(true), forceDelayMs);
    } else {
      logger.info("Shutdown requested via API");
      setImmediate(() => settings.stop(false));
    }
  };

  return {
    http: [
      {
        methods: ["GET"],
        path: "/v1.0/healthz",
        name: "Healthz",
        api,
        open: true,
        public: true,
        always: true,
        handle(exchange) {
          // Open to everybody is only what Dapr says.
          if (exchange.trusted && exchange.queryValue("verbose") !== undefined) return verbose(exchange, settings);
          if (!health.ready)
            throw unhealthy("ERR_HEALTH_NOT_READY", `dapr is not ready: [${health.pending().join(" ")}]`);
          const asked = exchange.queryValue("appid");
          if (asked !== undefined && asked !== appId)
            throw unhealthy("ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");
          exchange.respond(204);
        },
      },
      {
        methods: ["GET"],
        path: "/v1.0/healthz/outbound",
        name: "HealthzOutbound",
        api,
        open: true,
        public: true,
        always: true,
        handle(exchange) {
          if (!outbound.ready) throw unhealthy("ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready");
          exchange.respond(204);
        },
      },
      {
        methods: ["POST"],
        path: "/v1.0/shutdown",
        name: "Shutdown",
        api: shutdownApi,
        handle(exchange) {
          exchange.respond(204);
          stop(exchange.header("dapr-force-shutdown")?.toLowerCase() === "true");
        },
      },
    ],
    grpc: [
      unaryMethod(DaprDefinition, "shutdown", shutdownApi, (_, call: ServerCall) => {
        stop(
          call.metadata.some(
            ([name, value]) =>
              name === "dapr-force-shutdown" && typeof value === "string" && value.toLowerCase() === "true",
          ),
        );
        return {};
      }),
    ],
  };
}

function unhealthy(errorCode: string, message: string): ApiError {
  return new ApiError({ httpStatus: 500, grpcCode: RpcCode.INTERNAL, errorCode, message });
}

/**
 * `?verbose`, which Dapr does not know: the same status with a body that says what is waited for, how each component is,
 * and which subscriptions and input bindings are not served.
 */
function verbose(exchange: HttpExchange, { health, registry, notServed }: HealthSettings): void {
  exchange.json(health.ready ? 200 : 500, {
    status: health.ready ? "ready" : "not ready",
    waitingFor: health.pending(),
    components: registry
      .health()
      .map(({ name, kind, type, version, state, lastError, nextRetry, placement, source }) => ({
        name,
        kind,
        type,
        version,
        state,
        lastError,
        nextRetry: nextRetry === undefined ? undefined : new Date(nextRetry).toISOString(),
        placement,
        source,
      })),
    notServed: notServed(),
  });
}
