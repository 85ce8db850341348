import type { IncomingMessage, ServerResponse } from "node:http";

import { readBody } from "./body.ts";
import { Exchange } from "./exchange.ts";
import { originForm, pathEnd } from "./path.ts";

/** A request over HTTP/1.1, on node's own server. */
export class Http1Exchange extends Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #bodyLimit: number;
  readonly #closing: () => boolean;

  constructor(request: IncomingMessage, response: ServerResponse, bodyLimit: number, closing: () => boolean) {
    const target = originForm(request.url ?? "/");
    const end = pathEnd(target);
    super(request.method ?? "GET", end === target.length ? target : target.slice(0, end), target.slice(end + 1));
    this.#request = request;
    this.#response = response;
    this.#bodyLimit = bodyLimit;
    this.#closing = closing;
  }

  override header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  override headers(): Readonly<Record<string, string | readonly string[] | undefined>> {
    return this.#request.headers;
  }

  override removeHeader(name: string): void {
    delete this.#request.headers[name];
  }

  override body(): Promise<Uint8Array> {
    return readBody(this.#request, this.#bodyLimit, (bytes) => {
      this.requestBytes = bytes;
    });
  }

  protected override send(status: number, headers: string[], body: Uint8Array | string | undefined): void {
    if (this.#closing()) headers.push("Connection", "close");
    this.#response.writeHead(status, headers);
    // Node would write the head in the encoding of a body that is text.
    this.#response.end(typeof body === "string" && headers.some(isWide) ? Buffer.from(body) : body);
  }

  protected override whenGone(gone: () => void): void {
    const response = this.#response;
    if (response.destroyed && !response.writableFinished) return gone();
    response.once("close", () => {
      if (!response.writableFinished) gone();
    });
  }
}

function isWide(text: string): boolean {
  return /[\x80-\xff]/.test(text);
}
