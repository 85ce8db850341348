import type { Logger } from "@trilby/kit";

import type { Metrics } from "../observability/metrics.ts";
import { AppError, unhealthy } from "./app-error.ts";
import type { AppRequest, HttpAppChannel } from "./channel.ts";
import { createHygiene } from "./header-hygiene.ts";
import { createHealth } from "./health.ts";
import { createHttp1Client } from "./http1-client.ts";
import type { Limit } from "./limit.ts";
import { appPath } from "./path.ts";

export interface HttpChannelSettings {
  readonly protocol: "http" | "https" | "h2c";
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  readonly probing:
    | { readonly path: string; readonly intervalMs: number; readonly timeoutMs: number; readonly threshold: number }
    | undefined;
  readonly maxResponseBytes: number;
  readonly maxHeaderBytes: number;
  readonly limit: Limit;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** The channel to an application that speaks HTTP. */
export async function createHttpChannel(settings: HttpChannelSettings): Promise<HttpAppChannel> {
  const { limit, metrics, logger, probing, token } = settings;
  const target = {
    host: settings.host,
    port: settings.port,
    tls: settings.protocol === "https",
    maxResponseBytes: settings.maxResponseBytes,
    maxHeaderBytes: settings.maxHeaderBytes,
  };
  const client =
    settings.protocol === "h2c"
      ? (await import("./http2-client.ts")).createHttp2Client(target)
      : createHttp1Client(target);
  const hygiene = createHygiene(logger);
  const probeMetric = metrics.appHealthProbe();
  const probed = probing && client.route("GET", appPath(probing.path), {});

  const probe = async (timeoutMs: number): Promise<void> => {
    const startedAt = performance.now();
    try {
      const answer = await probed!.send({
        headers: undefined,
        body: undefined,
        signal: undefined,
        timeoutMs,
        repeatable: true,
      });
      probeMetric.record(String(answer.status), startedAt);
      if (answer.status < 200 || answer.status > 299) {
        throw new Error(`Health check failed with status code: ${answer.status}`);
      }
    } catch (error) {
      if (error instanceof AppError) probeMetric.record("500", startedAt);
      throw error;
    }
  };
  const health = createHealth({
    host: target.host,
    port: target.port,
    logger,
    probing: probing && { ...probing, probe },
  });

  const headersOf = (request: AppRequest): Record<string, string> => {
    const headers: Record<string, string> = { "content-type": request.contentType };
    if (request.traceparent !== undefined) headers["traceparent"] = request.traceparent;
    if (request.headers !== undefined) hygiene.http(headers, request.headers);
    return headers;
  };

  return {
    kind: "http",
    get healthy() {
      return health.healthy;
    },
    onHealthy: health.onHealthy,
    onUnhealthy: health.onUnhealthy,
    start: health.start,
    stop: health.stop,
    close: client.close,
    route(method, route, fixed) {
      const path = appPath(route);
      const target = client.route(
        method,
        path,
        token === undefined ? { ...fixed } : { "dapr-api-token": token, ...fixed },
      );
      const metric = metrics.appCall(method, path);
      return {
        path,
        async call(request) {
          if (!health.healthy) throw unhealthy();
          const waiting = limit.enter(request.signal);
          if (waiting !== undefined) await waiting;
          const startedAt = performance.now();
          const sent = request.body?.length ?? 0;
          try {
            // It may have gone while this call waited for its place.
            if (!health.healthy) throw unhealthy();
            const answer = await target.send({
              headers: headersOf(request),
              body: request.body,
              signal: request.signal,
              timeoutMs: request.timeoutMs,
              repeatable: request.repeatable ?? false,
            });
            metric.record(String(answer.status), startedAt, sent, answer.body.length);
            return answer;
          } catch (error) {
            metric.record("500", startedAt, sent, 0);
            throw error;
          } finally {
            limit.leave();
          }
        },
      };
    },
  };
}
