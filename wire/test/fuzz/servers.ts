import { once } from "node:events";
import http2 from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import {
  acceptHttp2,
  type HeaderList,
  type Http2Stream,
  PreparedHeaders,
  type StreamReceiver,
} from "../../src/http2/index.ts";

export interface FuzzedServer {
  readonly port: number;
  readonly connections: () => number;
  close(): void;
}

/** Answers each request when it has ended, and says the same in its SETTINGS as the other. */
export async function ourServer(onEscaped: (error: unknown) => void): Promise<FuzzedServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    connections++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    try {
      acceptHttp2(socket, { ...same, onClosed: () => connections-- }, (stream, headers, endStream) => {
        const text = said(valuesOf(headers, ":path"), valuesOf(headers, "x-size"));
        if (endStream) answer(stream, text);
        return new Answering(text);
      });
    } catch (error) {
      onEscaped(error);
    }
  });
  return listening(server, sockets, () => connections);
}

const same = {
  initialWindowBytes: 65_535,
  connectionWindowBytes: 65_535,
  maxFrameBytes: 16_384,
  maxHeaderListBytes: 65_536,
  maxConcurrentStreams: 100,
} as const;

const ok = new PreparedHeaders([[":status", "200"]]);

/** What came of the request's headers. */
const valuesOf = (headers: HeaderList, wanted: string): string | undefined => {
  const values = headers.fields.filter(([name]) => name === wanted).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
};
const said = (path?: string | string[], value?: string | string[]): string => `${String(path)} ${String(value)}`;

function answer(stream: Http2Stream, text: string): void {
  stream.sendHeaders(ok, false);
  stream.sendData(true, Buffer.from(text, "latin1"));
}

class Answering implements StreamReceiver {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  headers(stream: Http2Stream, _: HeaderList, endStream: boolean): void {
    if (endStream) answer(stream, this.#text);
  }

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    stream.consume(bytes.length);
    if (endStream) answer(stream, this.#text);
  }

  drained(): void {}
  closed(): void {}
}

export async function nodeServer(): Promise<FuzzedServer> {
  const sockets = new Set<Socket>();
  const server = http2.createServer({
    settings: {
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxHeaderListSize: 65_536,
      maxConcurrentStreams: 100,
    },
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("sessionError", () => {});
  server.on("session", (session) => session.on("error", () => {}));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    stream.on("aborted", () => {});
    stream.resume();
    stream.on("end", () => {
      if (stream.destroyed || stream.closed) return;
      stream.respond({ ":status": 200 });
      stream.end(said(headers[":path"], headers["x-size"]), "latin1");
    });
  });
  return listening(server, sockets, () => sockets.size);
}

async function listening(
  server: Server,
  sockets: ReadonlySet<Socket>,
  connections: () => number,
): Promise<FuzzedServer> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
