import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { connect, createServer } from "@trilby/kit/transport";
import type { Channel, ConnectOptions, RpcServer, ServerOptions } from "@trilby/kit/transport";

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "trilby-kit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Pair {
  readonly path: string;
  readonly server: RpcServer;
  readonly channel: Channel;
}

/** A server on a fresh unix socket, and a channel to it. Both close when the test ends. */
export async function pair(
  register: (server: RpcServer) => void,
  options: { server?: ServerOptions; client?: ConnectOptions } = {},
): Promise<Pair> {
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
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const string = (value: Uint8Array): string => new TextDecoder().decode(value);

export function echo(server: RpcServer): void {
  server.unary("/test.Echo/Unary", (request) => request);
  server.stream("/test.Echo/Stream", async (stream) => {
    for await (const message of stream.messages) await stream.send(message);
  });
}
