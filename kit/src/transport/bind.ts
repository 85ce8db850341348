import type { Server } from "node:net";
import type { ListenAddress } from "./server.ts";
import { listenOnUnixSocket } from "./unix-socket.ts";

/** Resolves when the server listens; rejects when it cannot. */
export function bind(server: Server, address: ListenAddress): Promise<void> {
  if ("path" in address) return listenOnUnixSocket(server, address.path);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address.host, port: address.port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
