import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { claimPort } from "@trilby/services";

import { createTally, type Tally } from "./tally.ts";

/** An application that takes numbered messages and keeps account of them. */
export interface CountingApp {
  readonly tally: Tally;
  /** Every connection breaks, answers on their way included, and nobody is there. */
  crash(): void;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** One that is called at its port: with one message, or with many. */
export async function startCountingApp(refusedOf: number): Promise<CountingApp & { readonly port: number }> {
  const tally = createTally(refusedOf);
  const handle: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url !== "/orders") return void response.writeHead(404).end();
      const body = JSON.parse(Buffer.concat(parts).toString()) as Message | Batch;
      if (!("entries" in body)) return void response.writeHead(tally.take(numberOf(body)) ? 200 : 500).end();
      const statuses = body.entries.map(({ entryId, event }) => ({
        entryId,
        status: tally.take(numberOf(event)) ? "SUCCESS" : "RETRY",
      }));
      response.end(JSON.stringify({ statuses }));
    });
  };
  const claim = await claimPort();
  let server: Server;
  const app = {
    port: claim.port,
    tally,
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

/** A message comes in an envelope, an event of a binding as it is. */
interface Message {
  readonly number?: number;
  readonly data?: { readonly number: number };
}

interface Batch {
  readonly entries: readonly { readonly entryId: string; readonly event: Message }[];
}

function numberOf(message: Message): number {
  return message.data?.number ?? message.number!;
}
