import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";

import { AppError } from "./app-error.ts";
import type { AppResponse } from "./channel.ts";
import { createAnswer } from "./http-answer.ts";
import type { HttpClient, HttpClientRequest, HttpClientSettings } from "./http-client.ts";

interface Route {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** HTTP/2 without TLS and without upgrade (h2c with prior knowledge), on one connection that is opened again when lost. */
export function createHttp2Client(settings: HttpClientSettings): HttpClient {
  const authority = `${settings.host.includes(":") ? `[${settings.host}]` : settings.host}:${settings.port}`;
  let session: ClientHttp2Session | undefined;
  /** Also those that take no new requests and still finish some. */
  const sessions = new Set<ClientHttp2Session>();
  let closed = false;

  const connection = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const fresh = connect(`http://${authority}`, {
      settings: { enablePush: false, maxHeaderListSize: settings.maxHeaderBytes },
    });
    const forget = (): void => {
      if (session === fresh) session = undefined;
    };
    // Streams report what happened to them; this listener only keeps the event from being thrown.
    fresh.on("error", forget);
    fresh.on("close", () => {
      sessions.delete(fresh);
      forget();
    });
    // No new streams; those under way end by themselves.
    fresh.on("goaway", forget);
    sessions.add(fresh);
    return (session = fresh);
  };

  const send = (route: Route, request: HttpClientRequest, again: boolean): Promise<AppResponse> =>
    new Promise((resolve, reject) => {
      if (closed) {
        reject(new AppError("cancelled", "the app channel is closed"));
        return;
      }
      let stream: ClientHttp2Stream;
      const used = session !== undefined;
      try {
        stream = connection().request(
          {
            ":method": route.method,
            ":path": route.path,
            ":scheme": "http",
            ":authority": authority,
            ...(request.body !== undefined && { "content-length": String(request.body.length) }),
            ...request.headers,
            ...route.headers,
          },
          { endStream: request.body === undefined },
        );
      } catch (error) {
        reject(new AppError("unreachable", `calling the app failed: ${(error as Error).message}`, error));
        return;
      }
      const answer = createAnswer(request, settings.maxResponseBytes, resolve, reject, () =>
        stream.close(constants.NGHTTP2_CANCEL),
      );
      let failure: Error | undefined;
      let ended = false;
      stream.on("response", ({ ":status": status, ...headers }) => answer.head(status ?? 0, headers));
      stream.on("data", answer.data);
      stream.on("end", () => (ended = true));
      stream.on("error", (error) => (failure = error));
      stream.on("close", () => {
        if (failure === undefined && ended && stream.rstCode === constants.NGHTTP2_NO_ERROR) {
          answer.end();
          return;
        }
        // Refused streams were not looked at; a connection that was idle before may have been closed by the application.
        const untouched =
          stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || (used && stream.session?.destroyed !== false);
        if (untouched && request.repeatable && !again && answer.release()) {
          send(route, request, true).then(resolve, reject);
          return;
        }
        const why = failure?.message ?? `the stream ended with code ${stream.rstCode}`;
        answer.fail(new AppError("unreachable", `calling the app failed: ${why}`, failure));
      });
      if (request.body !== undefined) stream.end(request.body);
    });

  return {
    route(method, path, headers) {
      const route = { method, path, headers };
      return { send: (request) => send(route, request, false) };
    },
    close() {
      closed = true;
      for (const each of sessions) each.destroy();
    },
  };
}
