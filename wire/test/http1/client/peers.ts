import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { afterEach } from "vitest";

import {
  createHttp1Client,
  type Http1Client,
  type Http1ClientOptions,
  type Http1Target,
} from "../../../src/http1/client/index.ts";

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

/** Closed after the test. A number is a port of this machine. */
export function open(target: Http1Target | number, options?: Http1ClientOptions): Http1Client {
  const client = createHttp1Client(typeof target === "number" ? { host: "127.0.0.1", port: target } : target, options);
  opened.push(client.close);
  return client;
}

/** Node's own server, closed after the test. */
export async function serveHttp(listener: RequestListener, server: HttpServer = createHttpServer()): Promise<number> {
  server.on("request", listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(() => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    return closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A peer that does as the test says, byte by byte. */
export interface RawPeer {
  readonly port: number;
  /** Every connection ever taken, in order. */
  readonly sockets: readonly Socket[];
  /** Whole requests that came, as text, in order. */
  readonly requests: readonly string[];
}

/** `answer` is called for each whole request; `count` counts those of one connection, from 1. */
export async function serveRaw(
  answer: (socket: Socket, request: string, count: number) => void,
  connected: (socket: Socket) => void = () => undefined,
): Promise<RawPeer> {
  const sockets: Socket[] = [];
  const requests: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    let text = "";
    let count = 0;
    socket.on("error", () => undefined);
    socket.setEncoding("latin1");
    socket.on("data", (piece: string) => {
      text += piece;
      for (let length = requestLength(text); length <= text.length; length = requestLength(text)) {
        requests.push(text.slice(0, length));
        text = text.slice(length);
        answer(socket, requests.at(-1)!, ++count);
      }
    });
    connected(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(() => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    return closed;
  });
  return { port: (server.address() as AddressInfo).port, sockets, requests };
}

export function text(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
}

/** Infinity: its head is not whole yet. */
function requestLength(bytes: string): number {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return Infinity;
  return end + 4 + Number(/content-length: (\d+)/.exec(bytes.slice(0, end))?.[1] ?? 0);
}
