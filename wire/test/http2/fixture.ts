import { once } from "node:events";
import { createServer, type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

import {
  acceptHttp2,
  connectHttp2,
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
import { rawClient, RawPeer, type RawPeerOptions } from "../raw/raw-peer.ts";

export const requestHeaders = new PreparedHeaders([
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/echo"],
  [":authority", "localhost"],
]);
export const responseHeaders = new PreparedHeaders([[":status", "200"]]);
export const trailers = new PreparedHeaders([["grpc-status", "0"]]);
export const NOTHING = new Uint8Array(0);

/** Gathers what comes and consumes it. */
export class Gathering implements StreamReceiver {
  readonly lists: HeaderList[] = [];
  readonly parts: Uint8Array[] = [];
  stream: Http2Stream | undefined;
  endStream = false;
  drains = 0;
  closings = 0;
  readonly ended: Promise<Http2Error | undefined>;
  #resolve!: (error: Http2Error | undefined) => void;

  constructor() {
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  get body(): Buffer {
    return Buffer.concat(this.parts);
  }

  headers(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    this.stream = stream;
    this.lists.push(headers);
    this.endStream ||= endStream;
  }

  data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    this.stream = stream;
    this.parts.push(bytes);
    this.endStream ||= endStream;
    stream.consume(bytes.length);
  }

  drained(_stream: Http2Stream): void {
    this.drains++;
  }

  closed(_stream: Http2Stream, error: Http2Error | undefined): void {
    this.closings++;
    this.#resolve(error);
  }
}

/** Answers with what came, when all of it has. */
export class Echo extends Gathering {
  override headers(stream: Http2Stream, headers: HeaderList, endStream: boolean): void {
    super.headers(stream, headers, endStream);
    if (endStream) stream.respond(responseHeaders, NOTHING, this.body, trailers);
  }

  override data(stream: Http2Stream, bytes: Uint8Array, endStream: boolean): void {
    super.data(stream, bytes, endStream);
    if (endStream) stream.respond(responseHeaders, NOTHING, this.body, trailers);
  }
}

export const echo: OnStream = (stream, _headers, endStream) => {
  if (endStream) stream.respond(responseHeaders, NOTHING, NOTHING, trailers);
  return new Echo();
};

/** A listener on a fresh port, and what it made of its connections. */
async function listen(accept: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    accept(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(async () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
    await once(listener, "close");
  });
  return (listener.address() as AddressInfo).port;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

export interface Pair {
  readonly client: Http2ClientConnection;
  readonly server: Http2ServerConnection;
}

/** Ours on both ends. */
export async function connectPair(
  onStream: OnStream,
  options: { server?: Http2ServerOptions; client?: Http2ClientOptions; events?: Http2ClientEvents } = {},
): Promise<Pair> {
  const accepted = Promise.withResolvers<Http2ServerConnection>();
  const port = await listen((socket) => accepted.resolve(acceptHttp2(socket, options.server ?? {}, onStream)));
  const client = connectHttp2(await dial(port), options.client ?? {}, options.events ?? {});
  return { client, server: await accepted.promise };
}

/** Our server, and frames by hand. */
export async function rawToServer(
  onStream: OnStream = echo,
  options: Http2ServerOptions = {},
  peerOptions: RawPeerOptions = {},
): Promise<{ peer: RawPeer; server: Http2ServerConnection }> {
  const accepted = Promise.withResolvers<Http2ServerConnection>();
  const port = await listen((socket) => accepted.resolve(acceptHttp2(socket, options, onStream)));
  const peer = await rawClient(port, peerOptions);
  onTestFinished(() => peer.destroy());
  return { peer, server: await accepted.promise };
}

/** Our client, and frames by hand. */
export async function clientToRaw(
  options: Http2ClientOptions = {},
  events: Http2ClientEvents = {},
  peerOptions: RawPeerOptions = {},
): Promise<{ client: Http2ClientConnection; peer: RawPeer }> {
  const accepted = Promise.withResolvers<RawPeer>();
  const port = await listen((socket) => accepted.resolve(new RawPeer(socket, { ...peerOptions, role: "server" })));
  const client = connectHttp2(await dial(port), options, events);
  return { client, peer: await accepted.promise };
}
