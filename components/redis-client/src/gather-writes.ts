import type { Socket } from "node:net";
import type { Cluster, Redis } from "ioredis";

/**
 * Sends the commands of one turn of the event loop with one write to the socket. The library writes each command by
 * itself, and that system call is most of what a command costs: at 64 calls side by side this more than doubles their rate.
 */
export function gatherWrites(client: Redis | Cluster): void {
  if (client.isCluster) client.on("+node", (node: Redis) => gatherWritesOfNode(node));
  else gatherWritesOfNode(client as Redis);
}

function gatherWritesOfNode(node: Redis): void {
  node.on("connect", () => corkEachTurn((node as unknown as { stream: Socket }).stream));
}

function corkEachTurn(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let corked = false;
  const uncork = () => {
    corked = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]) => {
    if (!corked) {
      corked = true;
      socket.cork();
      setImmediate(uncork);
    }
    return write(...args);
  };
}
