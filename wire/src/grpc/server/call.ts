import { PreparedHeaders } from "../../http2/header-list.ts";
import type { HeaderField, HeaderList } from "../../http2/header-list.ts";
import { ErrorCode } from "../../http2/http2-error.ts";
import type { Http2Error } from "../../http2/http2-error.ts";
import type { Http2Stream, StreamReceiver } from "../../http2/stream.ts";
import { CancellationSource, type Cancellation } from "../cancellation.ts";
import { Timed, deadlines } from "../../net/deadlines.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import { encodeMetadata } from "../metadata.ts";
import { RpcCode, RpcError } from "../status.ts";
import type { RpcMetadata } from "../status.ts";
import { errorTrailers, withoutWords } from "../status-trailers.ts";
import { trailersOnly } from "./request-head.ts";
import type { RequestHead } from "./request-head.ts";
import type { ServerCall } from "./rpc-server.ts";

/** What the calls of a server share. */
export interface CallSettings {
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  /** Infinity: nothing is compressed. */
  readonly gzipFromBytes: number;
}

/** What the calls of a connection share. */
export interface CallConnection {
  /** For the requests under way. */
  readonly budget: MemoryBudget;
  /** Hears when something of a call was sent. */
  readonly activity: { sent(): void } | undefined;
}

/** One call at its server: the receiver of its stream, what its handler asks about it, and its deadline, in one object. */
export abstract class Call extends Timed implements ServerCall, StreamReceiver {
  protected readonly http2: Http2Stream;
  protected readonly head: RequestHead;
  protected readonly settings: CallSettings;
  protected readonly connection: CallConnection;
  /** The status is sent, or can no longer be. */
  protected finished = false;
  protected headersSent = false;
  protected trailers: readonly HeaderField[] | undefined = undefined;
  #gone: RpcError | undefined = undefined;
  #abort: AbortController | undefined = undefined;
  #cancellation: CancellationSource | undefined = undefined;
  #deadline: number | undefined = undefined;

  constructor(http2: Http2Stream, head: RequestHead, settings: CallSettings, connection: CallConnection) {
    super();
    this.http2 = http2;
    this.head = head;
    this.settings = settings;
    this.connection = connection;
    const { timeoutMs } = head;
    if (timeoutMs !== undefined) {
      this.deadlineAt = performance.now() + timeoutMs;
      deadlines.add(this);
    }
  }

  get path(): string {
    return this.head.path;
  }

  get metadata(): RpcMetadata {
    return this.head.metadata;
  }

  header(name: string): string | undefined {
    return this.head.header(name);
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#gone !== undefined) this.#abort.abort(this.#gone);
    }
    return this.#abort.signal;
  }

  get cancellation(): Cancellation {
    if (this.#cancellation === undefined) {
      this.#cancellation = new CancellationSource();
      if (this.#gone !== undefined) this.#cancellation.cancel();
    }
    return this.#cancellation;
  }

  get deadline(): number | undefined {
    if (this.head.timeoutMs === undefined) return undefined;
    return (this.#deadline ??= Date.now() + this.deadlineAt - performance.now());
  }

  sendHeaders(headers: RpcMetadata): void {
    const fields = encodeMetadata(headers);
    if (this.headersSent) throw new Error("The response headers of this call were sent before.");
    if (!this.finished) this.begin([...this.responseHeaders().fields, ...fields]);
  }

  setTrailers(trailers: RpcMetadata): void {
    this.trailers = encodeMetadata(trailers);
  }

  /** A caller's trailers say nothing in gRPC; they end its messages. */
  headers(_stream: Http2Stream, _headers: HeaderList, endStream: boolean): void {
    if (endStream) this.requestEnded();
  }

  abstract data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void;
  abstract drained(stream: Http2Stream): void;
  /** No more of the request comes. */
  abstract requestEnded(): void;

  closed(_stream: Http2Stream, _error: Http2Error | undefined): void {
    if (this.finished) return;
    this.end();
    this.leave(new RpcError(RpcCode.CANCELLED, "The caller cancelled the call or is gone"));
  }

  deadlinePassed(): void {
    if (this.finished) return;
    const late = new RpcError(RpcCode.DEADLINE_EXCEEDED, "The call's deadline passed");
    if (this.http2.bufferedBytes === 0) {
      this.fail(late);
      this.leave(late);
    } else {
      // The status would wait behind messages that the caller does not read.
      this.end();
      this.leave(late);
      this.http2.reset(ErrorCode.CANCEL);
    }
  }

  /** Sends the error's status, unless the call has ended. */
  protected fail(error: unknown): void {
    if (this.finished) return;
    this.end();
    const { http2, headersSent } = this;
    const last = headersSent ? errorTrailers : trailersOnly;
    const whole = last(error, this.trailers);
    const told = http2.takesHeaders(whole) ? whole : last(withoutWords(error));
    if (headersSent) http2.sendTrailers(told);
    else http2.sendHeaders(told, true);
    this.connection.activity?.sent();
  }

  /** Sends OK. */
  protected succeed(): void {
    this.end();
    if (!this.headersSent) this.begin(this.responseHeaders());
    this.http2.sendTrailers(this.okTrailers());
    this.connection.activity?.sent();
  }

  protected end(): void {
    this.finished = true;
    if (this.timedSlot !== -1) deadlines.remove(this);
  }

  /** The call ended before its handler did. */
  protected leave(gone: RpcError): void {
    this.#gone = gone;
    this.#abort?.abort(gone);
    this.#cancellation?.cancel();
  }

  protected get gone(): RpcError | undefined {
    return this.#gone;
  }

  protected begin(headers: PreparedHeaders | readonly HeaderField[]): void {
    this.headersSent = true;
    this.http2.sendHeaders(headers, false);
    this.connection.activity?.sent();
  }

  protected get gzips(): boolean {
    return this.settings.gzipFromBytes !== Infinity && this.head.acceptsGzip;
  }

  protected responseHeaders(): PreparedHeaders {
    return this.gzips ? gzipHeaders : plainHeaders;
  }

  protected okTrailers(): PreparedHeaders | readonly HeaderField[] {
    return this.trailers === undefined ? okTrailers : [...okTrailers.fields, ...this.trailers];
  }

  protected checkSend(message: Uint8Array): void {
    if (!(message instanceof Uint8Array)) throw new TypeError(`The handler of ${this.path} gave no bytes to send`);
    if (message.byteLength <= this.settings.maxSendBytes) return;
    throw new RpcError(
      RpcCode.RESOURCE_EXHAUSTED,
      `A message of ${message.byteLength} bytes was to be sent; at most ${this.settings.maxSendBytes} are`,
    );
  }
}

export const plainHeaders = new PreparedHeaders([
  [":status", "200"],
  ["content-type", "application/grpc"],
]);
const gzipHeaders = new PreparedHeaders([...plainHeaders.fields, ["grpc-encoding", "gzip"]]);
export const okTrailers = new PreparedHeaders([["grpc-status", "0"]]);
