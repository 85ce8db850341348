import { RpcCode, RpcError } from "../status.ts";
import type { HeaderField, PreparedHeaders } from "../../http2/header-list.ts";
import type { CallOptions, Channel, ClientStream } from "./channel.ts";
import type { CallOwner, ClientCall } from "./client-call.ts";
import { authorityOf, targetName } from "./connect-options.ts";
import type { ConnectOptions, Target } from "./connect-options.ts";
import { Connector, longestTimeoutMs } from "./connector.ts";
import { RequestHeaders } from "./request-headers.ts";
import { StreamingCall, tooLarge } from "./streaming-call.ts";
import { UnaryCall } from "./unary-call.ts";

/** Makes a channel; it connects when the first call or `ready` needs it, and again after every loss. */
export function connect(target: Target, options: ConnectOptions = {}): Channel {
  return new WireChannel(target, options);
}

class WireChannel implements Channel, CallOwner {
  readonly name: string;
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly #maxWaitingCalls: number;
  readonly #headers: RequestHeaders;
  readonly #connector: Connector;
  #calls: ClientCall | undefined = undefined;
  /** Calls without a stream, in order. */
  readonly #waiting = new Set<ClientCall>();
  /** Keeps the process alive for them: nothing else may. */
  #waitingTimer: NodeJS.Timeout | undefined = undefined;
  readonly #readiness = new Set<Readiness>();
  #closed = false;

  constructor(target: Target, options: ConnectOptions) {
    this.name = targetName(target);
    this.maxReceiveBytes = limit(options.maxReceiveBytes ?? 4 * 1024 * 1024);
    this.maxSendBytes = limit(options.maxSendBytes ?? -1);
    this.#maxWaitingCalls = options.maxWaitingCalls ?? 10_000;
    this.#headers = new RequestHeaders(
      options.tls === undefined ? "http" : "https",
      authorityOf(target, options.tls),
      options.acceptCompressed ?? true,
    );
    this.#connector = new Connector(target, options, {
      available: () => this.#available(),
      failed: (error) => this.#failed(error),
      gone: () => this.#gone(),
    });
  }

  unary(path: string, request: Uint8Array, options: CallOptions = noOptions): Promise<Uint8Array> {
    try {
      if (request.byteLength > this.maxSendBytes) throw tooLarge(request.byteLength, this.maxSendBytes);
      this.#check(options);
      const call = new UnaryCall(this, path, request, options);
      this.#begin(call);
      return call.result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  stream(path: string, options: CallOptions = noOptions): ClientStream {
    this.#check(options);
    const call = new StreamingCall(this, path, options);
    this.#begin(call);
    return call;
  }

  ready(timeoutMs: number): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (this.#connector.current !== undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (error?: RpcError): void => {
        clearTimeout(timer);
        this.#readiness.delete(readiness);
        if (error === undefined) resolve();
        else reject(error);
      };
      const readiness: Readiness = { settle };
      const timer = setTimeout(
        () => settle(this.#nobodyAnswers(timeoutMs)),
        Math.min(Math.max(timeoutMs, 0), longestTimeoutMs),
      );
      this.#readiness.add(readiness);
      this.#connector.want();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { settle } of this.#readiness) settle(this.#closedError());
    while (this.#calls !== undefined) this.#calls.cancel();
    this.#connector.close();
  }

  headersOf(call: ClientCall, timeoutMs: number | undefined): PreparedHeaders | readonly HeaderField[] {
    return this.#headers.of(call.path, call.options.metadata, timeoutMs);
  }

  again(call: ClientCall): void {
    this.#start(call, this.headersOf(call, remaining(call)));
  }

  ended(call: ClientCall): void {
    const { next, previous } = call;
    if (previous === undefined) this.#calls = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    call.next = call.previous = undefined;
    if (this.#waitingTimer !== undefined) this.#leave(call);
  }

  #check(options: CallOptions): void {
    if (this.#closed) throw this.#closedError();
    if (options.signal?.aborted || options.cancellation?.cancelled)
      throw new RpcError(RpcCode.CANCELLED, "The caller cancelled the call before it began");
  }

  #begin(call: ClientCall): void {
    const given = call.options.timeoutMs;
    const timeoutMs = given === undefined || given > longestTimeoutMs ? undefined : given;
    // Metadata that cannot be sent is the caller's error, before anything has begun.
    const headers = this.headersOf(call, timeoutMs);
    const first = this.#calls;
    call.next = first;
    if (first !== undefined) first.previous = call;
    this.#calls = call;
    call.watch(timeoutMs);
    if (timeoutMs !== undefined && timeoutMs <= 0) call.deadlinePassed();
    else this.#start(call, headers);
  }

  #start(call: ClientCall, headers: PreparedHeaders | readonly HeaderField[]): void {
    const { current, failure } = this.#connector;
    // Those that wait come first.
    if (current !== undefined && this.#waiting.size === 0 && call.open(current, headers)) return;
    if (current === undefined && failure !== undefined && call.options.waitForReady !== true) {
      call.fail(this.#noConnection(failure), true);
      return;
    }
    if (this.#waiting.size >= this.#maxWaitingCalls) {
      call.fail(
        new RpcError(
          RpcCode.RESOURCE_EXHAUSTED,
          `${this.#waiting.size} calls wait for ${this.name} already, and no more may (maxWaitingCalls)`,
        ),
        true,
      );
      return;
    }
    this.#waiting.add(call);
    this.#waitingTimer ??= setTimeout(nothing, longestTimeoutMs);
    this.#connector.want();
  }

  #leave(call: ClientCall): void {
    if (!this.#waiting.delete(call) || this.#waiting.size > 0) return;
    clearTimeout(this.#waitingTimer);
    this.#waitingTimer = undefined;
  }

  #available(): void {
    const { current } = this.#connector;
    if (current === undefined) return;
    for (const { settle } of this.#readiness) settle();
    for (const call of this.#waiting) {
      if (!call.open(current, this.headersOf(call, remaining(call)))) return;
      this.#leave(call);
    }
  }

  #failed(error: Error): void {
    for (const call of this.#waiting) {
      if (call.options.waitForReady !== true) call.fail(this.#noConnection(error), true);
    }
  }

  #gone(): void {
    if (this.#waiting.size > 0 || this.#readiness.size > 0) this.#connector.want();
  }

  #noConnection(error: Error): RpcError {
    return new RpcError(RpcCode.UNAVAILABLE, `Nobody answers at ${this.name}: ${error.message}`, { cause: error });
  }

  #nobodyAnswers(timeoutMs: number): RpcError {
    const { failure } = this.#connector;
    const why = failure === undefined ? "" : `: ${failure.message}`;
    return new RpcError(RpcCode.UNAVAILABLE, `Nobody answers at ${this.name} after ${timeoutMs} ms${why}`, {
      cause: failure,
    });
  }

  #closedError(): RpcError {
    return new RpcError(RpcCode.UNAVAILABLE, `The channel to ${this.name} is closed`);
  }
}

interface Readiness {
  settle(error?: RpcError): void;
}

const noOptions: CallOptions = {};

/** What is left of a call's time when it begins later than it was made. */
function remaining(call: ClientCall): number | undefined {
  return call.deadlineAt === Infinity ? undefined : Math.max(Math.ceil(call.deadlineAt - performance.now()), 1);
}

/** Negative is how gRPC's options say: none. */
function limit(byteCount: number): number {
  return byteCount < 0 ? Infinity : byteCount;
}

function nothing(): void {}
