import { type HeaderField, type HeaderList, HeaderListError, type PreparedHeaders } from "../../http2/header-list.ts";
import { ErrorCode } from "../../http2/http2-error.ts";
import type { Http2Error } from "../../http2/http2-error.ts";
import type { Http2Stream, StreamReceiver } from "../../http2/stream.ts";
import type { CancellationListener } from "../cancellation.ts";
import { codeOfReset } from "../code-mapping.ts";
import { encodingNamed } from "../compression.ts";
import type { MessageEncoding } from "../compression.ts";
import { Timed, deadlines } from "../../net/deadlines.ts";
import { RpcCode, RpcError } from "../status.ts";
import type { RpcMetadata } from "../status.ts";
import { trailersError, trailersMetadata } from "../status-trailers.ts";
import type { CallOptions } from "./channel.ts";
import type { Connection } from "./connection.ts";
import { ResponseHead } from "./response-head.ts";

/** What a call needs of its channel. */
export interface CallOwner {
  /** The target, for messages. */
  readonly name: string;
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  /** Encoded headers of a request; `timeoutMs` is what is left of the call's time. */
  headersOf(call: ClientCall, timeoutMs: number | undefined): PreparedHeaders | readonly HeaderField[];
  /** The peer did not begin with the call: it waits for its next connection. */
  again(call: ClientCall): void;
  ended(call: ClientCall): void;
}

/** A peer that hangs up on each connection must not be called for ever. */
const maxAttempts = 3;

/**
 * What both kinds of calls share: the life of a request on a stream ("gRPC over HTTP/2", Requests and Responses), its deadline and
 * its cancellation. It is the stream's receiver itself, and links itself into its channel's list: a call makes no object but this one.
 */
export abstract class ClientCall extends Timed implements StreamReceiver, CancellationListener {
  readonly path: string;
  readonly options: CallOptions;
  protected readonly owner: CallOwner;
  /** Links of the channel's list of calls. */
  next: ClientCall | undefined = undefined;
  previous: ClientCall | undefined = undefined;
  protected stream: Http2Stream | undefined = undefined;
  protected ended = false;
  /** All of this side was given to the stream. */
  protected sentEnd = false;
  /** Response headers came. */
  protected answered = false;
  protected encoding: MessageEncoding = "identity";
  #connection: Connection | undefined = undefined;
  #attempts = 0;

  constructor(owner: CallOwner, path: string, options: CallOptions) {
    super();
    this.owner = owner;
    this.path = path;
    this.options = options;
  }

  /** Sends what there is to send on the stream that was opened. */
  protected abstract begin(stream: Http2Stream): void;
  /** Whether all that was sent can be sent again. */
  protected abstract rewind(): boolean;
  protected abstract succeeded(trailers: HeaderList): void;
  /** `discard`: what came and was not read yet is void. */
  protected abstract failed(error: unknown, discard: boolean): void;
  abstract data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void;
  abstract drained(stream: Http2Stream): void;

  get hasEnded(): boolean {
    return this.ended;
  }

  /** Starts the deadline and listens for the caller to give up. */
  watch(timeoutMs: number | undefined): void {
    if (timeoutMs !== undefined) {
      this.deadlineAt = performance.now() + timeoutMs;
      deadlines.add(this);
    }
    const { signal, cancellation } = this.options;
    signal?.addEventListener("abort", this);
    cancellation?.add(this);
  }

  /** False: the connection has no room for a stream now. */
  open(connection: Connection, headers: PreparedHeaders | readonly HeaderField[]): boolean {
    let stream: Http2Stream | undefined;
    try {
      stream = connection.open(headers, false, this);
    } catch (error) {
      // A path that cannot be sent, or more headers than the peer takes.
      const told =
        error instanceof HeaderListError
          ? new RpcError(RpcCode.RESOURCE_EXHAUSTED, `The call has ${error.message}`, { cause: error })
          : error;
      this.fail(told, true);
      return true;
    }
    if (stream === undefined) return false;
    this.#connection = connection;
    this.#attempts++;
    this.stream = stream;
    this.begin(stream);
    return true;
  }

  cancel(): void {
    this.fail(new RpcError(RpcCode.CANCELLED, "The caller cancelled the call"), true);
  }

  /** Ends the call here and at the peer. */
  fail(error: unknown, discard: boolean): void {
    if (this.ended) return;
    this.#end();
    this.stream?.reset(ErrorCode.CANCEL);
    this.failed(error, discard);
  }

  /** The signal's event: the call itself is its listener. */
  handleEvent(): void {
    this.cancel();
  }

  override deadlinePassed(): void {
    this.fail(this.#lateError(), true);
  }

  headers(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    if (this.ended) return;
    if (endStream) this.#finish(headers);
    else if (this.answered) this.fail(new RpcError(RpcCode.INTERNAL, "The peer sent headers amid messages"), false);
    else if (!isInformational(headers)) this.#answer(headers);
  }

  closed(stream: Http2Stream, error: Http2Error | undefined): void {
    if (this.ended || stream !== this.stream) return;
    if (error?.notProcessed && !this.answered && this.#attempts < maxAttempts && this.rewind()) {
      this.stream = undefined;
      this.#connection?.callEnded();
      this.#connection = undefined;
      // Of GOAWAY the connection tells each stream first, and then that it takes no more.
      queueMicrotask(() => {
        if (!this.ended) this.owner.again(this);
      });
      return;
    }
    const told = this.#closedError(error);
    this.#end();
    this.failed(told, false);
  }

  #answer(headers: HeaderList): void {
    this.answered = true;
    const { problem, encoding } = ResponseHead.of(headers);
    if (problem !== undefined) {
      this.fail(new RpcError(problem.code, problem.message), true);
      return;
    }
    if (encoding !== undefined) {
      const known = encodingNamed(encoding);
      if (known === undefined) {
        this.fail(
          new RpcError(RpcCode.INTERNAL, `The peer compresses with ${encoding}, which is not known here`),
          true,
        );
        return;
      }
      this.encoding = known;
    }
    const { onHeaders } = this.options;
    if (onHeaders !== undefined) this.tell(onHeaders, headers);
  }

  /** Trailers, or headers that are trailers too (`Trailers-Only`). */
  #finish(headers: HeaderList): void {
    let error: RpcError | undefined;
    if (headers.tooLarge) error = new RpcError(RpcCode.RESOURCE_EXHAUSTED, "The peer's trailers are too large");
    else {
      const { problem } = this.answered || headers.get("grpc-status") !== undefined ? fine : ResponseHead.of(headers);
      error = problem === undefined ? trailersError(headers) : new RpcError(problem.code, problem.message);
    }
    this.#end();
    const stream = this.stream!;
    // Nobody reads what this side still has to send.
    if (!this.sentEnd || stream.bufferedBytes > 0) stream.reset(ErrorCode.NO_ERROR);
    if (error === undefined) this.succeeded(headers);
    else this.failed(error, false);
  }

  /** A callback of the caller's that throws ends its call and nothing else. */
  protected tell(callback: (metadata: RpcMetadata) => void, headers: HeaderList): void {
    try {
      callback(trailersMetadata(headers));
    } catch (error) {
      this.fail(error, true);
    }
  }

  #end(): void {
    this.ended = true;
    if (this.timedSlot !== -1) deadlines.remove(this);
    const { signal, cancellation } = this.options;
    signal?.removeEventListener("abort", this);
    cancellation?.remove(this);
    this.#connection?.callEnded();
    this.#connection = undefined;
    this.owner.ended(this);
  }

  #closedError(error: Http2Error | undefined): RpcError {
    const { name } = this.owner;
    if (error === undefined) return new RpcError(RpcCode.INTERNAL, `${name} ended the call without a status`);
    if (performance.now() >= this.deadlineAt) return this.#lateError();
    if (error.notProcessed) {
      return new RpcError(RpcCode.UNAVAILABLE, `${name} did not take the call: ${error.message}`, { cause: error });
    }
    if (!this.#connection!.closed) {
      const who = error.source === "peer" ? `${name} reset the call` : `What ${name} answered is not taken`;
      return new RpcError(codeOfReset(error.code), `${who}: ${error.message}`, { cause: error });
    }
    return new RpcError(RpcCode.UNAVAILABLE, `The connection to ${name} was lost: ${error.message}`, { cause: error });
  }

  #lateError(): RpcError {
    const { timeoutMs } = this.options;
    return new RpcError(RpcCode.DEADLINE_EXCEEDED, `${this.path} did not end within ${timeoutMs} ms`);
  }
}

const fine = { problem: undefined };

/** 1xx (RFC 9113, section 8.1). */
function isInformational(headers: HeaderList): boolean {
  return headers.get(":status")?.charCodeAt(0) === 0x31;
}
