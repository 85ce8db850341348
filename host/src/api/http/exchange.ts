import { CancellationSource, type Cancellation } from "@trilby/kit/transport";
import { ApiError } from "../error.ts";
import { errorBody } from "../error-body.ts";
import { encodeJson } from "../json/escape.ts";
import { noteBody } from "./large-bodies.ts";
import { unescapeQuery } from "./path.ts";
import { parseQuery } from "./query.ts";
import type { HttpExchange, HttpRoute } from "./route.ts";

const nothing: Readonly<Record<string, string>> = Object.freeze({});
const metadataPrefix = "metadata.";

/**
 * What every request has in common, whichever protocol carried it. The two protocols add how headers are read, how the
 * body arrives and how the response leaves.
 */
export abstract class Exchange implements HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** `performance.now()` at arrival. */
  readonly startedAt = performance.now();
  /** Set by the router. */
  route: HttpRoute | undefined;
  params: string[] = [];
  trusted = true;
  /** 0 until the response was sent. */
  status = 0;
  responseBytes = 0;
  requestBytes = 0;
  /** Called once, when the response is handed to the socket. */
  onResponse: ((exchange: Exchange) => void) | undefined;

  #pairs: readonly (readonly [string, string])[] | undefined;
  #abort: AbortController | undefined;
  #cancellation: CancellationSource | undefined;
  #extraHeaders: string[] | undefined;

  constructor(method: string, path: string, query: string) {
    this.method = method;
    this.path = path;
    this.query = query;
  }

  abstract header(name: string): string | undefined;
  abstract headers(): Readonly<Record<string, string | readonly string[] | undefined>>;
  abstract body(): Promise<Uint8Array>;
  /** Takes a request header away from everything behind. */
  abstract removeHeader(name: string): void;
  /** `headers` are names and values in turn. Adds the length of a body that is there, and returns it. */
  protected abstract send(status: number, headers: string[], body: Uint8Array | string | undefined): number;
  /** Calls back when the client is gone before the response was complete. */
  protected abstract whenGone(gone: () => void): void;

  param(index: number): string {
    const escaped = this.params[index];
    if (escaped === undefined) throw new Error(`route ${this.route?.path} has no parameter ${index}`);
    return unescapeQuery(escaped) ?? escaped;
  }

  queryValue(name: string): string | undefined {
    if (this.query === "") return undefined;
    for (const pair of this.#queryPairs()) if (pair[0] === name) return pair[1];
    return undefined;
  }

  queryValues(name: string): readonly string[] {
    if (this.query === "") return [];
    return this.#queryPairs().flatMap((pair) => (pair[0] === name ? [pair[1]] : []));
  }

  metadata(): Readonly<Record<string, string>> {
    if (this.query === "") return nothing;
    let metadata: Record<string, string> | undefined;
    for (const [name, value] of this.#queryPairs()) {
      if (!name.startsWith(metadataPrefix)) continue;
      metadata ??= Object.create(null) as Record<string, string>;
      const key = name.slice(metadataPrefix.length);
      if (!(key in metadata)) metadata[key] = value;
    }
    return metadata ?? nothing;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = (this.#abort = new AbortController());
      const { cancellation } = this;
      if (cancellation.cancelled) abort.abort();
      else cancellation.add({ cancel: () => abort.abort() });
    }
    return this.#abort.signal;
  }

  get cancellation(): Cancellation {
    if (this.#cancellation === undefined) {
      const source = (this.#cancellation = new CancellationSource());
      this.whenGone(() => source.cancel());
    }
    return this.#cancellation;
  }

  setHeader(name: string, value: string): void {
    // A name that cannot stand in a header is left out, as Go's server does.
    if (token.test(name)) (this.#extraHeaders ??= []).push(name, headerValue(value));
  }

  respond(status: number, body?: Uint8Array | string, contentType?: string): void {
    if (this.status !== 0) throw new Error(`${this.method} ${this.path}: a second response`);
    const headers = this.#extraHeaders ?? [];
    this.#extraHeaders = undefined;
    if (contentType !== undefined) headers.push("Content-Type", headerValue(contentType));
    this.responseBytes = this.send(status, headers, body);
    noteBody(this.responseBytes);
    this.status = status;
    this.onResponse?.(this);
  }

  json(status: number, value: unknown): void {
    this.respond(status, `${encodeJson(value)}\n`, "application/json");
  }

  /** Sends what was thrown. After a response there is nothing left to say. */
  fail(error: unknown): void {
    if (this.status !== 0) return;
    if (error instanceof ApiError) return this.respond(error.httpStatus, errorBody(error), "application/json");
    const message = error instanceof Error ? error.message : String(error);
    this.respond(
      500,
      errorBody(new ApiError({ httpStatus: 500, grpcCode: 13, errorCode: "ERROR", message })),
      "application/json",
    );
  }

  /** Every parameter can be unescaped. */
  hasValidParams(): boolean {
    for (const param of this.params) if (unescapeQuery(param) === undefined) return false;
    return true;
  }

  #queryPairs(): readonly (readonly [string, string])[] {
    return (this.#pairs ??= parseQuery(this.query));
  }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const plainValue = /^[\t\x20-\x7e]*$/;

/** Text goes as UTF-8; characters that would let a value break out of its header become spaces. */
function headerValue(value: string): string {
  if (plainValue.test(value)) return value;
  // Node takes header values as one character a byte.
  return Buffer.from(value, "utf8")
    .toString("latin1")
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, " ");
}
