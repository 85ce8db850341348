import type { Metadata, ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { CancellationSource, type Cancellation } from "@trilby/wire/cancellation";
import { RpcCode, RpcError } from "../rpc-error.ts";
import type { RpcMetadata } from "../channel.ts";
import type { ServerCall, StreamHandler, UnaryHandler } from "../server.ts";
import { MessageQueue } from "./message-queue.ts";
import { asBuffer, fromGrpc, toGrpc, toGrpcStatus } from "./metadata.ts";
import { SendWindow } from "./send-window.ts";

/** What both kinds of calls share: it answers the handler's questions and sends the status. */
class GrpcServerCall implements ServerCall {
  readonly path: string;
  protected readonly raw: ServerInterceptingCallInterface;
  #metadata: Metadata | undefined;
  #trailers: Metadata | undefined;
  #abort: AbortController | undefined;
  readonly #cancellation = new CancellationSource();
  protected finished = false;

  constructor(path: string, raw: ServerInterceptingCallInterface) {
    this.path = path;
    this.raw = raw;
  }

  get metadata(): RpcMetadata {
    return this.#metadata === undefined ? [] : fromGrpc(this.#metadata);
  }

  header(name: string): string | undefined {
    const value = this.#metadata?.get(name)[0];
    return typeof value === "string" ? value : undefined;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#cancellation.cancelled) this.#abort.abort(this.goneError());
    }
    return this.#abort.signal;
  }

  get cancellation(): Cancellation {
    return this.#cancellation;
  }

  get deadline(): number | undefined {
    const deadline = Number(this.raw.getDeadline());
    return deadline === Infinity ? undefined : deadline;
  }

  sendHeaders(headers: RpcMetadata): void {
    this.raw.sendMetadata(toGrpc(headers));
  }

  setTrailers(trailers: RpcMetadata): void {
    this.#trailers = toGrpc(trailers);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#metadata = metadata;
  }

  /** Also called after the status was sent, when it means nothing. */
  onCancel(): void {
    if (this.finished) return;
    this.finished = true;
    this.#cancellation.cancel();
    this.#abort?.abort(this.goneError());
  }

  protected succeed(): void {
    if (this.finished) return;
    this.finished = true;
    this.raw.sendStatus({ code: RpcCode.OK, details: "", metadata: this.#trailers ?? null });
  }

  protected fail(error: unknown): void {
    if (this.finished) return;
    this.finished = true;
    this.raw.sendStatus(toGrpcStatus(error, this.#trailers));
  }

  protected goneError(): RpcError {
    const late = this.deadline !== undefined && Date.now() >= this.deadline;
    return late
      ? new RpcError(RpcCode.DEADLINE_EXCEEDED, "The call's deadline passed")
      : new RpcError(RpcCode.CANCELLED, "The caller cancelled the call or is gone");
  }
}

export class GrpcUnaryServerCall extends GrpcServerCall {
  readonly #handler: UnaryHandler;
  #request: Uint8Array | undefined;

  constructor(path: string, raw: ServerInterceptingCallInterface, handler: UnaryHandler) {
    super(path, raw);
    this.#handler = handler;
    raw.start(this);
  }

  override onReceiveMetadata(metadata: Metadata): void {
    super.onReceiveMetadata(metadata);
    this.raw.startRead();
  }

  onReceiveMessage(message: Uint8Array): void {
    if (this.#request !== undefined) {
      this.fail(new RpcError(RpcCode.INTERNAL, `${this.path} takes one request message and got more`));
      return;
    }
    this.#request = message;
    this.raw.startRead();
  }

  onReceiveHalfClose(): void {
    if (this.#request === undefined)
      this.fail(new RpcError(RpcCode.INTERNAL, `${this.path} takes one request message and got none`));
    else void this.#answer(this.#request);
  }

  async #answer(request: Uint8Array): Promise<void> {
    try {
      const response = await this.#handler(request, this);
      if (this.finished) return;
      // Response and status leave together; a response that is too large sends its own status, and the second is void.
      this.raw.sendMessage(asBuffer(response), nothing);
      this.succeed();
    } catch (error) {
      this.fail(error);
    }
  }
}

export class GrpcStreamServerCall extends GrpcServerCall {
  readonly #handler: StreamHandler;
  readonly #window = new SendWindow();
  readonly messages: MessageQueue;

  constructor(path: string, raw: ServerInterceptingCallInterface, handler: StreamHandler) {
    super(path, raw);
    this.#handler = handler;
    this.messages = new MessageQueue(() => raw.startRead(), nothing);
    raw.start(this);
  }

  send(message: Uint8Array): Promise<void> {
    if (this.finished)
      return Promise.reject(this.#window.failure ?? new RpcError(RpcCode.CANCELLED, "The stream has ended"));
    this.raw.sendMessage(asBuffer(message), this.#window.written);
    return this.#window.taken(message);
  }

  override onReceiveMetadata(metadata: Metadata): void {
    super.onReceiveMetadata(metadata);
    void this.#run();
  }

  onReceiveMessage(message: Uint8Array): void {
    this.messages.push(message);
  }

  // A cancelled stream also reports the end of its messages, a moment before the cancellation.
  onReceiveHalfClose(): void {
    setImmediate(() => this.messages.finish());
  }

  override onCancel(): void {
    const gone = this.goneError();
    super.onCancel();
    this.#window.fail(gone);
    this.messages.finish(gone);
  }

  async #run(): Promise<void> {
    try {
      await this.#handler(this, this);
      this.succeed();
    } catch (error) {
      this.fail(error);
    }
  }
}

function nothing(): void {}
