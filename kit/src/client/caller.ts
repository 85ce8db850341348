import type { MessageCodec, MethodDefinition, ServiceDefinition } from "@trilby/proto";
import { encodeMessage } from "@trilby/proto/encode";
import { ComponentError } from "../errors/component-error.ts";
import { fromRpcError } from "../errors/status.ts";
import { instanceHeader, kitHeader, methodPath, notInitialisedTrailer } from "../protocol/names.ts";
import type { CallOptions, Channel, ClientStream, RpcMetadata } from "../transport/index.ts";
import { RpcError } from "../transport/rpc-error.ts";

/** A method with what a call of it needs, made once. */
export interface RemoteMethod<Request, Response> {
  readonly path: string;
  readonly requestType: MessageCodec<Request>;
  readonly responseType: MessageCodec<Response>;
}

export function remoteMethod<Request, Response>(
  service: ServiceDefinition,
  method: MethodDefinition<Request, Response>,
): RemoteMethod<Request, Response> {
  return { path: methodPath(service, method), requestType: method.requestType, responseType: method.responseType };
}

export interface InitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Deadline of each call that belongs to the initialisation. Absent: none. */
  readonly timeoutMs?: number | undefined;
}

/** Calls of one component instance. The metadata is made once, so that the transport can keep what it makes of it. */
export class Caller {
  readonly #channel: Channel;
  readonly #metadata: RpcMetadata;
  readonly #plain: CallOptions;
  /** Whether the peer keeps the promises of our own kit; known after Init. */
  peerIsKit = false;

  constructor(channel: Channel, name: string) {
    this.#channel = channel;
    this.#metadata = [[instanceHeader, name]];
    this.#plain = { metadata: this.#metadata };
  }

  /** Hot path. */
  async call<Request, Response>(
    method: RemoteMethod<Request, Response>,
    request: Request,
    call?: Pick<CallOptions, "signal" | "timeoutMs" | "onHeaders">,
  ): Promise<Response> {
    const options =
      call === undefined
        ? this.#plain
        : { metadata: this.#metadata, signal: call.signal, timeoutMs: call.timeoutMs, onHeaders: call.onHeaders };
    try {
      const bytes = await this.#channel.unary(method.path, encodeMessage(method.requestType, request), options);
      return method.responseType.decode(bytes);
    } catch (error) {
      throw asComponentError(error);
    }
  }

  /** The same for Init, whose headers tell who answers. */
  init<Request, Response>(
    method: RemoteMethod<Request, Response>,
    request: Request,
    options?: InitOptions,
  ): Promise<Response> {
    const onHeaders = (headers: RpcMetadata): void => {
      this.peerIsKit = headers.some(([name]) => name === kitHeader);
    };
    return this.call(method, request, { ...options, onHeaders });
  }

  open(path: string, onHeaders: () => void): ClientStream {
    try {
      return this.#channel.stream(path, { metadata: this.#metadata, onHeaders });
    } catch (error) {
      throw asComponentError(error);
    }
  }
}

export function asComponentError(error: unknown): ComponentError {
  if (error instanceof RpcError) return fromRpcError(error);
  if (ComponentError.is(error)) return error;
  return new ComponentError("internal", error instanceof Error ? error.message : String(error), { cause: error });
}

/** Whether a call failed because the peer's process knows no instance of that name: it was restarted since the last Init. */
export function isNotInitialised(error: unknown): boolean {
  const cause = ComponentError.is(error) ? error.cause : error;
  return cause instanceof RpcError && cause.trailers.some(([name]) => name === notInitialisedTrailer);
}
