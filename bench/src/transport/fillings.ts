import { grpcJs, type Transport, wire } from "@trilby/kit/transport";

/** What carries gRPC, each measured by the same rows. */
export const fillings = {
  "grpc-js": grpcJs,
  wire,
} as const satisfies Record<string, Transport>;

export type Filling = keyof typeof fillings;
