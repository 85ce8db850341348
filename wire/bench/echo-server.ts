import { createServer } from "node:net";

import {
  acceptHttp2,
  type HeaderField,
  type Http2Stream,
  PreparedHeaders,
  type StreamReceiver,
} from "../src/http2/index.ts";

/**
 * Answers each request with what it carried, as a unary call does: `node bench/echo-server.ts [port | socket path]`. For load
 * tools and for h2spec.
 */
const where = process.argv[2] ?? "0";
const headers = new PreparedHeaders([
  [":status", "200"],
  ["content-type", "application/grpc"],
] satisfies HeaderField[]);
const trailers = new PreparedHeaders([["grpc-status", "0"]]);
const NOTHING = new Uint8Array(0);

class Echo implements StreamReceiver {
  #body: Uint8Array = NOTHING;

  headers(stream: Http2Stream): void {
    stream.respond(headers, NOTHING, this.#body, trailers);
  }

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (this.#body.length === 0) this.#body = bytes;
    else if (bytes.length > 0) this.#body = Buffer.concat([this.#body, bytes]);
    stream.consume(bytes.length);
    if (endStream) stream.respond(headers, NOTHING, this.#body, trailers);
  }

  drained(): void {}
  closed(): void {}
}

const server = createServer((socket) => {
  acceptHttp2(socket, {}, (stream, _headers, endStream) => {
    if (endStream) stream.respond(headers, NOTHING, Buffer.from("nothing\n"), trailers);
    return new Echo();
  });
});
server.listen(/^\d+$/.test(where) ? { port: Number(where), host: "127.0.0.1" } : { path: where }, () => {
  console.log(JSON.stringify(server.address()));
});
