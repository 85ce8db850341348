import type { Server, Socket } from "node:net";
import type { HeaderList } from "../../http2/header-list.ts";
import { ErrorCode } from "../../http2/http2-error.ts";
import { acceptHttp2 } from "../../http2/server-connection.ts";
import type { Http2ServerConnection, Http2ServerOptions } from "../../http2/server-connection.ts";
import type { Http2Stream, StreamReceiver } from "../../http2/stream.ts";
import { MemoryBudget } from "../memory-budget.ts";
import type { CallConnection, CallSettings } from "./call.ts";
import { ConnectionWatch, watchesConnections } from "./connection-watch.ts";
import { bindPlainly, boundAddress, listen } from "./listen.ts";
import { RequestHead } from "./request-head.ts";
import { Routes } from "./routes.ts";
import type { ListenAddress, RpcServer, StreamHandler, UnaryHandler } from "./rpc-server.ts";
import type { ServerOptions } from "./server-options.ts";
import { type Security, secureWith } from "./secure.ts";
import { StreamCall } from "./stream-call.ts";
import { UnaryCall } from "./unary-call.ts";

/** A gRPC server. Throws when the certificate and the key of its TLS do not fit. */
export function createServer(options: ServerOptions = {}): RpcServer {
  return new WireServer(options);
}

class WireServer implements RpcServer {
  readonly #options: ServerOptions;
  readonly #http2Options: Http2ServerOptions;
  readonly #settings: CallSettings;
  readonly #routes = new Routes();
  readonly #listening: Server[] = [];
  /** With those that are not HTTP/2 yet. */
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<Http2ServerConnection, ConnectionWatch | undefined>();
  readonly #security: Security | undefined;
  readonly #watches: boolean;
  readonly #requestMemoryBytes: number;
  #closing: Promise<void> | undefined;
  #noSockets: (() => void) | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#watches = watchesConnections(options);
    this.#requestMemoryBytes = options.requestMemoryBytes ?? defaultRequestMemoryBytes;
    this.#settings = {
      maxReceiveBytes: limitOf(options.maxReceiveBytes ?? defaultMaxReceiveBytes),
      maxSendBytes: limitOf(options.maxSendBytes ?? -1),
      gzipFromBytes: options.gzipResponsesFromBytes ?? Infinity,
    };
    const streamWindowBytes = options.streamWindowBytes ?? defaultStreamWindowBytes;
    const maxConcurrentStreams = options.maxConcurrentStreams ?? defaultMaxConcurrentStreams;
    this.#http2Options = {
      maxHeaderListBytes: options.maxHeaderBytes ?? defaultMaxHeaderBytes,
      initialWindowBytes: streamWindowBytes,
      connectionWindowBytes:
        options.connectionWindowBytes ?? Math.min(streamWindowBytes * maxConcurrentStreams, largestWindowBytes),
      sendBufferBytes: options.sendBufferBytes ?? defaultSendBufferBytes,
      maxConcurrentStreams,
      ...options.http2,
      onClosed: (connection) => {
        this.#connections.get(connection)?.end();
        this.#connections.delete(connection);
      },
      ...(options.pingPolicy !== undefined && {
        onPing: (connection: Http2ServerConnection) => this.#connections.get(connection)?.pinged(),
      }),
    };
    this.#security = options.tls === undefined ? undefined : secureWith(options.tls, this.#serve);
  }

  unary(path: string, handler: UnaryHandler): void {
    this.#routes.unary(path, handler);
  }

  stream(path: string, handler: StreamHandler): void {
    this.#routes.stream(path, handler);
  }

  fallback(handler: StreamHandler): void {
    this.#routes.fallback(handler);
  }

  async listen(address: ListenAddress): Promise<ListenAddress> {
    if (this.#closing !== undefined) throw new Error("The server was closed.");
    const server = await listen(address, this.#options.bind ?? bindPlainly, this.accept);
    if (this.#closing !== undefined) {
      server.close();
      throw new Error("The server was closed.");
    }
    this.#listening.push(server);
    return boundAddress(server, address);
  }

  readonly accept = (socket: Socket): void => {
    if (this.#closing !== undefined) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#noSockets?.();
    });
    if (this.#security === undefined) this.#serve(socket);
    else this.#security.take(socket);
  };

  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const unbound = this.#listening.map((server) => new Promise((resolve) => server.close(resolve)));
    const timer = setTimeout(() => {
      for (const connection of this.#connections.keys()) connection.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, timeoutMs);
    for (const connection of this.#connections.keys()) connection.closeGracefully();
    this.#security?.cutHandshakes();
    await new Promise<void>((resolve) => {
      this.#noSockets = resolve;
      if (this.#sockets.size === 0) resolve();
    });
    await Promise.all(unbound);
    clearTimeout(timer);
  }

  readonly #serve = (socket: Socket): void => {
    if (this.#closing !== undefined) {
      socket.destroy();
      return;
    }
    const watch = this.#watches ? new ConnectionWatch(this.#options) : undefined;
    const shared = { budget: new MemoryBudget(this.#requestMemoryBytes), activity: watch };
    const connection = acceptHttp2(socket, this.#http2Options, (stream, headers, endStream) =>
      this.#open(stream, headers, endStream, shared),
    );
    if (connection.closed) return;
    this.#connections.set(connection, watch);
    watch?.begin(connection);
  };

  #open(stream: Http2Stream, headers: HeaderList, endStream: boolean, connection: CallConnection): StreamReceiver {
    if (headers.tooLarge) {
      stream.reset(ErrorCode.ENHANCE_YOUR_CALM);
      return ignored;
    }
    const head = RequestHead.of(headers, this.#routes);
    const { refusal, route } = head;
    if (refusal !== undefined) {
      stream.sendHeaders(refusal, true);
      return ignored;
    }
    if (route!.unary !== undefined) {
      const call = new UnaryCall(stream, head, this.#settings, connection);
      if (endStream) call.requestEnded();
      return call;
    }
    const call = new StreamCall(stream, head, this.#settings, connection);
    if (endStream) call.requestEnded();
    void call.run();
    return call;
  }
}

/** Of a call that is answered already. */
const ignored: StreamReceiver = {
  headers() {},
  data(stream, bytes) {
    stream.consume(bytes.byteLength);
  },
  drained() {},
  closed() {},
};

const defaultMaxReceiveBytes = 4 * 1024 * 1024;
const defaultMaxHeaderBytes = 64 * 1024;
const defaultMaxConcurrentStreams = 1000;
/** RFC 9113, section 6.9.1. */
const largestWindowBytes = 2 ** 31 - 1;
const defaultRequestMemoryBytes = 64 * 1024 * 1024;
const defaultStreamWindowBytes = 256 * 1024;
const defaultSendBufferBytes = 64 * 1024;

function limitOf(bytes: number): number {
  return bytes < 0 ? Infinity : bytes;
}
