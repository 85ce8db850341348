import type { Log } from "../observability/log.ts";
import type { Exchange } from "./http/exchange.ts";
import type { HttpRoute } from "./http/route.ts";

export interface ApiLoggingOptions {
  /** Endpoint names instead of paths. */
  readonly obfuscateUrls: boolean;
  readonly omitHealthChecks: boolean;
}

/** One line a call of the API. */
export interface ApiLogging {
  http(exchange: Exchange, route: HttpRoute): void;
  grpc(method: string, code: number, startedAt: number, userAgent: string | undefined): void;
}

export function createApiLogging(log: Log, options: ApiLoggingOptions): ApiLogging {
  const http = log.scope("dapr.runtime.http-info");
  const grpc = log.scope("dapr.runtime.grpc.api-info");
  return {
    http(exchange, route) {
      if (options.omitHealthChecks && route.always === true) return;
      http.info("HTTP API Called", {
        method: options.obfuscateUrls ? route.name : `${exchange.method} ${exchange.path}`,
        code: exchange.status,
        size: exchange.responseBytes,
        duration: milliseconds(exchange.startedAt),
        useragent: exchange.header("user-agent"),
      });
    },
    grpc(method, code, startedAt, userAgent) {
      grpc.info("gRPC API Called", { method, code, duration: milliseconds(startedAt), useragent: userAgent });
    },
  };
}

function milliseconds(startedAt: number): number {
  return Math.floor(performance.now() - startedAt);
}
