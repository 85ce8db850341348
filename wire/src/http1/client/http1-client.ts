import { deadlines } from "../../net/deadlines.ts";
import { Call, type CallOwner } from "./call.ts";
import { Http1CallError } from "./call-error.ts";
import { authorityOf, type Http1ClientOptions, type Http1Target } from "./client-options.ts";
import { ConnectionPool } from "./connection-pool.ts";
import type { Http1Answer } from "./http1-answer.ts";
import { createOpener } from "./open-socket.ts";
import { PreparedRequest } from "./prepared-request.ts";
import { SignalWatch } from "./signal-watch.ts";

/** Requests to one peer, each with its answer as a whole. Nothing is dialled before the first one. */
export interface Http1Client {
  /**
   * What many requests have in common. `headers` go with every one of them, and those of a request cannot replace them. Names are in lower
   * case; `host`, `connection` and `content-length` are the client's. Throws `TypeError` for what cannot be sent.
   */
  prepare(method: string, target: string, headers?: Readonly<Record<string, string>>): PreparedRequest;
  /**
   * Resolves to any answer that came whole, whatever its status. Rejects with `Http1CallError`, or with `TypeError` for a
   * header that cannot be sent. The body is read until then.
   */
  send(prepared: PreparedRequest, request: Http1ClientRequest): Promise<Http1Answer>;
  /** Ends requests under way and closes connections. */
  close(): void;
}

export interface Http1ClientRequest {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** From `send` to the end of the answer. Absent or Infinity: no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * May be sent again, once, when a kept connection turns out to be closed before any byte of an answer came. The peer may have had it
   * all the same.
   */
  readonly repeatable?: boolean | undefined;
}

/** The client half of HTTP/1.1 (RFC 9110, RFC 9112) on kept connections, one request at a time on each. */
export function createHttp1Client(target: Http1Target, options: Http1ClientOptions = {}): Http1Client {
  const maxWaitingRequests = options.maxWaitingRequests ?? 10_000;
  const pool = new ConnectionPool(createOpener(target, options.tls), {
    maxConnections: options.maxConnections ?? 1024,
    maxIdleConnections: options.maxIdleConnections ?? 64,
    maxWaitingRequests,
    maxHeadBytes: options.maxHeadBytes ?? 64 * 1024,
  });
  const authority = options.authority ?? authorityOf(target);
  const signals = new SignalWatch();
  let closed = false;

  const owner: CallOwner = {
    maxBodyBytes: options.maxBodyBytes ?? 4 * 1024 * 1024,
    assign: (call, fresh) => pool.assign(call, fresh),
    settled(call) {
      pool.leave(call);
      if (call.timedSlot !== -1) deadlines.remove(call);
      if (call.signalCalls !== undefined) signals.remove(call.signalCalls, call);
    },
  };

  return {
    prepare: (method, path, headers = {}) => new PreparedRequest(method, path, authority, headers),
    send(prepared, request) {
      const { signal, timeoutMs } = request;
      let call: Call;
      try {
        call = new Call(owner, prepared, request);
      } catch (error) {
        return Promise.reject(error);
      }
      if (closed) call.fail(new Http1CallError("closed", "the client is closed"));
      else if (signal?.aborted) call.cancelled(signal.reason);
      else {
        if (signal !== undefined) call.signalCalls = signals.add(signal, call);
        if (timeoutMs !== undefined && timeoutMs < Infinity) {
          call.deadlineAt = performance.now() + timeoutMs;
          deadlines.add(call);
        }
        if (!pool.assign(call, false))
          call.fail(new Http1CallError("overloaded", `${maxWaitingRequests} requests already wait for a connection`));
      }
      return call.answer;
    },
    close() {
      closed = true;
      pool.close(new Http1CallError("closed", "the client was closed"));
      signals.close();
    },
  };
}
