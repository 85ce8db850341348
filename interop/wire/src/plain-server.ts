import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { temporaryFolder } from "@trilby/interop-judging";
import {
  acceptHttp2,
  type HeaderList,
  type Http2Stream,
  PreparedHeaders,
  type StreamReceiver,
} from "@trilby/wire/http2";
import { makeCertificate } from "./certificate.ts";

export interface PlainServer {
  readonly port: number;
  /** Of a unix socket that leads to the same. */
  readonly path: string;
  readonly tlsPort: number;
  close(): Promise<void>;
}

/** A plain handler on the wire: a GET gets `hello`, everything else its own body back as it comes, with its trailers. */
export async function startPlainServer(): Promise<PlainServer> {
  const folder = temporaryFolder();
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    acceptHttp2(socket, {}, onStream);
  };
  const path = join(folder.path, "plain.sock");
  const plain = createServer({ noDelay: true }, accept);
  const unix = createServer(accept);
  const { certificate, privateKey } = makeCertificate();
  const tls = createTlsServer({ cert: certificate, key: privateKey, ALPNProtocols: ["h2"] }, accept);
  tls.on("tlsClientError", () => {});
  plain.listen(0, "127.0.0.1");
  tls.listen(0, "127.0.0.1");
  unix.listen(path);
  const servers: Server[] = [plain, tls, unix];
  await Promise.all(servers.map((server) => once(server, "listening")));
  return {
    path,
    port: (plain.address() as AddressInfo).port,
    tlsPort: (tls.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      folder.remove();
    },
  };
}

const ok = new PreparedHeaders([
  [":status", "200"],
  ["content-type", "text/plain"],
]);
const hello = Buffer.from("hello");

function onStream(stream: Http2Stream, headers: HeaderList, endStream: boolean): StreamReceiver {
  if (headers.get(":method") !== "GET") {
    stream.sendHeaders(ok, endStream);
    return new Echo();
  }
  if (endStream) greet(stream);
  return greeting;
}

function greet(stream: Http2Stream): void {
  stream.sendHeaders(ok, false);
  stream.sendData(true, hello);
}

const greeting: StreamReceiver = {
  headers: greet,
  data(stream, bytes, endStream) {
    stream.consume(bytes.length);
    if (endStream) greet(stream);
  },
  drained() {},
  closed() {},
};

/** What waits for room is not given back to the peer's window, so that no more than a window waits. */
class Echo implements StreamReceiver {
  #waiting = 0;

  headers(stream: Http2Stream, trailers: HeaderList): void {
    stream.sendTrailers(trailers.fields);
  }

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    if (stream.sendData(endStream, bytes) && this.#waiting === 0) stream.consume(bytes.length);
    else this.#waiting += bytes.length;
  }

  drained(stream: Http2Stream): void {
    const waiting = this.#waiting;
    this.#waiting = 0;
    stream.consume(waiting);
  }

  closed(): void {}
}
