import type { Http1CallError } from "./call-error.ts";
import { ClientConnection } from "./client-connection.ts";
import type { Opener } from "./open-socket.ts";

/** A request that needs a connection. */
export interface Applicant {
  begin(connection: ClientConnection): void;
  fail(error: Http1CallError): void;
}

export interface PoolLimits {
  readonly maxConnections: number;
  readonly maxIdleConnections: number;
  readonly maxWaitingRequests: number;
  readonly maxHeadBytes: number;
}

/**
 * The connections to one peer. The one that was used last is used first: the others grow old, and their peer closes them. Who comes
 * when all are taken waits in a line.
 */
export class ConnectionPool {
  readonly #open: Opener;
  readonly #limits: PoolLimits;
  readonly #connections = new Set<ClientConnection>();
  readonly #idle: ClientConnection[] = [];
  /** A Set keeps the order of coming and lets those who give up leave from the middle. */
  readonly #line = new Set<Applicant>();
  #closed = false;

  constructor(open: Opener, limits: PoolLimits) {
    this.#open = open;
    this.#limits = limits;
  }

  /** `fresh`: not on a connection that was used before. False: too many wait already, or the pool is closed. */
  assign(applicant: Applicant, fresh: boolean): boolean {
    if (this.#closed) return false;
    const { maxConnections, maxWaitingRequests } = this.#limits;
    const idle = this.#takeIdle();
    if (idle !== undefined && !fresh) {
      idle.wake();
      applicant.begin(idle);
      return true;
    }
    if (idle !== undefined) {
      if (this.#connections.size < maxConnections) this.#idle.push(idle);
      else idle.destroy();
    }
    if (this.#connections.size < maxConnections) applicant.begin(this.#connect());
    else if (this.#line.size < maxWaitingRequests) this.#line.add(applicant);
    else return false;
    return true;
  }

  /** Who waits no longer. */
  leave(applicant: Applicant): void {
    this.#line.delete(applicant);
  }

  /** A connection has brought its answer and takes another request. */
  free(connection: ClientConnection): void {
    for (const next of this.#line) {
      this.#line.delete(next);
      next.begin(connection);
      return;
    }
    if (this.#idle.length < this.#limits.maxIdleConnections) {
      connection.rest();
      this.#idle.push(connection);
    } else connection.destroy();
  }

  /** A connection takes no more requests. */
  gone(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) return;
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#closed) return;
    for (const next of this.#line) {
      this.#line.delete(next);
      next.begin(this.#connect());
      return;
    }
  }

  /** Whoever waits, and whose answer is under way, hears of the error. */
  close(error: Http1CallError): void {
    this.#closed = true;
    for (const applicant of [...this.#line]) applicant.fail(error);
    for (const connection of [...this.#connections]) connection.fail(error);
  }

  #connect(): ClientConnection {
    const connection = new ClientConnection(this, this.#open, this.#limits.maxHeadBytes);
    this.#connections.add(connection);
    return connection;
  }

  #takeIdle(): ClientConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || !connection.isTooOld) return connection;
      connection.destroy();
    }
  }
}
