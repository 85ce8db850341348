import { equal, ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdicts } from "@trilby/interop-judging";
import { host, ping, request } from "../hostile/case.ts";
import type { Judged } from "../trilbyd.ts";

const settings = "\0\0\0\x04\0\0\0\0\0";
const preface = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`;
const upgrade = request(ping, [
  host,
  "Connection: Upgrade, HTTP2-Settings",
  "Upgrade: h2c",
  "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
]);
const switching = "HTTP/1.1 101 ";
/** Types of frames. */
const [headersFrame, settingsFrame] = [1, 4];

/** HTTP/2 on the port of HTTP/1.1, where its beginning comes in pieces. */
export async function judgeByHttp2({ check }: Verdicts, judged: Judged): Promise<void> {
  await check("HTTP/2 by prior knowledge, its beginning cut at every byte", async () => {
    await Promise.all(places(preface).map((at) => begins(judged, preface, [at], "", settingsFrame)));
    await begins(judged, preface, places(preface), "", settingsFrame);
  });
  await check("an upgrade to HTTP/2, cut at every byte: the request is answered as HTTP/2", async () => {
    const text = upgrade + preface;
    await Promise.all(places(text).map((at) => begins(judged, text, [at], switching, headersFrame)));
    await begins(judged, text, places(text), switching, headersFrame);
  });
}

const places = (text: string): number[] => Array.from({ length: text.length - 1 }, (_, at) => at + 1);

/** Sends `text`, cut there, until a frame of that type has come behind the text that was expected first. */
async function begins(judged: Judged, text: string, cuts: number[], first: string, type: number): Promise<void> {
  const socket: Socket = connect({ ...judged, noDelay: true });
  let seen = Buffer.alloc(0);
  const came = new Promise<void>((resolve, reject) => {
    const what = (): string => JSON.stringify(seen.toString("latin1"));
    const timer = setTimeout(
      () => reject(new Error(`no frame of the type ${type}, cut at ${cuts.join()}: ${what()}`)),
      5_000,
    );
    socket.on("data", (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      if (framesOf(seen, first).includes(type)) {
        clearTimeout(timer);
        resolve();
      }
    });
    socket.on("error", reject);
    socket.on("end", () => reject(new Error(`ended, cut at ${cuts.join()}: ${what()}`)));
  });
  let from = 0;
  for (const to of [...cuts, text.length]) {
    socket.write(text.slice(from, to), "latin1");
    from = to;
    await (cuts.length === 1 ? sleep(3) : new Promise(setImmediate));
  }
  await came.finally(() => socket.destroy());
  equal(seen.toString("latin1", 0, first.length), first);
}

function framesOf(bytes: Buffer, first: string): number[] {
  let at = 0;
  if (first !== "") {
    at = bytes.indexOf("\r\n\r\n") + 4;
    if (at < 4) return [];
  }
  const types: number[] = [];
  while (at + 9 <= bytes.length) {
    types.push(bytes[at + 3]!);
    at += 9 + bytes.readUIntBE(at, 3);
    ok(types.length < 100);
  }
  return types;
}
