import { openHttpApi } from "../../src/api/http/open.ts";
import { ApiError } from "../../src/api/error.ts";
import type { Block } from "../../src/blocks/block.ts";
import type { Log } from "../../src/observability/log.ts";
import type { Metrics } from "../../src/observability/metrics.ts";

export interface TestApi {
  request(
    method: string,
    path: string,
    body?: string | Uint8Array,
    headers?: Record<string, string>,
  ): Promise<TestAnswer>;
  close(): Promise<void>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: any;
}

/** The host's own HTTP server around some blocks. */
export async function openTestApi(blocks: readonly Block[], log: Log, metrics: Metrics): Promise<TestApi> {
  const api = await openHttpApi({
    appId: "app1",
    options: {
      listenAddresses: ["127.0.0.1"],
      httpPort: 0,
      grpcPort: 0,
      publicPort: undefined,
      publicListenAddress: undefined,
      unixDomainSocket: undefined,
      token: undefined,
      allowedOrigins: [],
      maxBodyBytes: 1_000_000,
      maxHeaderBytes: 8192,
      apiLogging: undefined,
    },
    blocks,
    fallback: {
      methods: [],
      path: "/",
      name: "none",
      api: { group: "invoke", version: "v1" },
      handle() {
        throw new ApiError({ httpStatus: 404, grpcCode: 5, errorCode: "ERR_DIRECT_INVOKE", message: "no route" });
      },
    },
    access: { allowed: [], denied: [] },
    apiLogging: undefined,
    metrics,
    log,
  });
  const { port } = api.addresses[0] as { port: number };
  return {
    async request(method, path, body, headers = {}) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        body: body ?? null,
        headers,
      });
      const text = await response.text();
      let json: any;
      try {
        json = JSON.parse(text);
      } catch {}
      return { status: response.status, headers: response.headers, text, json };
    },
    close: () => api.close(100),
  };
}
