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
  /** Throws `ComponentError`. */
  read(response: Uint8Array): Response;
}

/** `made`: what callers are given instead of the message. */
export function remoteMethod<Request, Message, Response = Message>(
  service: ServiceDefinition,
  method: MethodDefinition<Request, Message>,
  made?: (message: Message) => Response,
): RemoteMethod<Request, Response> {
  const { requestType, responseType } = method;
  return {
    path: methodPath(service, method),
    requestType,
    read(response) {
      try {
        const message = responseType.decode(response);
        return made === undefined ? (message as unknown as Response) : made(message);
      } catch (error) {
        throw asComponentError(error);
      }
    },
  };
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

  /** Hot path: two promises, of which one is the channel's. */
  call<Request, Response>(
    method: RemoteMethod<Request, Response>,
    request: Request,
    call?: Pick<CallOptions, "signal" | "cancellation" | "timeoutMs" | "onHeaders">,
  ): Promise<Response> {
    const options = call === undefined ? this.#plain : optionsOf(this.#metadata, call);
    let message: Uint8Array;
    try {
      message = encodeMessage(method.requestType, request);
    } catch (error) {
      return Promise.reject(asComponentError(error));
    }
    return this.#channel.unary(method.path, message, options).then(method.read, rethrow);
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

function optionsOf(
  metadata: RpcMetadata,
  call: Pick<CallOptions, "signal" | "cancellation" | "timeoutMs" | "onHeaders">,
): CallOptions {
  const { cancellation } = call;
  return {
    metadata,
    // A signal is often made only when it is asked for.
    signal: cancellation === undefined ? call.signal : undefined,
    cancellation,
    timeoutMs: call.timeoutMs,
    onHeaders: call.onHeaders,
  };
}

function rethrow(error: unknown): never {
  throw asComponentError(error);
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
