// A process with nothing in it but a server or clients of the package, whose memory can be looked at from outside.
import { createServer, connect } from "node:net";
import {
  acceptHttp2,
  connectHttp2,
  type HeaderList,
  type Http2Stream,
  PreparedHeaders,
  type StreamReceiver,
} from "../../src/http2/index.ts";
import type { FromVictim, Memory, ToVictim } from "./victim-messages.ts";

declare const gc: () => void;

const say = (message: FromVictim): void => void process.send!(message);
const escaped = (error: unknown): void =>
  say({ kind: "escaped", what: error instanceof Error ? (error.stack ?? error.message) : String(error) });
process.on("uncaughtException", escaped);
process.on("unhandledRejection", escaped);
process.on("warning", escaped);

let connections = 0;
let streams = 0;
let requests = 0;
let peak: Memory | undefined;
let watching: NodeJS.Timeout | undefined;

process.on("message", (message: ToVictim) => {
  if (message.kind === "serve") serve(message);
  else if (message.kind === "call") call(message);
  else if (message.kind === "watch") watch();
  else if (message.kind === "memory") {
    clearInterval(watching);
    const memory = measured();
    say({ kind: "memory", memory, peak: peak !== undefined && peak.liveBytes > memory.liveBytes ? peak : memory });
    peak = undefined;
  }
});

/** What lives, and not what waits to be collected. */
function measured(): Memory {
  // The second waits until the buffers that the first found dead are gone.
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { liveBytes: heapUsed + arrayBuffers, connections, streams, requests };
}

function watch(): void {
  peak = measured();
  watching = setInterval(() => {
    const now = measured();
    if (now.liveBytes > peak!.liveBytes) peak = now;
  }, 50);
}

const ok = new PreparedHeaders([[":status", "200"]]);
const trailers = new PreparedHeaders([["x-last", "one"]]);
const hello = Buffer.from("hello");
const large = Buffer.alloc(65_536, "x");

function serve({ options }: ToVictim & { kind: "serve" }): void {
  const server = createServer((socket) => {
    connections++;
    acceptHttp2(socket, { ...options, onClosed: () => connections-- }, onStream);
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address !== null) say({ kind: "serving", port: address.port });
  });
}

/** `/`: hello. `/megabyte`: that much, at once. `/large`: a gigabyte, as far as it is taken. `/hold`: never anything. Else the body comes back. */
function onStream(stream: Http2Stream, headers: HeaderList, endStream: boolean): StreamReceiver {
  streams++;
  requests++;
  const path = headers.get(":path");
  if (path === "/hold") return new Ignoring();
  if (path === "/large") return new Large(stream);
  if (path === "/megabyte") {
    stream.respond(ok, Buffer.alloc(5), Buffer.alloc(1_000_000, "x"), trailers);
    return new Ignoring();
  }
  stream.sendHeaders(ok, false);
  if (path === "/") {
    stream.sendData(true, hello);
    return new Ignoring();
  }
  if (endStream) stream.sendData(true);
  return new Echo();
}

class Ignoring implements StreamReceiver {
  headers(): void {}
  data(stream: Http2Stream, bytes: Uint8Array): void {
    stream.consume(bytes.length);
  }
  drained(): void {}
  closed(): void {
    streams--;
  }
}

class Large extends Ignoring {
  #left = 16_384;

  constructor(stream: Http2Stream) {
    super();
    stream.sendHeaders(ok, false);
    this.drained(stream);
  }

  override drained(stream?: Http2Stream): void {
    while (this.#left-- > 0 && stream!.sendData(this.#left === 0, large));
  }
}

class Echo extends Ignoring {
  #waiting = 0;

  override data(stream: Http2Stream, bytes: Uint8Array, endStream = false): void {
    if (stream.sendData(endStream, bytes) && this.#waiting === 0) stream.consume(bytes.length);
    else this.#waiting += bytes.length;
  }

  override drained(stream?: Http2Stream): void {
    const waiting = this.#waiting;
    this.#waiting = 0;
    stream!.consume(waiting);
  }
}

/** As many GETs as asked for; says how the connection and each of them ended. */
function call({ port, times, open, consumes, options }: ToVictim & { kind: "call" }): void {
  connections++;
  const endings: string[] = [];
  const headers = new PreparedHeaders([
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
  ]);
  const receiver: StreamReceiver = {
    headers() {},
    data: (stream, bytes) => consumes && stream.consume(bytes.length),
    drained() {},
    closed(_, error) {
      streams--;
      endings.push(error === undefined ? "ended" : `${error.source} ${error.code}`);
    },
  };
  const connection = connectHttp2(connect({ port, host: "127.0.0.1" }), options, {
    closed(_, error) {
      connections--;
      const ending = error === undefined ? "ended" : `${error.source} ${error.code}`;
      say({ kind: "called", ending, message: error?.message ?? "", endings });
    },
  });
  for (let index = 0; index < times; index++) if (connection.request(headers, !open, receiver) !== undefined) streams++;
}
