import { join } from "node:path";

import type { Block } from "../../blocks/block.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { ApiOptions } from "../../options/options.ts";
import type { ApiAccess } from "../access.ts";
import { createApiLogging, type ApiLoggingOptions } from "../logging.ts";
import { createHandler } from "./handler.ts";
import type { HttpRoute } from "./route.ts";
import { createHttpServer, type HttpAddress, type HttpServer } from "./server.ts";

export interface HttpApiSetup {
  readonly appId: string;
  readonly options: ApiOptions;
  readonly blocks: readonly Block[];
  /** Takes what no route takes: service invocation. */
  readonly fallback: HttpRoute;
  readonly access: ApiAccess;
  /** Absent: calls are not logged. */
  readonly apiLogging: ApiLoggingOptions | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface HttpApi {
  /** Where it listens, with real ports; the first one is that of the options. */
  readonly addresses: readonly HttpAddress[];
  readonly publicAddress: HttpAddress | undefined;
  /** Takes no new requests, lets those under way finish for at most `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Opens the HTTP API and, when asked for, the public port. Rejects when it can listen on none of its addresses. */
export async function openHttpApi(setup: HttpApiSetup): Promise<HttpApi> {
  const { options, log } = setup;
  const logger = log.scope("dapr.runtime.http");
  const routes = setup.blocks.flatMap((block) => block.http);
  const handle = createHandler({
    routes,
    fallback: setup.fallback,
    access: setup.access,
    allowedOrigins: options.allowedOrigins,
    token: options.token,
    trustsEverybody: true,
    metrics: setup.metrics,
    apiLogging: setup.apiLogging === undefined ? undefined : createApiLogging(log, setup.apiLogging),
    logger,
  });
  const h2c = options.h2c ?? true;
  const servers: HttpServer[] = [];
  const close = async (timeoutMs: number): Promise<void> => {
    await Promise.all(servers.map((server) => server.close(timeoutMs)));
  };

  try {
    const addresses: HttpAddress[] = [];
    for (const wanted of wantedAddresses(setup.appId, options)) {
      // Several addresses share the port that the first one got.
      const first = addresses[0];
      const address =
        "port" in wanted && wanted.port === 0 && first !== undefined && "port" in first
          ? { ...wanted, port: first.port }
          : wanted;
      const server = createHttpServer({
        handle,
        maxBodyBytes: options.maxBodyBytes,
        maxHeaderBytes: options.maxHeaderBytes,
        h2c,
      });
      try {
        const bound = await server.listen(address);
        servers.push(server);
        addresses.push(bound);
        logger.info(`HTTP server listening on ${addressText(bound)}`);
      } catch (error) {
        logger.warn(`HTTP server cannot listen on ${addressText(address)}: ${(error as Error).message}`);
      }
    }
    if (addresses.length === 0) {
      throw new Error(
        `HTTP API: could not listen on any endpoint. Is another process using port ${options.httpPort}? Choose one with --dapr-http-port`,
      );
    }

    let publicAddress: HttpAddress | undefined;
    if (options.publicPort !== undefined) {
      const server = createHttpServer({
        handle: createHandler({
          routes: routes.filter((route) => route.public === true),
          fallback: setup.fallback,
          access: setup.access,
          allowedOrigins: [],
          token: undefined,
          trustsEverybody: options.token === undefined,
          metrics: setup.metrics,
          apiLogging: undefined,
          logger,
        }),
        maxBodyBytes: options.maxBodyBytes,
        maxHeaderBytes: options.maxHeaderBytes,
        h2c: false,
      });
      const wanted = { host: options.publicListenAddress ?? "", port: options.publicPort };
      publicAddress = await server.listen(wanted).catch((error: Error) => {
        throw new Error(
          `public port: could not listen on ${addressText(wanted)}: ${error.message}. Choose another with --dapr-public-port or --dapr-public-listen-address`,
          { cause: error },
        );
      });
      servers.push(server);
      logger.info(`Public HTTP server listening on ${addressText(publicAddress)}`);
    }
    return { addresses, publicAddress, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

function wantedAddresses(appId: string, options: ApiOptions): HttpAddress[] {
  if (options.unixDomainSocket !== undefined)
    return [{ path: join(options.unixDomainSocket, `dapr-${appId}-http.socket`) }];
  const hosts = options.listenAddresses.length === 0 ? [""] : options.listenAddresses;
  return hosts.map((host) => ({ host, port: options.httpPort }));
}

function addressText(address: HttpAddress): string {
  return "path" in address ? `UNIX socket: ${address.path}` : `TCP address: ${address.host}:${address.port}`;
}
