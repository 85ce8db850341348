import { join } from "node:path";
import { createServer, type ListenAddress, type StreamHandler, type Transport } from "@trilby/kit/transport";

import type { Block } from "../../blocks/block.ts";
import type { Log } from "../../observability/log.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { ApiOptions } from "../../options/options.ts";
import { isApiAllowed, type ApiAccess } from "../access.ts";
import { createApiLogging, type ApiLoggingOptions } from "../logging.ts";
import { addReflection } from "./reflection.ts";
import { notAvailable } from "./refusals.ts";
import { createWrap } from "./wrap.ts";

export interface GrpcApiSetup {
  readonly appId: string;
  readonly options: ApiOptions;
  readonly blocks: readonly Block[];
  /** Takes methods that no block has: proxying. */
  readonly fallback: StreamHandler;
  readonly access: ApiAccess;
  /** Absent: calls are not logged. */
  readonly apiLogging: ApiLoggingOptions | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Absent: the transport that everything uses. */
  readonly transport?: Pick<Transport, "createServer">;
}

export interface GrpcApi {
  /** Where it listens, with real ports; the first one is that of the options. */
  readonly addresses: readonly ListenAddress[];
  /** Takes no new calls, lets those under way finish for at most `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

const service = "dapr.proto.runtime.v1.Dapr";

/** Opens the gRPC API. Rejects when it can listen on none of its addresses. */
export async function openGrpcApi(setup: GrpcApiSetup): Promise<GrpcApi> {
  const { options, log, access } = setup;
  const logger = log.scope("dapr.runtime.grpc.api");
  const server = await (setup.transport?.createServer ?? createServer)({
    maxReceiveBytes: options.maxBodyBytes > 0 ? options.maxBodyBytes : -1,
    maxSendBytes: options.maxBodyBytes > 0 ? options.maxBodyBytes : -1,
    // Dapr counts kibibytes of what is given in bytes.
    maxHeaderBytes: options.maxHeaderBytes * 1024,
    keepalive: { timeMs: 10_000, timeoutMs: 5_000 },
  });
  const wrap = createWrap({
    token: options.token,
    metrics: setup.metrics,
    apiLogging: setup.apiLogging === undefined ? undefined : createApiLogging(log, setup.apiLogging),
    logger,
  });

  for (const method of setup.blocks.flatMap((block) => block.grpc)) {
    // Refused before the token is looked at.
    if (!isApiAllowed(access, "grpc", method.api, method.path))
      server.stream(method.path, () => Promise.reject(notAvailable()));
    else if ("unary" in method) server.unary(method.path, wrap.unary(method.path, method.unary));
    else server.stream(method.path, wrap.stream(method.path, method.stream));
  }
  addReflection(server, [service], wrap.stream);
  server.fallback(wrap.stream("", setup.fallback));

  const addresses: ListenAddress[] = [];
  for (const wanted of wantedAddresses(setup.appId, options)) {
    // Several addresses share the port that the first one got.
    const first = addresses[0];
    const address =
      "port" in wanted && wanted.port === 0 && first !== undefined && "port" in first
        ? { ...wanted, port: first.port }
        : wanted;
    try {
      addresses.push(await server.listen(address));
      logger.info(`gRPC server listening on ${addressText(address)}`);
    } catch (error) {
      logger.error(
        `Failed to listen for gRPC server on ${addressText(address)} with error: ${(error as Error).message}`,
      );
    }
  }
  if (addresses.length === 0) {
    await server.close(0);
    throw new Error(
      `gRPC API: could not listen on any endpoint. Is another process using port ${options.grpcPort}? Choose one with --dapr-grpc-port`,
    );
  }
  return { addresses, close: (timeoutMs) => server.close(timeoutMs) };
}

function wantedAddresses(appId: string, options: ApiOptions): ListenAddress[] {
  if (options.unixDomainSocket !== undefined)
    return [{ path: join(options.unixDomainSocket, `dapr-${appId}-grpc.socket`) }];
  const hosts = options.listenAddresses.length === 0 ? [""] : options.listenAddresses;
  return hosts.map((host) => ({ host, port: options.grpcPort }));
}

function addressText(address: ListenAddress): string {
  return "path" in address ? `UNIX socket: ${address.path}` : `TCP address: ${address.host}:${address.port}`;
}
