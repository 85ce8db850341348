import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { ListenAddress } from "./rpc-server.ts";

/** Resolves when connections are taken. Rejects when the address cannot be bound. */
export async function listen(
  address: ListenAddress,
  bind: (server: Server, address: ListenAddress) => Promise<void>,
  accept: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer({ noDelay: true }, accept);
  await bind(server, address);
  // Errors of accept(), such as too many open files: the next connection may succeed.
  server.on("error", () => undefined);
  return server;
}

export function bindPlainly(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen("path" in address ? { path: address.path } : { host: address.host, port: address.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Where it really listens. */
export function boundAddress(server: Server, asked: ListenAddress): ListenAddress {
  const bound = server.address();
  return bound !== null && typeof bound === "object" ? { host: bound.address, port: bound.port } : asked;
}
