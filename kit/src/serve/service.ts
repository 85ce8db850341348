import type { MessageCodec, MethodDefinition, ServiceDefinition } from "@trilby/proto";
import { encodeMessage } from "@trilby/proto/encode";
import { toRpcError } from "../errors/status.ts";
import { instanceHeader, methodPath } from "../protocol/names.ts";
import type { RpcServer, ServerCall, ServerStream } from "../transport/index.ts";
import { RpcCode, RpcError } from "../transport/rpc-error.ts";

type RequestOf<M> = M extends { requestType: MessageCodec<infer Message> } ? Message : never;
type ResponseOf<M> = M extends { responseType: MessageCodec<infer Message> } ? Message : never;
type Methods<S extends ServiceDefinition> = S["methods"];
type UnaryNames<S extends ServiceDefinition> = {
  [N in keyof Methods<S>]: Methods<S>[N] extends { requestStream: false; responseStream: false } ? N : never;
}[keyof Methods<S>];

/** What answers a service's unary methods: one function each, over messages. `name` is the instance that is called. */
export type UnaryMethods<S extends ServiceDefinition> = {
  readonly [N in UnaryNames<S>]: (
    request: RequestOf<Methods<S>[N]>,
    name: string,
    call: ServerCall,
  ) => Promise<ResponseOf<Methods<S>[N]>>;
};

type Answer = (request: unknown, name: string, call: ServerCall) => Promise<unknown>;

/** Registers them. Whatever they throw becomes the gRPC status that Dapr's clients expect for it. */
export function serveUnary<S extends ServiceDefinition>(server: RpcServer, service: S, methods: UnaryMethods<S>): void {
  for (const [key, answer] of Object.entries(methods) as [string, Answer][]) {
    const method = service.methods[key]!;
    const encode = (response: unknown): Uint8Array => {
      try {
        return encodeMessage(method.responseType, response);
      } catch (error) {
        throw toRpcError(error);
      }
    };
    server.unary(methodPath(service, method), (bytes, call) => {
      const request = decode(method.requestType, bytes, method);
      try {
        return answer(request, instanceName(call), call).then(encode, rethrow);
      } catch (error) {
        throw toRpcError(error);
      }
    });
  }
}

function rethrow(error: unknown): never {
  throw toRpcError(error);
}

export function serveStream(
  server: RpcServer,
  service: ServiceDefinition,
  method: MethodDefinition,
  handle: (stream: ServerStream, name: string, call: ServerCall) => Promise<void>,
): void {
  server.stream(methodPath(service, method), async (stream, call) => {
    try {
      await handle(stream, instanceName(call), call);
    } catch (error) {
      throw toRpcError(error);
    }
  });
}

export function decode<Message>(
  codec: MessageCodec<Message>,
  bytes: Uint8Array,
  { name }: { readonly name: string },
): Message {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw new RpcError(RpcCode.INVALID_ARGUMENT, `the request of ${name} cannot be decoded: ${String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Absent means one instance without a name. A daprd that calls from within a delivery, as it does to publish to a dead letter
 * topic, sends the header twice, and HTTP/2 joins the two by a comma.
 */
function instanceName(call: ServerCall): string {
  const name = call.header(instanceHeader) ?? "";
  const end = name.indexOf(", ");
  return end === -1 ? name : name.slice(0, end);
}
