import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface ScriptedServer {
  readonly host: string;
  readonly port: number;
  /** Connections that were made. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/** A server that does to each connection whatever `script` says. */
export async function startScripted(script: (socket: Socket, connection: number) => void): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    script(socket, accepted++);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Calls back for each whole request without a body, with its path. */
export function onRequests(socket: Socket, answer: (path: string) => void): void {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const [, path = ""] = text.split(" ", 2);
      text = text.slice(end + 4);
      answer(path);
    }
  });
}
