import { createServer as createNetServer } from "node:net";
import type { Server as NetServer, Socket } from "node:net";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import type { ServerInterceptingCall, ServerInterceptingCallInterface, ServerInterceptor } from "@grpc/grpc-js";
import { bind } from "../bind.ts";
import type { ListenAddress, RpcServer, StreamHandler, UnaryHandler } from "../server.ts";
import type { ServerOptions, ServerTls } from "../transport.ts";
import { asBuffer } from "./metadata.ts";
import { GrpcStreamServerCall, GrpcUnaryServerCall } from "./server-call.ts";

export function createServer(options: ServerOptions = {}): RpcServer {
  return new GrpcJsServer(options);
}

class GrpcJsServer implements RpcServer {
  readonly #unary = new Map<string, UnaryHandler>();
  readonly #streams = new Map<string, StreamHandler>();
  #fallback: StreamHandler | undefined;
  readonly #grpc: GrpcServer;
  readonly #connections: ReturnType<GrpcServer["createConnectionInjector"]>;
  readonly #listening: NetServer[] = [];
  readonly #sockets = new Set<Socket>();
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    this.#grpc = new GrpcServer({
      "grpc.max_receive_message_length": options.maxReceiveBytes ?? 4 * 1024 * 1024,
      "grpc.max_send_message_length": options.maxSendBytes ?? -1,
      "grpc.enable_channelz": 0,
      ...(options.keepalive && {
        "grpc.keepalive_time_ms": options.keepalive.timeMs,
        "grpc.keepalive_timeout_ms": options.keepalive.timeoutMs,
      }),
      ...(options.maxConcurrentStreams !== undefined && {
        "grpc.max_concurrent_streams": options.maxConcurrentStreams,
      }),
      interceptors: [this.#takeOver],
    });
    answerEveryPath(this.#grpc, () => this.#fallback !== undefined);
    if (options.maxHeaderBytes !== undefined) limitHeaders(this.#grpc, options.maxHeaderBytes);
    // The library takes connections from us rather than listening itself: so sockets are bound the way we want.
    this.#connections = this.#grpc.createConnectionInjector(serverCredentials(options.tls));
  }

  unary(path: string, handler: UnaryHandler): void {
    this.#register(path);
    this.#unary.set(path, handler);
  }

  stream(path: string, handler: StreamHandler): void {
    this.#register(path);
    this.#streams.set(path, handler);
  }

  fallback(handler: StreamHandler): void {
    this.#fallback = handler;
  }

  async listen(address: ListenAddress): Promise<ListenAddress> {
    if (this.#closing !== undefined) throw new Error("The server was closed.");
    const server = createNetServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      this.#connections.injectConnection(socket);
    });
    await bind(server, address);
    this.#listening.push(server);
    // Errors of accept(), such as too many open files: the next connection may succeed.
    server.on("error", () => undefined);
    const bound = server.address();
    return bound !== null && typeof bound === "object" ? { host: bound.address, port: bound.port } : address;
  }

  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    // Not listening and without a connection: a connection closes when its last call has ended. (The library's own
    // callback comes at once, because Node has begun to close the connections before the library looks at them.)
    const drained = Promise.all(this.#listening.map((server) => new Promise((resolve) => server.close(resolve))));
    this.#grpc.tryShutdown(() => undefined);
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, timeoutMs);
    await drained;
    clearTimeout(timer);
  }

  #register(path: string): void {
    if (!this.#grpc.register(path, unreached, asBuffer, asBuffer, "bidi")) {
      throw new Error(`A handler for ${path} was registered before.`);
    }
  }

  /**
   * An interceptor that does not pass the call on: handlers work on the library's innermost call. That is its one public
   * place where messages can be asked for singly, and it saves a Node stream for every call.
   */
  readonly #takeOver: ServerInterceptor = (method, call) => {
    const start = (): void => this.#start(method.path, call);
    return { start } satisfies Pick<ServerInterceptingCall, "start"> as unknown as ServerInterceptingCall;
  };

  #start(path: string, call: ServerInterceptingCallInterface): void {
    const unary = this.#unary.get(path);
    if (unary !== undefined) new GrpcUnaryServerCall(path, call, unary);
    else new GrpcStreamServerCall(path, call, this.#streams.get(path) ?? this.#fallback!);
  }
}

/**
 * grpc-js looks methods up by their full path and has no public place for a handler of all others, so its look-up is
 * replaced on this one server. The name is the library's own since 1.0; should it go, the first start of any server says so.
 */
function answerEveryPath(server: GrpcServer, hasFallback: () => boolean): void {
  const internals = server as unknown as { _retrieveHandler(path: string): object | null };
  if (typeof internals._retrieveHandler !== "function") {
    throw new Error(
      "This version of @grpc/grpc-js has no _retrieveHandler: gRPC methods that are not registered cannot be served.",
    );
  }
  const registered = internals._retrieveHandler.bind(server);
  internals._retrieveHandler = (path) =>
    registered(path) ??
    (hasFallback() ? { path, type: "bidi", func: unreached, serialize: asBuffer, deserialize: asBuffer } : null);
}

/** Likewise, the library has no option for SETTINGS_MAX_HEADER_LIST_SIZE, which Node's HTTP/2 enforces. */
function limitHeaders(server: GrpcServer, maxHeaderBytes: number): void {
  const internals = server as unknown as { commonServerOptions?: { settings?: object } };
  if (internals.commonServerOptions === undefined) {
    throw new Error(
      "This version of @grpc/grpc-js has no commonServerOptions: the size of gRPC headers cannot be limited.",
    );
  }
  internals.commonServerOptions.settings = {
    ...internals.commonServerOptions.settings,
    maxHeaderListSize: maxHeaderBytes,
  };
}

function serverCredentials(tls: ServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(
    tls.clientCa === undefined ? null : Buffer.from(tls.clientCa),
    [{ private_key: Buffer.from(tls.privateKey), cert_chain: Buffer.from(tls.certificate) }],
    tls.clientCa !== undefined,
  );
}

/** Calls are taken over before they reach a handler of the library's kind. */
function unreached(): void {}
