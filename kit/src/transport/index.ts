import type { Transport } from "./transport.ts";

export { CancellationSource, type Cancellation } from "@trilby/wire/cancellation";
export type * from "./channel.ts";
export * from "./rpc-error.ts";
export type * from "./server.ts";
export type * from "./transport.ts";

/** gRPC by @trilby/wire. Loaded with the first channel or server, as the other one is: importing this module stays cheap. */
export const wire: Transport = {
  connect: async (target, options) => (await import("./wire/connect.ts")).connect(target, options),
  createServer: async (options) => (await import("./wire/create-server.ts")).createServer(options),
};

/** gRPC by @grpc/grpc-js. */
export const grpcJs: Transport = {
  connect: async (target, options) => (await import("./grpc-js/connect.ts")).connect(target, options),
  createServer: async (options) => (await import("./grpc-js/create-server.ts")).createServer(options),
};

/** The transport that everything uses which does not choose one itself: the one that `TRILBY_TRANSPORT` names. */
export const connect: Transport["connect"] = async (target, options) => chosen().connect(target, options);
export const createServer: Transport["createServer"] = async (options) => chosen().createServer(options);

const transports: ReadonlyMap<string, Transport> = new Map([
  ["wire", wire],
  ["grpc-js", grpcJs],
]);
const defaultTransport = wire;

function chosen(): Transport {
  const name = process.env["TRILBY_TRANSPORT"];
  if (name === undefined || name === "") return defaultTransport;
  const found = transports.get(name);
  if (found !== undefined) return found;
  const names = [...transports.keys()].join(" and ");
  throw new Error(`The environment variable TRILBY_TRANSPORT is "${name}"; the transports are ${names}.`);
}
