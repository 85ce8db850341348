import type { ChannelInterface } from "@grpc/grpc-js";
import { RpcCode, RpcError } from "../rpc-error.ts";
import type { CallOptions } from "../channel.ts";
import { asBuffer, fromGrpc, requestMetadata, toRpcError } from "./metadata.ts";
import type { GrpcStatus } from "./metadata.ts";

export type GrpcCall = ReturnType<ChannelInterface["createCall"]>;

/** One request, one response. Speaks to the channel's calls directly: the client stubs above them cost more than the call. */
export class UnaryCall {
  readonly #call: GrpcCall;
  readonly #options: CallOptions;
  readonly #ended: (call: UnaryCall) => void;
  readonly #result = Promise.withResolvers<Uint8Array>();
  #response: Uint8Array | undefined;

  constructor(call: GrpcCall, request: Uint8Array, options: CallOptions, ended: (call: UnaryCall) => void) {
    this.#call = call;
    this.#options = options;
    this.#ended = ended;
    options.signal?.addEventListener("abort", this.cancel);
    options.cancellation?.add(this);
    call.start(requestMetadata(options.metadata, options.waitForReady === true), this);
    call.startRead();
    call.sendMessageWithContext({}, asBuffer(request));
    call.halfClose();
  }

  get result(): Promise<Uint8Array> {
    return this.#result.promise;
  }

  readonly cancel = (): void => {
    this.#call.cancelWithStatus(RpcCode.CANCELLED, "The caller cancelled the call");
  };

  onReceiveMetadata(metadata: Parameters<typeof fromGrpc>[0]): void {
    this.#options.onHeaders?.(fromGrpc(metadata));
  }

  onReceiveMessage(message: Uint8Array): void {
    if (this.#response !== undefined) {
      this.#call.cancelWithStatus(RpcCode.INTERNAL, "The peer answered a unary call with more than one message");
      return;
    }
    this.#response = message;
    // The status is held back until the end of the messages was read.
    this.#call.startRead();
  }

  onReceiveStatus(status: GrpcStatus): void {
    this.#options.signal?.removeEventListener("abort", this.cancel);
    this.#options.cancellation?.remove(this);
    this.#ended(this);
    if (status.code !== RpcCode.OK) {
      this.#result.reject(toRpcError(status));
    } else if (this.#response === undefined) {
      this.#result.reject(new RpcError(RpcCode.INTERNAL, "The peer answered OK without a message"));
    } else {
      this.#options.onTrailers?.(fromGrpc(status.metadata!));
      this.#result.resolve(this.#response);
    }
  }
}
