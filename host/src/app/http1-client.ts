import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http";

import { AppError } from "./app-error.ts";
import type { AppResponse } from "./channel.ts";
import { createAnswer } from "./http-answer.ts";
import type { HttpClient, HttpClientRequest, HttpClientSettings } from "./http-client.ts";

/**
 * HTTP/1.1 on kept connections: at most 1024, 64 of them idle. With TLS any certificate is accepted, as Dapr does: the
 * application sits beside its host.
 */
export async function createHttp1Client(settings: HttpClientSettings): Promise<HttpClient> {
  const pool = { keepAlive: true, maxSockets: 1024, maxFreeSockets: 64, scheduling: "lifo" as const };
  const https = settings.tls ? await import("node:https") : undefined;
  const agent = https
    ? new https.Agent({ ...pool, rejectUnauthorized: false, minVersion: "TLSv1.2" })
    : new HttpAgent(pool);
  const open = https ? https.request : httpRequest;
  const base = {
    agent,
    host: settings.host,
    port: settings.port,
    maxHeaderSize: settings.maxHeaderBytes,
    setDefaultHeaders: false,
  };
  const authority = `${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${settings.port}`;

  const send = (request: HttpClientRequest, again: boolean): Promise<AppResponse> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        ...base,
        method: request.method,
        path: request.path,
        headers: { host: authority, connection: "keep-alive", ...request.headers },
      };
      const call = open(options);
      const answer = createAnswer(request, settings.maxResponseBytes, resolve, reject, () => call.destroy());
      call.on("response", (response) => {
        answer.head(response.statusCode!, response.headers);
        response.on("data", answer.data);
        response.on("end", answer.end);
        response.on("error", (error) =>
          answer.fail(new AppError("unreachable", `the app's answer broke off: ${error.message}`, error)),
        );
      });
      call.on("error", (error: NodeJS.ErrnoException) => {
        // The application closed an idle connection just as it was taken from the pool. Nothing of the request was handled
        // by it as far as can be known; whoever delivers at least once may try a fresh one.
        if (
          call.reusedSocket &&
          (error.code === "ECONNRESET" || error.code === "EPIPE") &&
          request.repeatable &&
          !again &&
          answer.release()
        ) {
          send(request, true).then(resolve, reject);
          return;
        }
        answer.fail(new AppError("unreachable", `calling the app failed: ${error.message || error.code}`, error));
      });
      call.end(request.body);
    });

  return {
    send: (request) => send(request, false),
    close: () => agent.destroy(),
  };
}
