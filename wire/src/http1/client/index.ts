export * from "./call-error.ts";
export type * from "./client-options.ts";
export * from "./http1-answer.ts";
export * from "./http1-client.ts";
export type { PreparedRequest } from "./prepared-request.ts";
