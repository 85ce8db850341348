export * from "./http2-error.ts";
export * from "./header-list.ts";
export type * from "./http2-options.ts";
export type * from "./stream.ts";
export * from "./server-connection.ts";
export * from "./client-connection.ts";
