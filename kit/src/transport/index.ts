export type * from "./channel.ts";
export * from "./rpc-error.ts";
export type * from "./server.ts";
