import { equal, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdicts } from "@trilby/interop-judging";
import { host, item, ping, request, save } from "../hostile/case.ts";
import { connectRaw, type RawConnection } from "../raw/connection.ts";
import type { Judged } from "../trilbyd.ts";

/** A head may take ten seconds, as a whole; a body as long as it comes. */
export async function judgeBySlowClients(judged: Judged, { check }: Verdicts): Promise<void> {
  const drip = async (connection: RawConnection, text: string, everyMs: number): Promise<void> => {
    for (const character of text) {
      if (connection.socket.destroyed || !connection.socket.writable) return;
      connection.send(character);
      await sleep(everyMs);
    }
  };
  const timed = async (run: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await run();
    return (performance.now() - started) / 1_000;
  };
  const inTime = (seconds: number): void => ok(seconds > 8 && seconds < 16, `ended after ${seconds.toFixed(1)} s`);
  await Promise.all([
    check("slow: a connection that says nothing is ended after ten seconds", async () => {
      const connection = await connectRaw(judged);
      inTime(await timed(() => connection.ended(20_000)));
      equal(connection.received().answers.length, 0);
    }),
    check("slow: a head of a byte a second is ended after ten seconds, not later", async () => {
      const connection = await connectRaw(judged);
      const dripping = drip(connection, request(ping, [host, `X: ${"a".repeat(30)}`]), 500);
      inTime(await timed(() => connection.ended(20_000)));
      ok(connection.received().answers.every(({ status }) => status === 408 || status === 400));
      connection.close();
      await dripping;
    }),
    check("slow: fields of a line a second are ended after ten seconds, not later", async () => {
      const connection = await connectRaw(judged);
      connection.send(`${ping}\r\n${host}\r\n`);
      const dripping = (async () => {
        for (let at = 0; at < 30 && connection.socket.writable; at++) {
          connection.send(`X-${at}: ${at}\r\n`);
          await sleep(500);
        }
      })();
      inTime(await timed(() => connection.ended(20_000)));
      connection.close();
      await dripping;
    }),
    check("slow: half of the second head is ended after ten seconds, the first is answered", async () => {
      const connection = await connectRaw(judged);
      connection.send(request(ping, [host]) + ping);
      equal((await connection.answers(1))[0]?.status, 204);
      inTime(await timed(() => connection.ended(20_000)));
    }),
    check("slow: a body of twelve seconds is taken", async () => {
      const connection = await connectRaw(judged);
      connection.send(request(save, [host, `Content-Length: ${item.length}`]));
      await drip(connection, item, 12_000 / item.length);
      equal((await connection.answers(1))[0]?.status, 204);
      connection.close();
    }),
    check("slow: an idle connection is served after twelve seconds", async () => {
      const connection = await connectRaw(judged);
      connection.send(request(ping, [host]));
      await connection.answers(1);
      await sleep(12_000);
      connection.send(request(ping, [host]));
      equal((await connection.answers(2))[1]?.status, 204);
      connection.close();
    }),
  ]);
}
