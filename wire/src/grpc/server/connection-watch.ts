import { ErrorCode, Http2Error } from "../../http2/http2-error.ts";
import type { Http2ServerConnection } from "../../http2/server-connection.ts";
import { Timed, deadlines } from "../../net/deadlines.ts";
import type { ServerOptions } from "./server-options.ts";

/** Whether any of the options needs an eye on each connection. */
export function watchesConnections(options: ServerOptions): boolean {
  return (
    options.keepalive !== undefined ||
    options.pingPolicy !== undefined ||
    options.maxConnectionAgeMs !== undefined ||
    options.maxConnectionIdleMs !== undefined
  );
}

/** Ends a connection that is dead, old, idle or a nuisance (gRFC A8 and A9). All its times share one place among the deadlines. */
export class ConnectionWatch extends Timed {
  readonly #options: ServerOptions;
  #connection: Http2ServerConnection | undefined;

  #pingAt = Infinity;
  #pongUntil = Infinity;
  #oldAt = Infinity;
  #endAt = Infinity;
  #idleCheckAt = Infinity;
  #idleSince = Infinity;
  #streamsSeen = 0;

  #lastPingAt = -Infinity;
  #strikes = 0;

  constructor(options: ServerOptions) {
    super();
    this.#options = options;
  }

  begin(connection: Http2ServerConnection): void {
    const { keepalive, maxConnectionAgeMs, maxConnectionIdleMs } = this.#options;
    const now = performance.now();
    this.#connection = connection;
    if (keepalive !== undefined) this.#pingAt = now + keepalive.timeMs;
    // So that connections that were made together are not made again together.
    if (maxConnectionAgeMs !== undefined) this.#oldAt = now + maxConnectionAgeMs * (0.9 + Math.random() * 0.2);
    if (maxConnectionIdleMs !== undefined) {
      this.#idleSince = now;
      this.#idleCheckAt = now + maxConnectionIdleMs;
    }
    this.#waitForNext();
  }

  end(): void {
    this.#connection = undefined;
    deadlines.remove(this);
  }

  /** Headers or messages of ours went out: the peer may ping. */
  sent(): void {
    this.#strikes = 0;
    this.#lastPingAt = -Infinity;
  }

  pinged(): void {
    const policy = this.#options.pingPolicy;
    const connection = this.#connection;
    if (policy === undefined || connection === undefined) return;
    const now = performance.now();
    const idle = connection.activeStreams === 0 && policy.withoutCalls !== true;
    const early = now - this.#lastPingAt < (idle ? idlePingsMs : policy.minTimeMs);
    this.#lastPingAt = now;
    if (!early) return;
    this.#strikes++;
    if (this.#strikes > maxStrikes) {
      connection.destroy(new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings", "local"));
    }
  }

  deadlinePassed(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const now = performance.now();
    if (now >= this.#pongUntil || now >= this.#endAt) {
      connection.destroy();
      return;
    }
    if (now >= this.#oldAt) this.#retire(connection, now);
    if (now >= this.#pingAt) this.#ping(connection, now);
    if (now >= this.#idleCheckAt) this.#checkIdle(connection, now);
    // Closing, or pinging a dead socket, may have ended it.
    if (this.#connection !== undefined) this.#waitForNext();
  }

  #waitForNext(): void {
    this.deadlineAt = Math.min(this.#pingAt, this.#pongUntil, this.#oldAt, this.#endAt, this.#idleCheckAt);
    if (this.deadlineAt !== Infinity) deadlines.add(this);
  }

  #retire(connection: Http2ServerConnection, now: number): void {
    this.#oldAt = Infinity;
    const graceMs = this.#options.maxConnectionAgeGraceMs;
    if (graceMs !== undefined) this.#endAt = now + graceMs;
    connection.closeGracefully();
  }

  #ping(connection: Http2ServerConnection, now: number): void {
    const { timeMs, timeoutMs } = this.#options.keepalive!;
    this.#pingAt = Infinity;
    this.#pongUntil = now + timeoutMs;
    connection.ping((roundTripMs) => {
      if (roundTripMs === undefined || this.#connection === undefined) return;
      this.#pongUntil = Infinity;
      this.#pingAt = now + Math.max(timeMs, roundTripMs);
      deadlines.remove(this);
      this.#waitForNext();
    });
  }

  #checkIdle(connection: Http2ServerConnection, now: number): void {
    const idleMs = this.#options.maxConnectionIdleMs!;
    if (connection.activeStreams > 0 || connection.openedStreams !== this.#streamsSeen) {
      this.#streamsSeen = connection.openedStreams;
      this.#idleSince = now;
    }
    if (now - this.#idleSince >= idleMs) {
      this.#idleCheckAt = Infinity;
      connection.closeGracefully();
    } else this.#idleCheckAt = Math.min(now + idleMs / 4, this.#idleSince + idleMs);
  }
}

const maxStrikes = 2;
const idlePingsMs = 2 * 3_600_000;
