import { createServer, type Server, type Socket } from "node:net";

import type { ConnectionHome } from "./connection-home.ts";
import type { RequestHead } from "./request-head.ts";
import { ServerConnection } from "./server-connection.ts";
import type { Http1Request } from "./server-request.ts";

export interface Http1ServerOptions {
  /** A request came; its body may still be coming. */
  readonly handle: (request: Http1Request) => void;
  /** Of the first line and all fields, and the same for trailers. Default: 16 KiB. */
  readonly maxHeadBytes?: number;
  /** For a whole head, from its first byte; on a new connection from its beginning. Default: 10,000. */
  readonly headTimeoutMs?: number;
  /** Takes connections that begin as HTTP/2 does, with all that has come. The socket is paused by nobody, and no one else's any more. */
  readonly http2?: (socket: Socket, bytes: Buffer) => void;
  /** Takes connections whose client asks for another protocol and sends no body, `rest` is what has come behind the head. Nothing is answered before. */
  readonly upgrade?: {
    readonly wanted: (head: RequestHead) => boolean;
    readonly take: (head: RequestHead, socket: Socket, rest: Buffer) => void;
  };
}

export interface Http1Server {
  /** To listen, and for its address. */
  readonly listener: Server;
  /** Takes no new connections, closes idle ones, lets requests under way finish for at most `timeoutMs`. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/** An HTTP/1.1 server: RFC 9110 and 9112, read strictly. What a client may cost is bounded; see the README. */
export function createHttp1Server(options: Http1ServerOptions): Http1Server {
  return new WireServer(options);
}

class WireServer implements Http1Server, ConnectionHome {
  readonly listener: Server;
  readonly options: Http1ServerOptions;
  readonly maxHeadBytes: number;
  isClosing = false;
  readonly #headTimeoutMs: number;
  readonly #connections = new Set<ServerConnection>();
  /** Since when each has to send a head, the longest first. */
  readonly #awaited = new Map<ServerConnection, number>();
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: Http1ServerOptions) {
    this.options = options;
    this.maxHeadBytes = options.maxHeadBytes ?? 16 * 1024;
    this.#headTimeoutMs = options.headTimeoutMs ?? 10_000;
    this.listener = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      this.#connections.add(new ServerConnection(socket, this));
    });
  }

  awaitHead(connection: ServerConnection): void {
    if (this.#awaited.has(connection)) return;
    this.#awaited.set(connection, performance.now());
    if (this.#timer === undefined) this.#checkLater();
  }

  headCame(connection: ServerConnection): void {
    if (this.#awaited.size > 0) this.#awaited.delete(connection);
  }

  forget(connection: ServerConnection): void {
    this.#connections.delete(connection);
    this.#awaited.delete(connection);
  }

  close(timeoutMs: number): Promise<void> {
    this.isClosing = true;
    return (this.#closed ??= new Promise((resolve) => {
      const force = setTimeout(() => {
        for (const connection of this.#connections) connection.socket.destroy();
      }, timeoutMs);
      this.listener.close(() => {
        clearTimeout(force);
        resolve();
      });
      for (const connection of this.#connections) connection.close();
    }));
  }

  readonly #check = (): void => {
    const late = performance.now() - this.#headTimeoutMs;
    for (const [connection, since] of this.#awaited) {
      if (since > late) break;
      this.#awaited.delete(connection);
      connection.headIsLate();
    }
    this.#timer = undefined;
    if (this.#awaited.size > 0) this.#checkLater();
  };

  #checkLater(): void {
    this.#timer = setTimeout(this.#check, this.#headTimeoutMs / 10).unref();
  }
}
