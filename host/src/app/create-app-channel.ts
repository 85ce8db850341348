import type { AppOptions } from "../options/options.ts";
import type { Log } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { AppChannel } from "./channel.ts";
import { createLimit } from "./limit.ts";

export interface AppChannelDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Largest answer of the application; <= 0: no limit. */
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
}

/** The channel that the options ask for; undefined without an app port. Nothing is dialled before `start`. */
export async function createAppChannel(
  options: AppOptions,
  dependencies: AppChannelDependencies,
): Promise<AppChannel | undefined> {
  const { port, protocol } = options;
  if (port === undefined) return undefined;
  const settings = {
    host: options.host,
    port,
    token: options.token,
    probing: options.health,
    maxResponseBytes: dependencies.maxBodyBytes,
    maxHeaderBytes: dependencies.maxHeaderBytes,
    limit: createLimit(options.maxConcurrency),
    metrics: dependencies.metrics,
    logger: dependencies.log.scope("dapr.runtime.app"),
  };
  if (protocol === "grpc" || protocol === "grpcs")
    return (await import("./grpc-channel.ts")).createGrpcChannel({ ...settings, protocol });
  return (await import("./http-channel.ts")).createHttpChannel({ ...settings, protocol });
}
