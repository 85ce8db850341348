import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { claimPort } from "@trilby/services";

const quietMs = 60_000;

/** An application that takes numbered messages and keeps account of them. */
export interface CountingApp {
  readonly port: number;
  /** Messages that were answered with 200. */
  readonly taken: ReadonlySet<number>;
  deliveries: number;
  duplicates: number;
  refused: number;
  /** Resolves when all of them were taken, or when nothing has come for so long that nothing will. */
  hasSeen(numbers: ReadonlySet<number>): Promise<void>;
  /** Every connection breaks, answers on their way included, and the port is closed. */
  crash(): void;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Of so many messages it refuses one, the first time that it comes. */
export async function startCountingApp(refusedOf: number): Promise<CountingApp> {
  const taken = new Set<number>();
  const refused = new Set<number>();
  let lastAt = performance.now();
  const handle: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url !== "/orders") return void response.writeHead(404).end();
      const body = JSON.parse(Buffer.concat(parts).toString()) as { number: number } & { data?: { number: number } };
      // A message comes in an envelope, an event of a binding as it is.
      const { number } = body.data ?? body;
      lastAt = performance.now();
      app.deliveries++;
      if (number % refusedOf === 0 && !refused.has(number)) {
        refused.add(number);
        app.refused++;
        return void response.writeHead(500).end();
      }
      if (taken.has(number)) app.duplicates++;
      taken.add(number);
      response.writeHead(200).end();
    });
  };
  const claim = await claimPort();
  let server: Server;
  const app: CountingApp = {
    port: claim.port,
    taken,
    deliveries: 0,
    duplicates: 0,
    refused: 0,
    async hasSeen(numbers) {
      const isOver = (): boolean => [...numbers].every((number) => taken.has(number));
      while (!isOver() && performance.now() - lastAt < quietMs) await delay(100);
    },
    crash() {
      server.close();
      server.closeAllConnections();
    },
    async restart() {
      server = createServer(handle).listen(claim.port, "127.0.0.1");
      await once(server, "listening");
    },
    async close() {
      app.crash();
      await once(server, "close");
      claim.release();
    },
  };
  await app.restart();
  return app;
}
