export * from "./client/index.ts";
export * from "./body-error.ts";
export * from "./http1-error.ts";
export type { RequestHead } from "./request-head.ts";
export { createHttp1Server, type Http1Server, type Http1ServerOptions } from "./server.ts";
export type { Http1Request } from "./server-request.ts";
