import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What an application got: an event or a message, on a path of its own. */
export interface Delivery {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface App {
  readonly port: number;
  readonly deliveries: readonly Delivery[];
  /** The next so many deliveries on a path are answered with 500. */
  refuse(path: string, times: number): void;
  stop(): Promise<void>;
}

export interface Subscription {
  readonly pubsubname: string;
  readonly topic: string;
  readonly route: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An application over HTTP that keeps what it gets, subscribes to topics, and takes input bindings on any path. */
export async function startApp(subscriptions: readonly Subscription[] = []): Promise<App> {
  const deliveries: Delivery[] = [];
  const refusals = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? "";
    if (request.method === "GET") {
      const known = path === "/dapr/subscribe" ? JSON.stringify(subscriptions) : undefined;
      response.writeHead(known === undefined ? 404 : 200, { "content-type": "application/json" }).end(known);
      return;
    }
    // Asked whether it takes a binding's events.
    if (request.method === "OPTIONS") {
      response.writeHead(200).end();
      return;
    }
    deliveries.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() });
    const left = refusals.get(path) ?? 0;
    refusals.set(path, left - 1);
    response.writeHead(left > 0 ? 500 : 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    deliveries,
    refuse: (path, times) => void refusals.set(path, times),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
