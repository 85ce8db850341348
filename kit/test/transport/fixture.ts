import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished } from "vitest";
import { grpcJs, wire } from "@trilby/kit/transport";
import type { Channel, ConnectOptions, RpcServer, ServerOptions, Transport } from "@trilby/kit/transport";

export interface Pair {
  readonly path: string;
  readonly server: RpcServer;
  readonly channel: Channel;
}

/** One transport's client and one transport's server, which have to behave as any other two. */
export interface Pairing extends Transport {
  /** What `TRILBY_TRANSPORT` says in a process that serves. */
  readonly serverName: string;
  /** A server on a fresh unix socket, and a channel to it. Both close when the test ends. */
  pair(
    register: (server: RpcServer) => void,
    options?: { server?: ServerOptions; client?: ConnectOptions },
  ): Promise<Pair>;
}

/** Runs the tests with every client against every server. */
export function overEveryPairing(define: (pairing: Pairing) => void): void {
  for (const [clientName, { connect }] of transports) {
    for (const [serverName, { createServer }] of transports) {
      const pairing: Pairing = {
        connect,
        createServer,
        serverName,
        async pair(register, options = {}) {
          const path = join(await temporaryFolder(), "rpc.sock");
          const server = await createServer(options.server);
          register(server);
          await server.listen({ path });
          const channel = await connect({ path }, options.client);
          onTestFinished(async () => {
            channel.close();
            await server.close(0);
          });
          return { path, server, channel };
        },
      };
      describe(`${clientName} to ${serverName}`, () => {
        define(pairing);
      });
    }
  }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "trilby-kit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const string = (value: Uint8Array): string => new TextDecoder().decode(value);

export function echo(server: RpcServer): void {
  server.unary("/test.Echo/Unary", (request) => request);
  server.stream("/test.Echo/Stream", async (stream) => {
    for await (const message of stream.messages) await stream.send(message);
  });
}

const transports: ReadonlyMap<string, Transport> = new Map([
  ["wire", wire],
  ["grpc-js", grpcJs],
]);
