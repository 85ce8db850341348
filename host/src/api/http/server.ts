import { chmodSync } from "node:fs";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { createHttp1Server } from "@trilby/wire/http1";

import type { Exchange } from "./exchange.ts";
import { Http1Exchange } from "./exchange-http1.ts";
import { asksForHttp2, switchToHttp2 } from "./h2c-upgrade.ts";
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
const headTimeoutMs = 10_000;
/** Go's server reads this much beyond its limit before it refuses. */
const headerSlackBytes = 4096;

/** An HTTP/1.1 server, and HTTP/2 on the same port, by prior knowledge or by upgrade. One instance may listen on one address. */
export function createHttpServer(setup: HttpServerSetup): HttpServer {
  let http2: Promise<Http2Server> | undefined;
  /** On their way from one protocol to the other. */
  const undecided = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();

  /** What the socket has given goes in front of what it gives next. */
  const serveHttp2 = (socket: Socket, begin: Buffer): void => {
    undecided.add(socket);
    socket.once("close", () => undecided.delete(socket));
    socket.pause();
    socket.unshift(begin);
    // HTTP/2 does not end a connection by halves: a client that ended it is gone.
    socket.allowHalfOpen = false;
    http2 ??= import("./http2-server.ts").then((module) => module.createHttp2Server(setup, sessions));
    http2.then(
      (each) => {
        undecided.delete(socket);
        return each.emit("connection", socket);
      },
      () => socket.destroy(),
    );
  };

  const server = createHttp1Server({
    handle: (request) => setup.handle(new Http1Exchange(request, setup.maxBodyBytes)),
    maxHeadBytes: setup.maxHeaderBytes + headerSlackBytes,
    headTimeoutMs,
    ...(setup.h2c && {
      http2: serveHttp2,
      upgrade: {
        wanted: asksForHttp2,
        take(head, socket, rest) {
          undecided.add(socket);
          socket.once("close", () => undecided.delete(socket));
          switchToHttp2(head, socket, rest, (begin) => serveHttp2(socket, begin));
        },
      },
    }),
  });
  const { listener } = server;

  let closed: Promise<void> | undefined;
  return {
    async listen(address) {
      if ("path" in address) await removeStaleSocket(address.path);
      await new Promise<void>((resolve, reject) => {
        listener.once("error", reject);
        const listening = (): void => {
          listener.removeListener("error", reject);
          // Errors of accepting, such as too many open files: the next connection may succeed.
          listener.on("error", () => {});
          resolve();
        };
        if ("path" in address) {
          // The socket must not be open to others even for a moment.
          const mask = process.umask(0o177);
          try {
            listener.listen(address.path, listening);
          } finally {
            process.umask(mask);
          }
        } else if (address.host === "") listener.listen(address.port, listening);
        else listener.listen(address.port, address.host, listening);
      });
      if ("path" in address) {
        chmodSync(address.path, 0o600);
        return address;
      }
      const bound = listener.address();
      return { host: address.host, port: typeof bound === "object" && bound !== null ? bound.port : address.port };
    },
    close(timeoutMs) {
      return (closed ??= (async () => {
        const force = setTimeout(() => {
          for (const session of sessions) session.destroy();
        }, timeoutMs);
        const served = server.close(timeoutMs);
        for (const socket of undecided) socket.destroy();
        for (const session of sessions) session.close();
        await served;
        clearTimeout(force);
      })());
    },
  };
}
