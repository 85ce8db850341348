import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";

import {
  acceptHttp2,
  connectHttp2,
  ErrorCode,
  type HeaderList,
  type Http2ClientConnection,
  type Http2ClientEvents,
  type Http2ClientOptions,
  type Http2Error,
  type Http2ServerConnection,
  type Http2ServerOptions,
  type Http2Stream,
  type OnStream,
  PreparedHeaders,
  type StreamReceiver,
} from "../../src/http2/index.ts";

const requestHeaders = new PreparedHeaders([
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/echo"],
  [":authority", "localhost"],
]);
const responseHeaders = new PreparedHeaders([[":status", "200"]]);
const trailers = new PreparedHeaders([["grpc-status", "0"]]);
const NOTHING = new Uint8Array(0);

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
    if (server.listening) await once(server, "close");
  }
});

interface Pair {
  readonly client: Http2ClientConnection;
  readonly server: Http2ServerConnection;
}

async function connectPair(
  onStream: OnStream,
  options: { server?: Http2ServerOptions; client?: Http2ClientOptions; events?: Http2ClientEvents } = {},
): Promise<Pair> {
  const listener = createServer();
  const sockets = new Set<Socket>();
  open.push({ server: listener, sockets });
  const accepted = new Promise<Http2ServerConnection>((resolve) => {
    listener.once("connection", (socket: Socket) => {
      sockets.add(socket);
      resolve(acceptHttp2(socket, options.server ?? {}, onStream));
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const socket = connect((listener.address() as AddressInfo).port, "127.0.0.1");
  sockets.add(socket);
  await once(socket, "connect");
  const client = connectHttp2(socket, options.client ?? {}, options.events ?? {});
  return { client, server: await accepted };
}

/** Gathers what comes and consumes it. */
class Gathering implements StreamReceiver {
  readonly lists: HeaderList[] = [];
  readonly parts: Uint8Array[] = [];
  endStream = false;
  readonly ended: Promise<Http2Error | undefined>;
  #resolve!: (error: Http2Error | undefined) => void;

  constructor() {
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  get body(): Buffer {
    return Buffer.concat(this.parts);
  }

  headers(_stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    this.lists.push(headers);
    this.endStream ||= endStream;
  }

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    this.parts.push(bytes);
    this.endStream ||= endStream;
    stream.consume(bytes.length);
  }

  drained(_stream: Http2Stream): void {}

  closed(_stream: Http2Stream, error: Http2Error | undefined): void {
    this.#resolve(error);
  }
}

class Echo extends Gathering {
  override data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    super.data(stream, bytes, endStream);
    if (endStream) stream.respond(responseHeaders, NOTHING, this.body, trailers);
  }
}

describe("a request and its response", () => {
  it("carries headers, data and trailers both ways", async () => {
    const { client, server } = await connectPair(() => new Echo());
    const receiver = new Gathering();
    const stream = client.request(requestHeaders, false, receiver)!;
    stream.sendData(true, Buffer.from("hello "), Buffer.from("there"));
    expect(await receiver.ended).toBeUndefined();
    expect(receiver.lists.map((list) => list.fields)).toEqual([[[":status", "200"]], [["grpc-status", "0"]]]);
    expect(receiver.body.toString()).toBe("hello there");
    expect(client.activeStreams).toBe(0);
    expect(server.activeStreams).toBe(0);
  });

  it("carries what is much larger than every window", async () => {
    const { client } = await connectPair(() => new Echo());
    const body = randomBytes(5_000_000);
    const receivers = [0, 1, 2].map(() => {
      const receiver = new Gathering();
      const stream = client.request(requestHeaders, false, receiver)!;
      stream.sendData(true, body);
      return receiver;
    });
    for (const receiver of receivers) {
      expect(await receiver.ended).toBeUndefined();
      expect(receiver.body.equals(body)).toBe(true);
    }
  });

  it("tells both sides of a reset", async () => {
    const atServer = new Gathering();
    const { client } = await connectPair(() => atServer);
    const receiver = new Gathering();
    const stream = client.request(requestHeaders, false, receiver)!;
    stream.reset(ErrorCode.CANCEL);
    expect(await receiver.ended).toMatchObject({ code: ErrorCode.CANCEL, source: "local" });
    expect(await atServer.ended).toMatchObject({ code: ErrorCode.CANCEL, source: "peer" });
  });
});
