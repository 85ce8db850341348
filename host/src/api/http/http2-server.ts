import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";

import { Http2Exchange } from "./exchange-http2.ts";
import type { HttpServerSetup } from "./server.ts";

/** An HTTP/2 server that listens nowhere: connections are handed to it. Loaded when the first one comes. */
export function createHttp2Server(setup: HttpServerSetup, sessions: Set<ServerHttp2Session>): Http2Server {
  const server = createServer({
    maxSendHeaderBlockLength: 1 << 20,
    settings: { maxConcurrentStreams: 250, maxHeaderListSize: setup.maxHeaderBytes + 4096 },
  });
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  });
  server.on("stream", (stream, headers) => setup.handle(new Http2Exchange(stream, headers, setup.maxBodyBytes)));
  server.on("sessionError", () => {});
  return server;
}
