import { equal } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdicts } from "@trilby/interop-judging";
import { createRandom, type Random } from "../differential/random.ts";
import { host, request } from "../hostile/case.ts";
import { connectRaw } from "../raw/connection.ts";
import type { Judged } from "../trilbyd.ts";

interface Step {
  readonly method: string;
  readonly text: string;
  /** Status and body of its answer. */
  readonly answer: string;
}

/** Good requests of all kinds, many on a connection, in pieces that end anywhere: each answer is what the ones before have made of the store. */
export async function judgeByMixture(judged: Judged, { check }: Verdicts): Promise<void> {
  for (const [name, pieceBytes, pauses] of [
    ["in pieces of some bytes", 40, false],
    ["in pieces of up to 2 KB, with pauses", 2_000, true],
    ["in pieces of up to 100 KB", 100_000, false],
  ] as const) {
    await check(`12 connections with 200 good requests of all kinds each, ${name}: every answer is right`, async () => {
      const connections = Array.from({ length: 12 }, (_, at) => at);
      await Promise.all(
        connections.map(async (at) => {
          const random = createRandom(at * 1_000 + pieceBytes);
          const steps = makeSteps(random, `${pieceBytes}-${at}`, pieceBytes < 100 ? 500 : 60_000);
          const connection = await connectRaw(
            judged,
            steps.map(({ method }) => method),
          );
          const bytes = Buffer.from(steps.map(({ text }) => text).join(""), "latin1");
          for (let from = 0; from < bytes.length;) {
            const to = from + 1 + random.below(pieceBytes);
            connection.send(bytes.subarray(from, to));
            from = to;
            await (pauses && random.chance(0.02) ? sleep(random.below(10)) : new Promise(setImmediate));
          }
          connection.finish();
          await connection.ended(30_000);
          const { answers, rest } = connection.received();
          equal(rest.length, 0);
          const final = answers.filter(({ status }) => status >= 200);
          for (const [index, { answer, text }] of steps.entries()) {
            const came = `${final[index]?.status} ${final[index]?.body.toString("latin1")}`;
            equal(came, answer, `answer ${index}, to ${JSON.stringify(text.slice(0, 300))}`);
          }
          equal(final.length, steps.length);
        }),
      );
    });
  }
}

function makeSteps(random: Random, name: string, valueBytes: number): Step[] {
  const values = new Map<string, string>();
  return Array.from({ length: 200 }, (): Step => {
    const key = `${name}-${random.below(5)}`;
    const path = `/v1.0/state/store/${key}`;
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2: {
        const value = `"${String.fromCharCode(97 + random.below(26)).repeat(random.below(valueBytes))}"`;
        values.set(key, value);
        return { method: "POST", text: save(random, `[{"key":"${key}","value":${value}}]`), answer: "204 " };
      }
      case 3:
        values.delete(key);
        return { method: "DELETE", text: request(`DELETE ${path} HTTP/1.1`, [host]), answer: "204 " };
      case 4:
        return { method: "HEAD", text: request(`HEAD /v1.0/none HTTP/1.1`, [host]), answer: "404 " };
      case 5: {
        const body = "GET / HTTP/1.1\r\n\r\n".repeat(random.below(20));
        const text = request("GET /v1.0/healthz HTTP/1.1", [host, `Content-Length: ${body.length}`], body);
        return { method: "GET", text, answer: "204 " };
      }
      default: {
        const value = values.get(key);
        const text = request(`GET ${path} HTTP/1.1`, [host, "X-Other: y"]);
        return { method: "GET", text, answer: value === undefined ? "204 " : `200 ${value}` };
      }
    }
  });
}

function save(random: Random, body: string): string {
  const fields = [host, "Content-Type: application/json"];
  if (random.chance(0.2)) fields.push("Expect: 100-continue");
  const line = "POST /v1.0/state/store HTTP/1.1";
  if (random.chance(0.5)) return request(line, [...fields, `Content-Length: ${body.length}`], body);
  let chunks = "";
  for (let at = 0; at < body.length;) {
    const size = Math.min(1 + random.below(random.of([3, 100, 20_000])), body.length - at);
    chunks += `${size.toString(16)}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return request(line, [...fields, "Transfer-Encoding: chunked"], `${chunks}0\r\n\r\n`);
}
