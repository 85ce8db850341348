export * from "./http2-error.ts";
export * from "./header-list.ts";
export type * from "./stream.ts";
