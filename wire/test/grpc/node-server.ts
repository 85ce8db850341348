import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http2";
import type {
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
  ServerOptions,
} from "node:http2";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { connect } from "@trilby/wire/grpc";
import type { Channel, ConnectOptions } from "@trilby/wire/grpc";

export interface NodePeer {
  readonly path: string;
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
  readonly channel: Channel;
}

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, sessionNumber: number) => void;

/** A channel to a server that is nothing but node:http2, so that a test can answer in any way, right or wrong. */
export async function nodePeer(
  onStream: OnStream,
  options: { server?: ServerOptions; client?: ConnectOptions } = {},
): Promise<NodePeer> {
  const path = socketPath();
  const server = createServer(options.server ?? {});
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => {
    const number = sessions.push(session);
    session.on("error", () => undefined);
    session.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      onStream(stream, headers, number);
    });
  });
  server.listen(path);
  await once(server, "listening");
  const channel = connect({ path }, options.client);
  onTestFinished(() => {
    channel.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { path, server, sessions, channel };
}

export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "trilby-wire-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "rpc.sock");
}

export const grpcHeaders = { ":status": 200, "content-type": "application/grpc" };

/** Answers with messages and trailers. */
export function answer(
  stream: ServerHttp2Stream,
  messages: readonly Uint8Array[],
  trailers: Record<string, string> = { "grpc-status": "0" },
  headers: Record<string, string | number> = grpcHeaders,
): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(Buffer.concat(messages.map((message) => framed(message))));
}

export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}

/** All bytes that the client sends on the stream. */
export async function received(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (message: Uint8Array): string => new TextDecoder().decode(message);
