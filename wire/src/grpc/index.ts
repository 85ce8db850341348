export * from "./status.ts";
export { createServer } from "./server/create-server.ts";
export type * from "./server/rpc-server.ts";
export type * from "./server/server-options.ts";
export * from "./services/health.ts";
export * from "./services/reflection.ts";
export type * from "./client/channel.ts";
export * from "./client/connect.ts";
export type { ClientKeepalive, ClientTls, ConnectOptions, Target } from "./client/connect-options.ts";
