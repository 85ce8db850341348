import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";

import { readBody } from "./body.ts";
import { Exchange } from "./exchange.ts";
import { originForm, pathEnd } from "./path.ts";

/** A request over cleartext HTTP/2: one stream of a session. */
export class Http2Exchange extends Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #bodyLimit: number;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, bodyLimit: number) {
    const target = originForm(headers[":path"] ?? "/");
    const end = pathEnd(target);
    super(headers[":method"] ?? "GET", target.slice(0, end), target.slice(end + 1));
    this.#stream = stream;
    this.#headers = headers;
    this.#bodyLimit = bodyLimit;
    // A stream that the client resets emits an error; the response has nowhere to go then.
    stream.on("error", () => {});
  }

  override header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  override headers(): Readonly<Record<string, string | readonly string[] | undefined>> {
    const headers: Record<string, string | readonly string[] | undefined> = {};
    for (const name in this.#headers) if (!name.startsWith(":")) headers[name] = this.#headers[name];
    if (headers["host"] === undefined) headers["host"] = this.#headers[":authority"];
    return headers;
  }

  override removeHeader(name: string): void {
    delete this.#headers[name];
  }

  override body(): Promise<Uint8Array> {
    // Some clients hold the body back until they hear that, without end.
    const stream = this.#stream;
    if (this.#headers.expect?.toLowerCase() === "100-continue" && !stream.destroyed && !stream.headersSent)
      stream.additionalHeaders({ ":status": constants.HTTP_STATUS_CONTINUE });
    return readBody(stream, this.#bodyLimit, (bytes) => {
      this.requestBytes = bytes;
    });
  }

  protected override send(status: number, headers: string[], body: Uint8Array | string | undefined): number {
    const stream = this.#stream;
    const length = body === undefined ? 0 : typeof body === "string" ? Buffer.byteLength(body) : body.length;
    if (stream.destroyed || stream.closed) return length;
    const fields: Record<string, string | string[] | number> = { ":status": status };
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index]!.toLowerCase();
      const before = fields[name];
      fields[name] = before === undefined ? headers[index + 1]! : [before as string, headers[index + 1]!].flat();
    }
    if (body !== undefined) fields["content-length"] = length;
    const bare = body === undefined || this.method === "HEAD";
    stream.respond(fields, { endStream: bare });
    if (!bare) stream.end(body);
    // Nobody reads what is left of the body.
    if (!stream.readableEnded && !stream.readableFlowing) stream.resume();
    return length;
  }

  protected override whenGone(gone: () => void): void {
    const stream = this.#stream;
    if (stream.destroyed && stream.rstCode !== constants.NGHTTP2_NO_ERROR) return gone();
    stream.once("close", () => {
      if (this.status === 0 || stream.rstCode !== constants.NGHTTP2_NO_ERROR) gone();
    });
  }
}
