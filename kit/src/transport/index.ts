import type { Transport } from "./transport.ts";

export type * from "./channel.ts";
export * from "./rpc-error.ts";
export type * from "./server.ts";
export type * from "./transport.ts";

/** gRPC by @grpc/grpc-js, which is loaded with the first channel or server: importing this module stays cheap. */
export const grpcJs: Transport = {
  connect: async (target, options) => (await import("./grpc-js/connect.ts")).connect(target, options),
  createServer: async (options) => (await import("./grpc-js/create-server.ts")).createServer(options),
};

/** The transport that everything uses which does not choose one itself. */
export const { connect, createServer } = grpcJs;
