import { BodyError, type Http1Request } from "@trilby/wire/http1";

import { bodyReadError } from "./body.ts";
import { Exchange } from "./exchange.ts";
import { noteBody } from "./large-bodies.ts";
import { originForm, pathEnd } from "./path.ts";

/** A request over HTTP/1.1. */
export class Http1Exchange extends Exchange {
  readonly #request: Http1Request;
  readonly #bodyLimit: number;

  constructor(request: Http1Request, bodyLimit: number) {
    const target = originForm(request.head.target);
    const end = pathEnd(target);
    super(request.head.method, end === target.length ? target : target.slice(0, end), target.slice(end + 1));
    this.#request = request;
    this.#bodyLimit = bodyLimit;
  }

  override header(name: string): string | undefined {
    return this.#request.head.header(name);
  }

  override headers(): Readonly<Record<string, string | readonly string[] | undefined>> {
    return this.#request.head.headers();
  }

  override removeHeader(name: string): void {
    this.#request.head.remove(name);
  }

  override body(): Promise<Uint8Array> {
    const { bodyAtHand } = this.#request;
    if (bodyAtHand !== undefined && (this.#bodyLimit <= 0 || bodyAtHand.length <= this.#bodyLimit)) {
      this.requestBytes = bodyAtHand.length;
      return Promise.resolve(bodyAtHand);
    }
    return this.#request.body(this.#bodyLimit).then((bytes) => {
      this.requestBytes = bytes.length;
      noteBody(bytes.length);
      return bytes;
    }, refuse);
  }

  protected override send(status: number, headers: string[], body: Uint8Array | string | undefined): number {
    return this.#request.respond(status, headers, body);
  }

  protected override whenGone(gone: () => void): void {
    if (this.#request.isGone) gone();
    else this.#request.onGone = gone;
  }
}

function refuse(error: unknown): never {
  if (!(error instanceof BodyError)) throw error;
  throw bodyReadError(error.reason === "too-large" ? "stream too large" : "unexpected EOF");
}
