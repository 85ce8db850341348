import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdicts } from "@trilby/interop-judging";
import { host, item, ping, request, save } from "../hostile/case.ts";
import { connectRaw } from "../raw/connection.ts";
import { startJudged } from "../trilbyd.ts";

/** SIGTERM with connections in every state. */
export async function judgeByStopping({ check }: Verdicts): Promise<void> {
  await check("stopped: what is under way is answered, what is idle is ended, and the process ends", async () => {
    const judged = await startJudged();
    const good = request(ping, [host]);
    const [idle, fresh, half, body, chunked, deaf] = await Promise.all(
      Array.from({ length: 6 }, () => connectRaw(judged)),
    );
    idle!.send(good);
    await idle!.answers(1);
    half!.send(good + good.slice(0, 30));
    await half!.answers(1);
    body!.send(request(save, [host, `Content-Length: ${item.length}`], item.slice(0, 5)));
    chunked!.send(request(save, [host, "Transfer-Encoding: chunked"], `5\r\n${item.slice(0, 5)}`));
    deaf!.socket.pause();
    deaf!.send(good.repeat(100));
    await sleep(200);
    const started = performance.now();
    const stopped = judged.stop();
    equal(await idle!.ended(), "closed");
    equal(await fresh!.ended(), "closed");
    body!.send(item.slice(5));
    chunked!.send(`\r\n${(item.length - 5).toString(16)}\r\n${item.slice(5)}\r\n0\r\n\r\n`);
    for (const each of [body!, chunked!]) {
      const [answer] = await each.answers(1);
      equal(answer?.status, 204);
      deepEqual(
        answer.fields.filter(([name]) => name === "connection"),
        [["connection", "close"]],
      );
      equal(await each.ended(), "closed");
    }
    deaf!.socket.resume();
    half!.close();
    await stopped;
    const seconds = (performance.now() - started) / 1_000;
    equal(judged.ended(), "0");
    ok(seconds < 8, `it took ${seconds.toFixed(1)} s`);
    for (const each of [idle!, fresh!, half!, body!, chunked!, deaf!]) each.close();
  });
}
