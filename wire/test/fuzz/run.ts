// The fuzzers for as many frames as wanted, a quarter of them against node:http2 too: --frames 1000000 --seed 1
import { setFlagsFromString } from "node:v8";
import { parseArgs } from "node:util";
import { runInNewContext } from "node:vm";
import { type Chaos, chaosForClients, chaosForServers } from "./chaos.ts";
import { compareServers } from "./differential.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
  },
});
const frames = Number(values.frames);
const seed = Number(values.seed);
setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

const escaped: unknown[] = [];
process.on("uncaughtException", (error) => escaped.push(error));
process.on("unhandledRejection", (error) => escaped.push(error));
process.on("warning", (warning) => escaped.push(warning));

console.log(`seed ${seed}`);
let failed = false;
const judge = (name: string, holds: boolean, what: string): void => {
  failed ||= !holds;
  console.log(`${holds ? "ok  " : "FAIL"} ${name}: ${what}`);
};
const inSlices = async (count: number, run: (slice: number, seed: number) => Promise<Chaos>): Promise<Chaos> => {
  const all: Chaos = { connections: 0, frames: 0, left: 0, escaped: [] };
  // What everything costs once is not a leak.
  await run(count / 20, seed);
  const before = live();
  for (let slice = 0; slice < 10; slice++) {
    const { connections, frames, left } = await run(count / 10, seed + (slice + 1) * 1_000_000);
    all.connections += connections;
    all.frames += frames;
    all.left += left;
    process.stdout.write(".");
  }
  const grown = live() - before;
  console.log(
    `\n     ${all.connections} connections, ${all.frames} frames; memory ${(grown / 1e6).toFixed(1)} MB more`,
  );
  judge("memory", grown < 5_000_000, `${grown} bytes more than before`);
  judge("nothing is left", all.left === 0, `${all.left} connections or streams`);
  return all;
};

console.log("Many frames wrong, to servers of ours");
await inSlices(frames * 0.5, chaosForServers);
console.log("Many frames wrong, to clients of ours");
await inSlices(frames * 0.25, chaosForClients);
console.log("One frame wrong, to a server of ours and to node:http2's");
const comparison = await compareServers(frames * 0.25, 50, seed);
console.log(
  `     ${comparison.connections} connections, ${comparison.frames} frames, ${comparison.agreed} verdicts agree`,
);
for (const [name, count] of comparison.explained) console.log(`     ${count} differ: ${name}`);
for (const each of comparison.unexplained.slice(0, 10)) console.log(`     unexplained: ${each}`);
judge("verdicts", comparison.unexplained.length === 0, `${comparison.unexplained.length} differ without a reason`);
escaped.push(...comparison.escaped);
judge("exceptions", escaped.length === 0, escaped.length === 0 ? "none" : escaped.slice(0, 5).map(String).join("\n"));
process.exitCode = failed ? 1 : 0;

function live(): number {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
