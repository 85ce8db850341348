import { createHttp1Client as connectHttp1, Http1CallError, type Http1CallErrorCode } from "@trilby/wire/http1";

import { AppError, type AppErrorCode } from "./app-error.ts";
import type { AppResponse } from "./channel.ts";
import type { HttpClient, HttpClientRequest, HttpClientSettings } from "./http-client.ts";

/**
 * HTTP/1.1 on kept connections: at most 1024, 64 of them idle. With TLS any certificate is accepted, as Dapr does: the
 * application sits beside its host.
 */
export function createHttp1Client(settings: HttpClientSettings): HttpClient {
  const client = connectHttp1(
    { host: settings.host, port: settings.port },
    {
      tls: settings.tls ? { insecureSkipVerify: true } : undefined,
      maxConnections: 1024,
      maxIdleConnections: 64,
      maxHeadBytes: settings.maxHeaderBytes,
      maxBodyBytes: settings.maxResponseBytes > 0 ? settings.maxResponseBytes : -1,
    },
  );

  return {
    route(method, path, headers) {
      const prepared = client.prepare(method, path, headers);
      return {
        async send(request: HttpClientRequest): Promise<AppResponse> {
          try {
            return await client.send(prepared, request);
          } catch (error) {
            throw error instanceof Http1CallError ? appError(error, request) : error;
          }
        },
      };
    },
    close: client.close,
  };
}

const codes: Readonly<Record<Http1CallErrorCode, AppErrorCode>> = {
  unreachable: "unreachable",
  broken: "unreachable",
  malformed: "bad-answer",
  "too-large": "bad-answer",
  timeout: "timeout",
  cancelled: "cancelled",
  overloaded: "overloaded",
  closed: "cancelled",
};

function appError(error: Http1CallError, { timeoutMs }: HttpClientRequest): AppError {
  return new AppError(codes[error.code], message(error, timeoutMs), error.cause ?? error);
}

function message({ code, message: said, answerBegan }: Http1CallError, timeoutMs: number | undefined): string {
  switch (code) {
    case "cancelled":
      return said;
    case "closed":
      return "the app channel is closed";
    case "timeout":
      return `the app did not answer within ${timeoutMs} ms`;
    case "overloaded":
      return `the app takes no more calls now: ${said}`;
    case "too-large":
      return said.startsWith("the answer")
        ? said.replace("the", "the app's")
        : `the app's answer is too large: ${said}`;
    case "malformed":
      return `the app's answer is not HTTP/1.1: ${said}`;
    default:
      return answerBegan ? `the app's answer broke off: ${said}` : `calling the app failed: ${said}`;
  }
}
