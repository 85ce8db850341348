import type { Socket } from "node:net";
import type { Cluster, Redis } from "ioredis";

/**
 * Ends a connection on which commands wait and nothing has come for so long, or for half as long again: it may be dead, and a new
 * one is not. The library has an option for that, which sets a timer and a listener at every chunk: 3 % of what a command costs.
 */
export function hangUpOnSilence(client: Redis | Cluster, timeoutMs: number): void {
  if (client.isCluster) client.on("+node", (node: Redis) => watchNode(node, timeoutMs));
  else watchNode(client as Redis, timeoutMs);
}

interface Internals {
  readonly stream: Socket;
  /** Commands that were sent and not answered. */
  readonly commandQueue: { readonly length: number };
}

function watchNode(node: Redis, timeoutMs: number): void {
  const internals = node as unknown as Internals;
  node.on("connect", () => {
    const { stream } = internals;
    let chunks = 0;
    let chunksBefore = 0;
    let silentSince = performance.now();
    const look = (): void => {
      const now = performance.now();
      if (chunks !== chunksBefore || internals.commandQueue.length === 0) {
        chunksBefore = chunks;
        silentSince = now;
      } else if (now - silentSince >= timeoutMs) {
        // What has come while this process itself stood still is read first.
        setImmediate(() => {
          if (chunks === chunksBefore) stream.destroy(new Error(`Redis did not answer for ${timeoutMs} ms`));
        });
      }
    };
    const timer = setInterval(look, timeoutMs / 4).unref();
    stream.on("data", () => chunks++);
    stream.once("close", () => clearInterval(timer));
  });
}
