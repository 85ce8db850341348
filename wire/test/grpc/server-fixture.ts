import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Metadata, credentials } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { createServer } from "../../src/grpc/server/create-server.ts";
import type { RpcServer } from "../../src/grpc/server/rpc-server.ts";
import type { ServerOptions } from "../../src/grpc/server/server-options.ts";

export const text = (value: string): Buffer => Buffer.from(value);

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "trilby-wire-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Ours on a fresh unix socket. */
export async function serve(
  register: (server: RpcServer) => void,
  options: ServerOptions = {},
): Promise<{ server: RpcServer; path: string }> {
  const server = createServer(options);
  register(server);
  const path = join(await temporaryFolder(), "wire.sock");
  await server.listen({ path });
  onTestFinished(() => server.close(0));
  return { server, path };
}

export function echo(server: RpcServer): void {
  server.unary("/test.Echo/Unary", (request) => request);
  server.unary("/test.Echo/Later", async (request) => {
    await new Promise(setImmediate);
    return request;
  });
  server.stream("/test.Echo/Stream", async (stream) => {
    for await (const message of stream.messages) await stream.send(message);
  });
}

const same = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export interface Answer {
  readonly response: Buffer | undefined;
  readonly error: ServiceError | undefined;
  readonly headers: Metadata | undefined;
  readonly trailers: Metadata | undefined;
}

/** @grpc/grpc-js as the client. */
export class GrpcJs {
  readonly client: Client;

  constructor(path: string, options: Record<string, number | string> = {}) {
    this.client = new Client(`unix:${path}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
      ...options,
    });
    onTestFinished(() => this.client.close());
  }

  unary(
    path: string,
    request: Uint8Array,
    { metadata = {}, deadlineMs }: { metadata?: Record<string, string | Buffer>; deadlineMs?: number } = {},
  ): Promise<Answer> {
    const given = new Metadata();
    for (const [name, value] of Object.entries(metadata)) given.add(name, value);
    return new Promise((resolve) => {
      let headers: Metadata | undefined;
      let trailers: Metadata | undefined;
      let answer: Pick<Answer, "response" | "error"> | undefined;
      const done = (): void => {
        if (answer !== undefined && trailers !== undefined) resolve({ ...answer, headers, trailers });
      };
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      this.client
        .makeUnaryRequest(path, same, same, request, given, options, (error, response) => {
          answer = { error: error ?? undefined, response };
          done();
        })
        .on("metadata", (received: Metadata) => (headers = received))
        .on("status", (status: { metadata: Metadata }) => {
          trailers = status.metadata;
          done();
        });
    });
  }

  stream(path: string, metadata = new Metadata()) {
    return this.client.makeBidiStreamRequest(path, same, same, metadata);
  }
}

/** node:http2 as the client. */
export function rawSession(path: string): ClientHttp2Session {
  const session = connectHttp2("http://localhost", {
    createConnection: () => connectSocket({ path }),
    // Megabytes that wait to be sent; beyond, Node itself closes streams.
    maxSessionMemory: 2000,
  });
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

export interface RawAnswer {
  readonly headers: Record<string, string | string[] | number | undefined>;
  readonly trailers: Record<string, string | string[] | number | undefined>;
  readonly body: Buffer;
  readonly resetCode: number;
}

/** Sends what it is told, whatever it is, and waits for the end of the stream. */
export function raw(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  write?: (stream: ClientHttp2Stream) => void,
): Promise<RawAnswer> {
  const stream = session.request(
    { ":method": "POST", ":path": "/test.Echo/Unary", "content-type": "application/grpc", te: "trailers", ...headers },
    { endStream: write === undefined },
  );
  const chunks: Buffer[] = [];
  let received: RawAnswer["headers"] = {};
  let trailers: RawAnswer["headers"] = {};
  stream.on("response", (each) => (received = { ...each } as RawAnswer["headers"]));
  stream.on("trailers", (each) => (trailers = { ...each } as RawAnswer["headers"]));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => undefined);
  write?.(stream);
  return new Promise((resolve) => {
    stream.on("close", () =>
      resolve({ headers: received, trailers, body: Buffer.concat(chunks), resetCode: stream.rstCode }),
    );
  });
}

export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}
