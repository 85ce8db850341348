export * from "./http2-error.ts";
export * from "./header-list.ts";
export type * from "./http2-options.ts";
export type * from "./stream.ts";
export type * from "./server-connection.ts";
export type * from "./client-connection.ts";
