import { equal, ok } from "node:assert/strict";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdicts } from "@trilby/interop-judging";
import type { Judged } from "../trilbyd.ts";

type Send = (method: string, path: string, body?: string | Readable) => Promise<{ status: number; text: string }>;

const sizes = [1, 1_000, 64_000, 1_000_000, 4_000_000];

/** node:http with and without an agent, and Node's fetch, which is undici. */
export async function judgeByNode({ check }: Verdicts, { url }: Judged): Promise<void> {
  const sockets = new Set<Socket>();
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const byHttp =
    (options: { agent: Agent | false }): Send =>
    (method, path, body) =>
      new Promise((resolve, reject) => {
        const call: ClientRequest = request(`${url}${path}`, { method, ...options }, (response: IncomingMessage) => {
          sockets.add(response.socket);
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() }));
          response.on("error", reject);
        });
        call.on("error", reject);
        if (body instanceof Readable) body.pipe(call);
        else call.end(body);
      });
  const byFetch: Send = async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body !== undefined && {
        body: body instanceof Readable ? (Readable.toWeb(body) as ReadableStream<Uint8Array>) : body,
        duplex: "half",
      }),
    });
    return { status: response.status, text: await response.text() };
  };

  try {
    for (const [name, send] of [
      ["node:http with an agent", byHttp({ agent })],
      ["node:http without", byHttp({ agent: false })],
      ["fetch", byFetch],
    ] as const) {
      for (const size of sizes)
        await check(`${name}: a value of ${size} bytes goes and comes back`, () => roundTrip(send, size, item(size)));
      await check(`${name}: a body of unknown length`, () =>
        roundTrip(send, 100_000, Readable.from(item(100_000).match(/.{1,7000}/gs)!)),
      );
      await check(`${name}: HEAD, OPTIONS, 204 and 404`, async () => {
        ok((await send("HEAD", "/v1.0/metadata")).status < 500);
        ok((await send("OPTIONS", "/v1.0/metadata")).status < 500);
        equal((await send("GET", "/v1.0/healthz")).status, 204);
        equal((await send("GET", "/none")).status, 404);
      });
      await check(`${name}: a body that is too large is refused, and the refusal is seen`, async () => {
        const { status } = await send("POST", "/v1.0/state/store", item(8_000_000));
        ok(status === 400 || status === 413, `status ${status}`);
      });
      await check(`${name}: 32 at once, 640 in all`, async () => {
        const all = Array.from({ length: 640 }, () => send("GET", "/v1.0/state/store/node-1000"));
        for (const { status, text } of await Promise.all(all)) equal(`${status} ${text.length}`, "200 1002");
      });
    }
    await check("node:http: 100 requests on one connection, with pauses", async () => {
      const send = byHttp({ agent });
      await send("GET", "/v1.0/healthz");
      sockets.clear();
      for (let at = 0; at < 100; at++) {
        equal((await send("GET", "/v1.0/state/store/node-1000")).status, 200);
        if (at % 25 === 0) await sleep(100);
      }
      equal(sockets.size, 1);
    });
    await check("node:http: Expect: 100-continue", async () => {
      const body = item(100_000);
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const headers = { Expect: "100-continue", "Content-Length": body.length };
      const call = request(`${url}/v1.0/state/store`, { method: "POST", headers, agent });
      call.on("continue", () => call.end(body));
      call.on("response", (response) => resolve(response.resume().statusCode!));
      call.on("error", reject);
      call.flushHeaders();
      equal(await promise, 204);
    });
  } finally {
    agent.destroy();
  }
}

const item = (size: number): string => `[{"key":"node-${size}","value":"${"x".repeat(size)}"}]`;

async function roundTrip(send: Send, size: number, body: string | Readable): Promise<void> {
  equal((await send("POST", "/v1.0/state/store", body)).status, 204);
  const { status, text } = await send("GET", `/v1.0/state/store/node-${size}`);
  equal(status, 200);
  ok(text === `"${"x".repeat(size)}"`, `${text.length} other characters came back`);
}
