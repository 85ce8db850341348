import { chmodSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./exchange-http1.ts";
import { asksForHttp2, http2Preface, switchToHttp2 } from "./h2c-upgrade.ts";
import { removeStaleSocket } from "./stale-socket.ts";

/** Where a server listens. A port of 0 picks a free one; host "" means all addresses. */
export type HttpAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface HttpServerSetup {
  readonly handle: (exchange: Exchange) => void;
  /** <= 0: no limit. */
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  /** Takes cleartext HTTP/2 from clients that begin with it. */
  readonly h2c: boolean;
}

export interface HttpServer {
  /** Resolves to the address with its real port. */
  listen(address: HttpAddress): Promise<HttpAddress>;
  /** Takes no new connections, closes idle ones, lets requests under way finish for at most `timeoutMs`. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/** Both for a request's headers and for the first byte on a new connection. */
const headerTimeoutMs = 10_000;
/** Go's server reads this much beyond its limit before it refuses. */
const headerSlackBytes = 4096;

/** An HTTP/1.1 server, and HTTP/2 on the same port, by prior knowledge or by upgrade. One instance may listen on one address. */
export function createHttpServer(setup: HttpServerSetup): HttpServer {
  let closing = false;
  let http2: Promise<Http2Server> | undefined;
  const undecided = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();

  const server: Server = createServer({
    maxHeaderSize: setup.maxHeaderBytes + headerSlackBytes,
    headersTimeout: headerTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: 0,
    connectionsCheckingInterval: 1000,
    noDelay: true,
    shouldUpgradeCallback: (request) => setup.h2c && asksForHttp2(request),
  });
  const isClosing = (): boolean => closing;
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    setup.handle(new Http1Exchange(request, response, setup.maxBodyBytes, isClosing));
  });

  const serveHttp2 = (socket: Socket): void => {
    http2 ??= import("./http2-server.ts").then((module) => module.createHttp2Server(setup, sessions));
    http2.then(
      (each) => each.emit("connection", socket),
      () => socket.destroy(),
    );
  };
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    undecided.add(socket);
    socket.once("close", () => undecided.delete(socket));
    switchToHttp2(request, socket, head, () => {
      undecided.delete(socket);
      serveHttp2(socket);
    });
  });

  const [serveHttp1] = server.listeners("connection") as [(socket: Socket) => void];
  server.removeListener("connection", serveHttp1);
  server.on("connection", (socket: Socket) => {
    undecided.add(socket);
    firstBytes(socket, setup.h2c, (preface) => {
      undecided.delete(socket);
      if (preface === "none") return;
      if (preface === "http2") serveHttp2(socket);
      else serveHttp1.call(server, socket);
    });
  });

  let closed: Promise<void> | undefined;
  return {
    async listen(address) {
      if ("path" in address) await removeStaleSocket(address.path);
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        const listening = (): void => {
          server.removeListener("error", reject);
          // Errors of accepting, such as too many open files: the next connection may succeed.
          server.on("error", () => {});
          resolve();
        };
        if ("path" in address) {
          // The socket must not be open to others even for a moment.
          const mask = process.umask(0o177);
          try {
            server.listen(address.path, listening);
          } finally {
            process.umask(mask);
          }
        } else if (address.host === "") server.listen(address.port, listening);
        else server.listen(address.port, address.host, listening);
      });
      if ("path" in address) {
        chmodSync(address.path, 0o600);
        return address;
      }
      const bound = server.address();
      return { host: address.host, port: typeof bound === "object" && bound !== null ? bound.port : address.port };
    },
    close(timeoutMs) {
      return (closed ??= new Promise((resolve) => {
        closing = true;
        const force = setTimeout(() => {
          server.closeAllConnections();
          for (const session of sessions) session.destroy();
        }, timeoutMs);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        for (const socket of undecided) socket.destroy();
        for (const session of sessions) session.close();
      }));
    },
  };
}

/** Looks at what a connection begins with and puts it back. `none`: the connection ended or stayed silent for too long. */
function firstBytes(socket: Socket, h2c: boolean, decide: (preface: "http1" | "http2" | "none") => void): void {
  let seen: Buffer | undefined;
  const finish = (preface: "http1" | "http2" | "none"): void => {
    clearTimeout(silence);
    socket.removeListener("data", look);
    socket.removeListener("close", gone);
    socket.removeListener("error", gone);
    if (preface === "none") return decide(preface);
    socket.pause();
    socket.unshift(seen);
    decide(preface);
    // The HTTP/2 server takes what is buffered by itself.
    if (preface === "http1") process.nextTick(() => socket.resume());
  };
  const gone = (): void => finish("none");
  const look = (chunk: Buffer): void => {
    seen = seen === undefined ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, http2Preface.length);
    if (!h2c || seen.compare(http2Preface, 0, length, 0, length) !== 0) finish("http1");
    else if (length === http2Preface.length) finish("http2");
  };
  const silence = setTimeout(() => socket.destroy(), headerTimeoutMs);
  socket.on("data", look);
  socket.on("close", gone);
  socket.on("error", gone);
}
