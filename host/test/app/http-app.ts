import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A real application over HTTP: it records every request and answers as the test says. */
export interface HttpApp {
  readonly port: number;
  readonly seen: SeenRequest[];
  /** By method and path, for example "POST /orders". What has no handler gets 404. */
  readonly on: Map<string, Handler>;
  /** Resolves when that many requests to the path were seen. */
  reached(path: string, count?: number): Promise<void>;
  /** Drops every connection. */
  cutConnections(): void;
  close(): Promise<void>;
}

export async function startHttpApp(
  handlers: Record<string, Handler> = {},
  options: { h2c?: boolean; port?: number } = {},
): Promise<HttpApp> {
  const seen: SeenRequest[] = [];
  const on = new Map(Object.entries(handlers));
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const entry = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    seen.push(entry);
    for (const watcher of watchers) watcher();
    const handler = on.get(`${entry.method} ${entry.path}`);
    if (handler === undefined) response.writeHead(404).end();
    else await handler(entry, response);
  };
  const server = options.h2c ? createHttp2Server(listener as never) : createServer(listener);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    on,
    reached: (path, count = 1) =>
      new Promise((resolve) => {
        const watch = (): void => {
          if (seen.filter((request) => request.path === path).length < count) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      }),
    cutConnections() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Answers with a status and, when given, JSON or text. */
export function answer(status: number, body?: unknown): Handler {
  return (_request, response) => {
    response.writeHead(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json" });
    response.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  };
}
