import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { until, type Verdicts } from "@trilby/interop-judging";
import { host, item, ping, request, save } from "./hostile/case.ts";
import { judgeByHttp2 } from "./pressure/http2.ts";
import { judgeByMixture } from "./pressure/mixture.ts";
import { judgeBySlowClients } from "./pressure/slow.ts";
import { judgeByStopping } from "./pressure/stopping.ts";
import { connectRaw, type RawConnection } from "./raw/connection.ts";
import { type Judged, startJudged } from "./trilbyd.ts";

/** Clients that are slow, many, gone, or do not read: the others are served, memory is bounded, and nothing is left behind. */
export async function judgeByPressure(verdicts: Verdicts): Promise<void> {
  const judged = await startJudged();
  const { check, note } = verdicts;
  const good = request(ping, [host]);
  const saving = request(save, [host, `Content-Length: ${item.length}`], item);
  try {
    await put(judged, "large", "x".repeat(1_000_000));
    for (let at = 0; at < 100; at++) await put(judged, `key-${at}`, `value-${at}`);
    const descriptors = judged.descriptors();
    const residentMb = judged.residentMb();
    // These take their time, beside all others.
    const slow = judgeBySlowClients(judged, verdicts);

    await check("10,000 requests sent at once are answered, in their order", async () => {
      const connection = await connectRaw(judged);
      const keys = Array.from({ length: 10_000 }, (_, at) => (at * 7) % 100);
      connection.send(keys.map((at) => request(`GET /v1.0/state/store/key-${at} HTTP/1.1`, [host])).join(""));
      connection.finish();
      await connection.ended(30_000);
      const { answers, rest } = connection.received();
      equal(rest.length, 0);
      deepEqual(
        answers.map(({ status, body }) => `${status} ${body.toString()}`),
        keys.map((at) => `200 "value-${at}"`),
      );
    });
    for (const [name, text, statuses] of [
      ["a request without a body", good, [204]],
      ["a request with a body", saving, [204]],
      [
        "a body in chunks",
        request(
          save,
          [host, "Transfer-Encoding: chunked"],
          `5;a=b\r\n${item.slice(0, 5)}\r\n18\r\n${item.slice(5)}\r\n0\r\nX: 1\r\n\r\n`,
        ),
        [204],
      ],
      ["three requests", good + saving + good, [204, 204, 204]],
      ["a request that is refused", request(ping), [400]],
      ["HTTP/1.0", request("GET /v1.0/healthz HTTP/1.0"), [204]],
    ] as const) {
      await check(`${name}, byte by byte`, async () => {
        const connection = await connectRaw(judged);
        for (const character of text) {
          connection.send(character);
          await new Promise(setImmediate);
        }
        const answers = await connection.answers(statuses.length);
        deepEqual(
          answers.map(({ status }) => status),
          statuses,
        );
        connection.close();
      });
      await check(`${name}, cut in two at every place`, async () => {
        const places = Array.from({ length: text.length - 1 }, (_, at) => at + 1);
        await inTurns(places, 16, async (at) => {
          const connection = await connectRaw(judged);
          connection.send(text.slice(0, at));
          await sleep(2);
          connection.send(text.slice(at));
          const answers = await connection.answers(statuses.length);
          deepEqual(
            answers.map(({ status }) => status),
            statuses,
            `cut at ${at}`,
          );
          connection.close();
        });
      });
      await check(`${name}, reset and ended at every place`, async () => {
        const places = Array.from({ length: text.length }, (_, at) => at + 1);
        await inTurns(places, 16, async (at) => {
          for (const how of ["reset", "close", "finish"] as const) {
            const connection = await connectRaw(judged);
            connection.send(text.slice(0, at));
            await new Promise(setImmediate);
            connection[how]();
            if (how === "finish") await connection.ended();
          }
        });
      });
    }
    await check("reset while the answer is sent", () =>
      inTurns(
        Array.from({ length: 50 }, (_, at) => at),
        8,
        async () => {
          const connection = await connectRaw(judged);
          connection.send(request("GET /v1.0/state/store/large HTTP/1.1", [host]).repeat(5));
          await new Promise((resolve) => connection.socket.once("data", resolve));
          connection.reset();
        },
      ),
    );
    await check("1,000 connections come and go", () =>
      inTurns(
        Array.from({ length: 1_000 }, (_, at) => at),
        50,
        async (at) => {
          const connection = await connectRaw(judged);
          if (at % 2 === 0) {
            connection.send(good);
            equal((await connection.answers(1))[0]?.status, 204);
          }
          connection.close();
        },
      ),
    );
    await check("1,000 connections at a time, each with a request and half of another", async () => {
      const all: RawConnection[] = [];
      try {
        await inTurns(
          Array.from({ length: 1_000 }, (_, at) => at),
          50,
          async () => {
            all.push(await connectRaw(judged));
          },
        );
        for (const each of all) each.send(good + good.slice(0, 20));
        for (const each of all) equal((await each.answers(1))[0]?.status, 204);
        for (const each of all) each.send(good.slice(20));
        for (const each of all) equal((await each.answers(2))[1]?.status, 204);
        note(`1,000 connections: ${(judged.residentMb() - residentMb).toFixed(0)} MB more`);
      } finally {
        for (const each of all) each.close();
      }
    });
    await check("a client that never reads: memory is bounded, and others are served", async () => {
      const before = judged.residentMb();
      const all = await Promise.all(Array.from({ length: 20 }, () => connectRaw(judged)));
      try {
        for (const each of all) {
          each.socket.pause();
          // 200 MB of answers on each.
          each.send(request("GET /v1.0/state/store/large HTTP/1.1", [host]).repeat(200));
        }
        await sleep(1_000);
        equal((await fetch(`${judged.url}/v1.0/state/store/key-1`)).status, 200);
        const more = judged.residentMb() - before;
        note(`20 clients that never read, 4 GB asked for: ${more.toFixed(0)} MB more`);
        ok(more < 300, `${more.toFixed(0)} MB more`);
      } finally {
        for (const each of all) each.close();
      }
    });
    await check("bodies that never end: no more is kept than a request may have", async () => {
      const before = judged.residentMb();
      const block = Buffer.alloc(65_536, "x");
      const all = await Promise.all(Array.from({ length: 4 }, () => connectRaw(judged)));
      try {
        for (const each of all) each.send(request(save, [host, "Transfer-Encoding: chunked"], ""));
        // 32 MB on each, where 4 are allowed.
        for (let sent = 0; sent < 512; sent++) {
          for (const each of all) {
            if (each.socket.destroyed || !each.socket.writable) continue;
            each.send("10000\r\n");
            if (!each.socket.write(block))
              await Promise.race([new Promise((resolve) => each.socket.once("drain", resolve)), sleep(500)]);
            each.send("\r\n");
          }
        }
        const more = judged.residentMb() - before;
        note(`4 bodies of 32 MB: ${more.toFixed(0)} MB more`);
        ok(more < 250, `${more.toFixed(0)} MB more`);
        for (const each of all) each.finish();
        for (const each of all) {
          await each.ended();
          ok(each.received().answers.every(({ status }) => status === 400 || status === 413));
        }
      } finally {
        for (const each of all) each.close();
      }
    });
    await check("4 bodies of 3 MB in chunks of one byte, at once: memory is bounded", async () => {
      const before = judged.residentMb();
      const body = `[{"key":"tiny","value":"${"x".repeat(3_000_000)}"}]`.replace(/./g, "1\r\n$&\r\n");
      const all = await Promise.all(Array.from({ length: 4 }, () => connectRaw(judged)));
      try {
        for (const each of all) each.send(request(save, [host, "Transfer-Encoding: chunked"], `${body}0\r\n\r\n`));
        for (const each of all) equal((await each.answers(1, 30_000))[0]?.status, 204);
        const more = judged.residentMb() - before;
        note(`4 bodies of 3 MB in chunks of one byte: ${more.toFixed(0)} MB more`);
        ok(more < 200, `${more.toFixed(0)} MB more`);
      } finally {
        for (const each of all) each.close();
      }
    });
    await judgeByMixture(judged, verdicts);
    await judgeByHttp2(verdicts, judged);
    await slow;
    await check("after all of them: no connection is left, nothing ended it, memory is bounded", async () => {
      await until("no more connections", () => judged.descriptors() <= descriptors + 5).catch(() => {
        throw new Error(`${descriptors} descriptors before, now ${judged.descriptors()}`);
      });
      equal(judged.ended(), undefined);
      equal((await fetch(`${judged.url}/v1.0/state/store/key-1`)).status, 200);
      ok(judged.peakMb() < 600, `${judged.peakMb()} MB at most`);
    });
    note(
      `trilbyd: ${residentMb.toFixed(0)} MB before, ${judged.residentMb().toFixed(0)} MB after, ${judged.peakMb().toFixed(0)} MB at most`,
    );
    if (/uncaught|unhandled/i.test(judged.log())) verdicts.fail("nothing uncaught in the log", judged.log());
  } finally {
    await judged.stop();
  }
  await judgeByStopping(verdicts);
}

async function put({ url }: Judged, key: string, value: string): Promise<void> {
  const response = await fetch(`${url}/v1.0/state/store`, { method: "POST", body: JSON.stringify([{ key, value }]) });
  equal(response.status, 204);
}

async function inTurns<T>(list: readonly T[], atOnce: number, run: (each: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < list.length) await run(list[next++]!);
    }),
  );
}
