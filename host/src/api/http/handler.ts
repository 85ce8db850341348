import { timingSafeEqual } from "node:crypto";
import type { Logger } from "@trilby/kit";

import type { Metrics } from "../../observability/metrics.ts";
import { isApiAllowed, type ApiAccess } from "../access.ts";
import { ApiError } from "../error.ts";
import type { ApiLogging } from "../logging.ts";
import { createCors } from "./cors.ts";
import type { Exchange } from "./exchange.ts";
import { cleanPath, hasValidEscapes } from "./path.ts";
import { createRouter } from "./router.ts";
import type { HttpRoute } from "./route.ts";

export interface HandlerSetup {
  readonly routes: readonly HttpRoute[];
  /** Takes what no route takes, whatever the method. */
  readonly fallback: HttpRoute;
  readonly access: ApiAccess;
  readonly allowedOrigins: readonly string[];
  /** Absent: no token is asked for. */
  readonly token: string | undefined;
  /** Whether a caller without any token may see what is not for everybody. */
  readonly trustsEverybody: boolean;
  readonly metrics: Metrics;
  /** Absent: calls are not logged. */
  readonly apiLogging: ApiLogging | undefined;
  readonly logger: Logger;
}

/**
 * What every request goes through, in this order: metrics, CORS, API token, API log, route. Steps that the options switch
 * off are not there at all.
 */
export function createHandler(setup: HandlerSetup): (exchange: Exchange) => void {
  const { fallback, metrics, apiLogging, logger, trustsEverybody } = setup;
  const router = createRouter(
    setup.routes.filter((route) => route.always === true || isApiAllowed(setup.access, "http", route.api, route.path)),
  );
  const cors = createCors(setup.allowedOrigins);
  const isTokenRight = setup.token === undefined ? undefined : tokenCheck(setup.token);
  const server = metrics.httpServer();

  const sent = (exchange: Exchange): void => {
    server.record(
      exchange.method,
      exchange.path,
      exchange.status,
      exchange.startedAt,
      exchange.requestBytes,
      exchange.responseBytes,
    );
    if (apiLogging !== undefined && exchange.route !== undefined) apiLogging.http(exchange, exchange.route);
  };

  const fail = (exchange: Exchange, error: unknown): void => {
    if (error instanceof ApiError) {
      metrics.errorCode(error.errorCode, error.reason);
      logger.debug(error.message);
    } else {
      logger.error(`${exchange.route?.name ?? exchange.method} failed unexpectedly`, {
        error: error instanceof Error ? error.stack : error,
      });
    }
    exchange.fail(error);
  };

  const finish = (exchange: Exchange): void => {
    if (exchange.status === 0) fail(exchange, new Error(`${exchange.route?.name ?? exchange.path} gave no answer`));
  };

  return (exchange) => {
    exchange.onResponse = sent;
    if (!hasValidEscapes(exchange.path)) return exchange.respond(400, "400 Bad Request", "text/plain; charset=utf-8");
    if (cors !== undefined && cors(exchange)) return;

    const route = router.find(exchange.method, cleanPath(exchange.path), exchange.params) ?? fallback;
    if (isTokenRight !== undefined) {
      exchange.trusted = isTokenRight(exchange.header("dapr-api-token"));
      if (!exchange.trusted && route.open !== true) {
        exchange.setHeader("X-Content-Type-Options", "nosniff");
        return exchange.respond(401, "invalid api token\n", "text/plain; charset=utf-8");
      }
      exchange.removeHeader("dapr-api-token");
    } else exchange.trusted = trustsEverybody;
    exchange.route = route;

    try {
      const result = route.handle(exchange);
      if (result === undefined) finish(exchange);
      else
        result.then(
          () => finish(exchange),
          (error: unknown) => fail(exchange, error),
        );
    } catch (error) {
      fail(exchange, error);
    }
  };
}

/** Compares in a time that does not depend on where the difference is. */
function tokenCheck(token: string): (given: string | undefined) => boolean {
  const right = Buffer.from(token);
  return (given) => {
    if (given === undefined) return false;
    const bytes = Buffer.from(given);
    return bytes.length === right.length && timingSafeEqual(bytes, right);
  };
}
