import type { StreamHandler, UnaryHandler } from "@trilby/kit/transport";

import type { ApiName } from "../name.ts";

/** One rpc of the gRPC API, over bytes. Handlers throw `ApiError`; the server turns it into a status with details. */
export type GrpcMethod = {
  /** `/dapr.proto.runtime.v1.Dapr/GetState` */
  readonly path: string;
  readonly api: ApiName;
} & ({ readonly unary: UnaryHandler } | { readonly stream: StreamHandler });
