import { request } from "node:http";
import type { Logger } from "@trilby/kit";
import { connect, type Channel } from "@trilby/kit/transport";

import { openGrpcApi } from "../../src/api/grpc/open.ts";
import { openHttpApi, type HttpApiSetup } from "../../src/api/http/open.ts";
import type { Block } from "../../src/blocks/block.ts";
import { invokeRoute, proxyRefusal } from "../../src/blocks/unconfigured/create-unconfigured-block.ts";
import type { Log } from "../../src/observability/log.ts";
import type { Metrics } from "../../src/observability/metrics.ts";
import { noMetrics } from "../../src/observability/prometheus/no-metrics.ts";
import type { ApiOptions } from "../../src/options/options.ts";

export interface LoggedLine {
  readonly level: string;
  readonly scope: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** A log that keeps its lines. */
export function recordingLog(): { log: Log; lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const scope = (name: string): Logger => {
    const write =
      (level: string): Logger["info"] =>
      (message, fields) =>
        void lines.push({ level, scope: name, message, fields });
    return { debug: write("debug"), info: write("info"), warn: write("warning"), error: write("error") };
  };
  const log: Log = {
    scope,
    fatal: (name, message, fields) => void lines.push({ level: "fatal", scope: name, message, fields }),
    flush: () => Promise.resolve(),
  };
  return { log, lines };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface OpenApis {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly publicPort: number | undefined;
  readonly lines: LoggedLine[];
  http(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: string | Uint8Array; port?: number },
  ): Promise<Answer>;
  grpc: Channel;
  close(): Promise<void>;
}

export const apiOptions: ApiOptions = {
  listenAddresses: ["127.0.0.1"],
  httpPort: 0,
  grpcPort: 0,
  publicPort: undefined,
  publicListenAddress: "127.0.0.1",
  unixDomainSocket: undefined,
  token: undefined,
  allowedOrigins: [],
  maxBodyBytes: 4 * 1024 * 1024,
  maxHeaderBytes: 4096,
  apiLogging: undefined,
};

/** Both APIs on free ports of this machine, as the runtime opens them. */
export async function openApis(setup: {
  blocks: readonly Block[];
  options?: Partial<ApiOptions>;
  access?: HttpApiSetup["access"];
  apiLogging?: HttpApiSetup["apiLogging"];
  metrics?: Metrics;
  appId?: string;
}): Promise<OpenApis> {
  const { log, lines } = recordingLog();
  const common = {
    appId: setup.appId ?? "app",
    options: { ...apiOptions, ...setup.options },
    blocks: setup.blocks,
    access: setup.access ?? { allowed: [], denied: [] },
    apiLogging: setup.apiLogging,
    metrics: setup.metrics ?? noMetrics,
    log,
  };
  const http = await openHttpApi({ ...common, fallback: invokeRoute });
  const grpc = await openGrpcApi({ ...common, fallback: proxyRefusal });
  const httpPort = portOf(http.addresses[0]);
  const grpcPort = portOf(grpc.addresses[0]);
  const channel = await connect({ host: "127.0.0.1", port: grpcPort });
  return {
    httpPort,
    grpcPort,
    publicPort: http.publicAddress === undefined ? undefined : portOf(http.publicAddress),
    lines,
    http: (method, path, options = {}) => call({ port: options.port ?? httpPort, method, path, ...options }),
    grpc: channel,
    async close() {
      channel.close();
      await Promise.all([http.close(1000), grpc.close(1000)]);
    },
  };
}

function portOf(address: { path: string } | { port: number } | undefined): number {
  return address !== undefined && "port" in address ? address.port : 0;
}

/** One request over a connection of its own. */
export function call(options: {
  port?: number;
  socketPath?: string;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}): Promise<Answer> {
  const { port, socketPath, method, path, headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = request(
      { host: "127.0.0.1", port, socketPath, method, path, headers: { ...length, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
