import { connectHttp2 } from "../../http2/client-connection.ts";
import type { Http2ClientConnection, Http2ClientOptions } from "../../http2/client-connection.ts";
import { BackOff } from "./back-off.ts";
import type { ConnectOptions, Target } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import { openSocket } from "./open-socket.ts";

/** What the owner of a connector hears. */
export interface ConnectorEvents {
  /** `current` takes calls: it is new, or has room again. */
  available(): void;
  /** An attempt to connect failed; the next one comes by itself after a pause. */
  failed(error: Error): void;
  /** `current` takes no calls any more. */
  gone(): void;
}

/** Timers end at 2^31 - 1 ms; a longer wait is as good as none. */
export const longestTimeoutMs = 2 ** 31 - 1;

/**
 * Sees to it that there is one connection while somebody wants one. As in gRPC's connectivity states: idle until wanted, and again after
 * a connection was lost; after a failed attempt it tries again, with growing pauses, until one succeeds.
 */
export class Connector {
  readonly #target: Target;
  readonly #options: ConnectOptions;
  readonly #events: ConnectorEvents;
  readonly #backOff: BackOff;
  #busy = false;
  #closed = false;
  #pause: NodeJS.Timeout | undefined;
  #abandon: (() => void) | undefined;
  /** Takes calls. */
  current: Connection | undefined;
  /** Why the last attempt failed, as long as none has succeeded since. */
  failure: Error | undefined;

  constructor(target: Target, options: ConnectOptions, events: ConnectorEvents) {
    this.#target = target;
    this.#options = options;
    this.#events = events;
    this.#backOff = new BackOff(options.maxReconnectMs ?? 500);
  }

  /** Begins to connect unless it does or has. */
  want(): void {
    if (this.current !== undefined || this.#busy || this.#closed) return;
    this.#busy = true;
    this.#attempt();
  }

  /** Lets the calls of the present connection finish. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#pause);
    this.#abandon?.();
    this.current?.drain();
    this.current = undefined;
  }

  #attempt(): void {
    const timeoutMs = Math.min(this.#options.connectTimeoutMs ?? 20_000, longestTimeoutMs);
    let settled = false;
    let http2: Http2ClientConnection | undefined;
    let connection: Connection | undefined;
    const settle = (error?: Error): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      this.#abandon = undefined;
      if (error === undefined) return;
      opening.abandon();
      http2?.destroy();
      this.#failed(error);
    };
    const timer = setTimeout(() => settle(new Error(`no HTTP/2 connection within ${timeoutMs} ms`)), timeoutMs);
    timer.unref();
    const opened = (socket: Parameters<typeof connectHttp2>[0]): void => {
      http2 = connectHttp2(socket, http2Options(this.#options), {
        ready: (ready) => {
          if (settled) return;
          settle();
          connection = new Connection(ready, this.#options.keepalive);
          this.#ready(connection);
        },
        goingAway: () => {
          if (connection === undefined) settle(new Error("the peer takes no calls"));
          else this.#lose(connection);
        },
        streamAvailable: () => {
          if (connection !== undefined && connection === this.current) this.#events.available();
        },
        closed: (_, error) => {
          connection?.stopPings();
          if (connection === undefined) settle(error ?? new Error("the connection ended before it began"));
          else this.#lose(connection);
        },
      });
    };
    const opening = openSocket(this.#target, this.#options.tls, opened, settle);
    this.#abandon = () => {
      settled = true;
      clearTimeout(timer);
      opening.abandon();
      http2?.destroy();
    };
  }

  #ready(connection: Connection): void {
    this.#busy = false;
    this.failure = undefined;
    this.#backOff.reset();
    this.current = connection;
    this.#events.available();
  }

  #failed(error: Error): void {
    if (this.#closed) return;
    this.failure = error;
    this.#pause = setTimeout(() => this.#attempt(), this.#backOff.next());
    this.#pause.unref();
    this.#events.failed(error);
  }

  #lose(connection: Connection): void {
    if (connection !== this.current) return;
    this.current = undefined;
    connection.drain();
    this.#events.gone();
  }
}

function http2Options(options: ConnectOptions): Http2ClientOptions {
  return {
    initialWindowBytes: options.streamWindowBytes ?? 256 * 1024,
    // The largest there is (RFC 9113, section 6.9.1): streams that nobody reads, each with its own window, do not hold up other calls.
    connectionWindowBytes: 2 ** 31 - 1,
    sendBufferBytes: options.sendBufferBytes ?? 64 * 1024,
    maxHeaderListBytes: options.maxHeaderBytes ?? 64 * 1024,
    ...options.http2,
  };
}
