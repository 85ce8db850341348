import type { GrpcMethod } from "../api/grpc/method.ts";
import type { HttpRoute } from "../api/http/route.ts";

/** A building block as the API servers see it. */
export interface Block {
  readonly http: readonly HttpRoute[];
  readonly grpc: readonly GrpcMethod[];
}
