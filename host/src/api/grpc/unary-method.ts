import { RpcCode, RpcError, type ServerCall } from "@trilby/kit/transport";
import type { MethodDefinition, ServiceDefinition } from "@trilby/proto";
import { encodeMessage } from "@trilby/proto/encode";

import type { ApiName } from "../name.ts";
import type { GrpcMethod } from "./method.ts";

type Request<D> = D extends MethodDefinition<infer R> ? R : never;
type Response<D> = D extends MethodDefinition<any, infer R> ? R : never;

/** A unary rpc over messages instead of bytes: `method` is its key in the service's definition, for example `getState`. */
export function unaryMethod<S extends ServiceDefinition, M extends keyof S["methods"] & string>(
  service: S,
  method: M,
  api: ApiName,
  handle: (
    request: Request<S["methods"][M]>,
    call: ServerCall,
  ) => Promise<Response<S["methods"][M]>> | Response<S["methods"][M]>,
): GrpcMethod {
  const { name, requestType, responseType } = service.methods[method]!;
  const encode = (response: unknown): Uint8Array => encodeMessage(responseType, response);
  return {
    path: `/${service.fullName}/${name}`,
    api,
    unary(bytes, call) {
      const result = handle(decodeRequest(requestType, bytes), call);
      return result instanceof Promise ? result.then(encode) : encode(result);
    },
  };
}

/** Bytes that are no such message are the status grpc-go gives them. */
export function decodeRequest<T>(codec: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw new RpcError(RpcCode.INTERNAL, `grpc: error unmarshalling request: ${(error as Error).message}`);
  }
}
