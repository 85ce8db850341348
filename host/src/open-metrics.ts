import type { Logger } from "@trilby/kit";

import type { Metrics } from "./observability/metrics.ts";
import { createMetrics } from "./observability/prometheus/metrics.ts";
import { noMetrics } from "./observability/prometheus/no-metrics.ts";
import { type MetricsServer, serveMetrics } from "./observability/prometheus/server.ts";
import type { HostOptions } from "./options/options.ts";
import type { MetricsConfiguration } from "./resources/configuration.ts";

/** The metrics and the port they are read from, or ones that count nothing when they are switched off. */
export async function openMetrics(
  { appId, namespace, metrics: { enabled, host, port } }: HostOptions,
  configuration: MetricsConfiguration,
  logger: Logger,
): Promise<{ readonly metrics: Metrics; readonly metricsServer: MetricsServer | undefined }> {
  if (!configuration.enabled || !enabled) {
    return { metrics: noMetrics, metricsServer: undefined };
  }
  const metrics = createMetrics({
    appId,
    namespace: namespace ?? "",
    recordErrorCodes: configuration.recordErrorCodes,
    latencyBuckets: configuration.latencyDistributionBuckets,
    http: configuration.http,
  });
  try {
    const metricsServer = await serveMetrics(metrics, { host, port });
    logger.info(`metrics server started on ${host}:${metricsServer.port}/`);
    return { metrics, metricsServer };
  } catch (error) {
    const cause =
      (error as NodeJS.ErrnoException).code === "EADDRINUSE" ? "another process uses it" : (error as Error).message;
    throw new Error(
      `metrics cannot be served on port ${port}: ${cause}; choose another with --metrics-port, or --enable-metrics=false`,
      {
        cause: error,
      },
    );
  }
}
