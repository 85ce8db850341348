import { RpcCode, RpcError } from "../rpc-error.ts";
import type { CallOptions, ClientStream } from "../channel.ts";
import { MessageQueue } from "./message-queue.ts";
import { asBuffer, fromGrpc, requestMetadata, toRpcError } from "./metadata.ts";
import type { GrpcStatus } from "./metadata.ts";
import { SendWindow } from "./send-window.ts";
import type { GrpcCall } from "./unary-call.ts";

export class GrpcClientStream implements ClientStream {
  readonly #call: GrpcCall;
  readonly #options: CallOptions;
  readonly #ended: (stream: GrpcClientStream) => void;
  readonly #window = new SendWindow();
  readonly #unsent: Buffer[] = [];
  readonly #context = { callback: () => this.#written() };
  #writing = false;
  #halfClosed = false;
  readonly messages: MessageQueue;

  constructor(call: GrpcCall, options: CallOptions, ended: (stream: GrpcClientStream) => void) {
    this.#call = call;
    this.#options = options;
    this.#ended = ended;
    this.messages = new MessageQueue(
      () => call.startRead(),
      () => this.cancel(),
    );
    options.signal?.addEventListener("abort", this.cancel);
    options.cancellation?.add(this);
    call.start(requestMetadata(options.metadata, options.waitForReady === true), this);
    // Until the first read was asked for, the library takes in whatever arrives.
    call.startRead();
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#window.failure !== undefined) return Promise.reject(this.#window.failure);
    if (this.#halfClosed) return Promise.reject(new Error("The stream takes no messages after end()."));
    this.#unsent.push(asBuffer(message));
    const taken = this.#window.taken(message);
    if (!this.#writing) this.#writeNext();
    return taken;
  }

  end(): void {
    this.#halfClosed = true;
    if (!this.#writing) this.#call.halfClose();
  }

  readonly cancel = (): void => {
    this.#call.cancelWithStatus(RpcCode.CANCELLED, "The caller cancelled the call");
  };

  onReceiveMetadata(metadata: Parameters<typeof fromGrpc>[0]): void {
    this.#options.onHeaders?.(fromGrpc(metadata));
  }

  onReceiveMessage(message: Uint8Array): void {
    this.messages.push(message);
  }

  onReceiveStatus(status: GrpcStatus): void {
    this.#options.signal?.removeEventListener("abort", this.cancel);
    this.#options.cancellation?.remove(this);
    this.#ended(this);
    if (status.code === RpcCode.OK) {
      this.#options.onTrailers?.(fromGrpc(status.metadata!));
      this.#window.fail(new RpcError(RpcCode.UNAVAILABLE, "The peer ended the stream"));
      this.messages.finish();
    } else {
      const error = toRpcError(status);
      this.#window.fail(error);
      this.messages.finish(error);
    }
  }

  // A call that is still connecting keeps one message only and silently drops it for the next: one at a time.
  #writeNext(): void {
    const message = this.#unsent.shift();
    if (message === undefined) {
      if (this.#halfClosed) this.#call.halfClose();
      return;
    }
    this.#writing = true;
    this.#call.sendMessageWithContext(this.#context, message);
  }

  #written(): void {
    this.#writing = false;
    this.#window.written();
    this.#writeNext();
  }
}
