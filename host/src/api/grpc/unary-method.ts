import type { MethodDefinition, ServiceDefinition } from "@trilby/proto";
import type { ServerCall } from "@trilby/kit/transport";

import type { ApiName } from "../name.ts";
import type { GrpcMethod } from "./method.ts";

type Request<D> = D extends MethodDefinition<infer R, any> ? R : never;
type Response<D> = D extends MethodDefinition<any, infer R> ? R : never;

/** A unary rpc over messages instead of bytes: `method` is its key in the service's definition, for example `getState`. */
export function unaryMethod<S extends ServiceDefinition, M extends keyof S["methods"] & string>(
  service: S,
  method: M,
  api: ApiName,
  handle: (request: Request<S["methods"][M]>, call: ServerCall) => Promise<Response<S["methods"][M]>> | Response<S["methods"][M]>,
): GrpcMethod {
  const { name, requestType, responseType } = service.methods[method]!;
  const encode = (response: unknown): Uint8Array => responseType.encode(response).finish();
  return {
    path: `/${service.fullName}/${name}`,
    api,
    unary(bytes, call) {
      const result = handle(requestType.decode(bytes) as Request<S["methods"][M]>, call);
      return result instanceof Promise ? result.then(encode) : encode(result);
    },
  };
}
