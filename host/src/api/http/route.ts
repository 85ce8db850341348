import type { Cancellation } from "@trilby/kit/transport";

import type { ApiName } from "../name.ts";

/** One route of the HTTP API. Blocks hand routes to the server; the server knows no block. */
export interface HttpRoute {
  readonly methods: readonly ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "HEAD")[];
  /** For example `/v1.0/state/{store}/{key}`; `{topic...}` takes the rest of the path. */
  readonly path: string;
  /** The endpoint's name in logs and metrics, for example `GetState`. */
  readonly name: string;
  readonly api: ApiName;
  /** Answers without an API token. */
  readonly open?: boolean;
  /** Also served on the public port. */
  readonly public?: boolean;
  /** Never refused by API allow and deny rules. */
  readonly always?: boolean;
  /** Throwing sends the error (see `ApiError`); returning without a response is a programming error answered with 500. */
  handle(exchange: HttpExchange): Promise<void> | void;
}

/** One request and its response. Valid until the response was sent. */
export interface HttpExchange {
  readonly method: string;
  /** Path without query, as it came. */
  readonly path: string;
  /** Everything after `?`, as it came; empty when there is none. */
  readonly query: string;
  /** The caller gave the API token, or none is asked for. False on open routes and the public port for everybody else. */
  readonly trusted: boolean;
  /** A path parameter by its position in the route, unescaped. */
  param(index: number): string;
  /** First value of a query parameter, unescaped. */
  queryValue(name: string): string | undefined;
  queryValues(name: string): readonly string[];
  /** Every query parameter `metadata.K=V` as K: V. The same frozen empty object when there is none. */
  metadata(): Readonly<Record<string, string>>;
  /** Lower-case name. */
  header(name: string): string | undefined;
  /** Lower-case names with their values joined. */
  headers(): Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Aborted when the client went away before the response was complete. Made when first asked for. */
  readonly signal: AbortSignal;
  /** The same at less cost. */
  readonly cancellation: Cancellation;
  /** The whole body. Rejects with ERR_BODY_READ when it is larger than the limit or breaks off. */
  body(): Promise<Uint8Array>;

  /** Adds a response header; before the response. */
  setHeader(name: string, value: string): void;
  /** Sends head and body in one write. No body and no content type: none are sent. */
  respond(status: number, body?: Uint8Array | string, contentType?: string): void;
  /** JSON with `<`, `>` and `&` escaped and a newline at the end, as Dapr prints it. */
  json(status: number, value: unknown): void;
}
