import { isIP } from "node:net";

import { connect, RpcError, type Channel, type RpcMetadata } from "@trilby/kit/transport";
import type { Logger } from "@trilby/kit";

import type { Metrics } from "../observability/metrics.ts";
import { binaryTraceContext } from "../observability/trace-context.ts";
import { AppError, unhealthy } from "./app-error.ts";
import type { AppCallOptions, GrpcAppChannel } from "./channel.ts";
import { createHygiene } from "./header-hygiene.ts";
import { createHealth } from "./health.ts";
import type { Limit } from "./limit.ts";

export interface GrpcChannelSettings {
  readonly protocol: "grpc" | "grpcs";
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly probing: { readonly intervalMs: number; readonly timeoutMs: number; readonly threshold: number } | undefined;
  /** <= 0: no limit. */
  readonly maxResponseBytes: number;
  readonly limit: Limit;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** The channel to an application that serves `dapr.proto.runtime.v1.AppCallback`. */
export async function createGrpcChannel(settings: GrpcChannelSettings): Promise<GrpcAppChannel> {
  const { limit, metrics, logger, probing } = settings;
  const channel: Channel = await connect(
    { host: settings.host, port: settings.port },
    {
      maxReceiveBytes: settings.maxResponseBytes > 0 ? settings.maxResponseBytes : 2 ** 31 - 1,
      // The application sits beside its host: any certificate will do, as in Dapr. An address is no name to ask for.
      tls:
        settings.protocol === "grpcs"
          ? { insecureSkipVerify: true, serverName: isIP(settings.host) === 0 ? undefined : "localhost" }
          : undefined,
    },
  );
  const own: RpcMetadata = settings.token === undefined ? [] : [["dapr-api-token", settings.token]];
  const hygiene = createHygiene(logger);
  const probeMetric = metrics.appHealthProbe();

  const probe = async (timeoutMs: number): Promise<void> => {
    const startedAt = performance.now();
    try {
      await channel.unary(healthCheck, empty, { metadata: own, timeoutMs });
      probeMetric.record("OK", startedAt);
    } catch (error) {
      probeMetric.record(codeName(error), startedAt);
      throw error;
    }
  };
  const metadataOf = ({ headers, traceparent }: AppCallOptions, always: RpcMetadata): RpcMetadata => {
    if (headers === undefined && traceparent === undefined) return always;
    const metadata: [string, string | Uint8Array][] = [];
    if (headers !== undefined) hygiene.grpc(metadata, headers);
    const names = new Set(always.map(([name]) => name));
    const sent = metadata.filter(([name]) => !names.has(name) && !(traceparent !== undefined && traceNames.has(name)));
    if (traceparent !== undefined) {
      sent.push(["traceparent", traceparent]);
      const binary = binaryTraceContext(traceparent);
      if (binary !== undefined) sent.push(["grpc-trace-bin", binary]);
    }
    return [...always, ...sent];
  };
  const health = createHealth({
    host: settings.host,
    port: settings.port,
    logger,
    probing: probing && { ...probing, probe },
  });

  return {
    kind: "grpc",
    get healthy() {
      return health.healthy;
    },
    onHealthy: health.onHealthy,
    onUnhealthy: health.onUnhealthy,
    start: health.start,
    stop: health.stop,
    close: () => channel.close(),
    method(path, fixed) {
      const metric = metrics.appRpc(path);
      const always = fixed === undefined ? own : [...own, ...Object.entries(fixed)];
      return {
        async call(request, options = {}) {
          if (!health.healthy) throw unhealthy();
          const waiting = limit.enter(options.signal);
          if (waiting !== undefined) await waiting;
          const startedAt = performance.now();
          try {
            // It may have gone while this call waited for its place.
            if (!health.healthy) throw unhealthy();
            const answer = await channel.unary(path, request, {
              metadata: metadataOf(options, always),
              signal: options.signal,
              timeoutMs: options.timeoutMs,
            });
            metric.record("OK", startedAt, request.length, answer.length);
            return answer;
          } catch (error) {
            metric.record(codeName(error), startedAt, request.length, 0);
            if (options.signal?.aborted)
              throw new AppError("cancelled", "the call was cancelled", options.signal.reason);
            throw error;
          } finally {
            limit.leave();
          }
        },
      };
    },
  };
}

/** A code's name as Go prints it, which is how Dapr's metrics label it. */
function codeName(error: unknown): string {
  return (error instanceof RpcError ? goNames[error.code] : undefined) ?? "Unknown";
}

const goNames: Readonly<Record<number, string>> = {
  1: "Canceled",
  2: "Unknown",
  3: "InvalidArgument",
  4: "DeadlineExceeded",
  5: "NotFound",
  6: "AlreadyExists",
  7: "PermissionDenied",
  8: "ResourceExhausted",
  9: "FailedPrecondition",
  10: "Aborted",
  11: "OutOfRange",
  12: "Unimplemented",
  13: "Internal",
  14: "Unavailable",
  15: "DataLoss",
  16: "Unauthenticated",
};
const healthCheck = "/dapr.proto.runtime.v1.AppCallbackHealthCheck/HealthCheck";
const traceNames: ReadonlySet<string> = new Set(["traceparent", "grpc-trace-bin"]);
const empty = new Uint8Array(0);
