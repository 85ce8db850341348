import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { inspect } from "node:util";
import { buildGo, type Verdicts } from "@trilby/interop-judging";
import { compare, type Tally } from "./differential/compare.ts";
import { makeConversation } from "./differential/conversations.ts";
import { differences } from "./differential/differences.ts";
import { createGoReader } from "./differential/go-reader.ts";
import { createNodeReader } from "./differential/node-reader.ts";
import { type Cuts, readByOurs } from "./differential/our-reader.ts";
import { createRandom } from "./differential/random.ts";
import type { ConnectionReading } from "./differential/reading.ts";

/** Another one finds other things: `HTTP1_SEED=7 HTTP1_CONVERSATIONS=1000000 node interop/http1/run.ts differential`. */
const seed = Number(process.env["HTTP1_SEED"] ?? 1_911);
const conversationCount = Number(process.env["HTTP1_CONVERSATIONS"] ?? 100_000);
const batchSize = 4_000;

/** The same bytes to @trilby/wire's server, node:http and Go's net/http. */
export async function judgeByDifference({ check, note }: Verdicts): Promise<void> {
  const others = {
    node: createNodeReader(),
    go: createGoReader(buildGo("http1", join(import.meta.dirname, "..", "go"), ["build"])),
  };
  const names = { node: "node:http", go: "Go's net/http" };
  const tallies = { node: newTally(), go: newTally() };
  const split: string[] = [];
  const random = createRandom(seed);
  let done = 0;
  await check(`one answer to each request, in ${conversationCount} random conversations (seed ${seed})`, async () => {
    for (; done < conversationCount; done += batchSize) {
      const batch = Array.from({ length: batchSize }, () => makeConversation(random));
      const byGo = others.go(batch);
      const ours = await readByOurs(batch);
      const pieces = await readByOurs(batch.slice(0, batchSize / 4), cutsOf(random));
      for (const [at, reading] of pieces.entries()) {
        const [one, other] = [inShort(ours[at]!), inShort(reading)];
        if (one !== other) split.push(`${inspect(batch[at]!.toString("latin1"))}\nwhole: ${one}\nin pieces: ${other}`);
      }
      const readings = { node: await others.node(batch), go: await byGo };
      for (const who of ["node", "go"] as const)
        compare(batch, ours, { name: names[who], readings: readings[who], ...differences[who] }, tallies[who]);
    }
  });
  await check("what comes in pieces is read as what comes whole", async () => {
    equal(split.length, 0, `${split.length} are not:\n${split.slice(0, 5).join("\n\n")}`);
  });
  for (const who of ["node", "go"] as const) {
    const { taken, same, differences: found, unexplained } = tallies[who];
    await check(
      `whatever we take is read the same by ${names[who]}, and every other difference has a reason`,
      async () => {
        ok(same > done / 5, `${same} requests in ${done} conversations are too few to say anything`);
        deepEqual(unexplained.slice(0, 10), [], `${unexplained.length} differences without a reason`);
      },
    );
    note(`${names[who]}: ${same} requests read the same, of ${taken} that ours took`);
    for (const { name, reason } of [...differences[who].kinder, ...differences[who].stricter])
      if (found.has(name)) note(`  ${found.get(name)} times: ${name} (${reason})`);
  }
}

/** Whole requests, and whether there was a refusal: of two mistakes another may be seen first. */
function inShort({ requests, said }: ConnectionReading): string {
  return JSON.stringify([requests.filter(({ complete }) => complete), said !== ""]);
}

function newTally(): Tally {
  return { taken: 0, same: 0, differences: new Map(), unexplained: [] };
}

function cutsOf(random: ReturnType<typeof createRandom>): Cuts {
  return (length) => {
    // Byte by byte, or in a few pieces.
    if (length < 100) return Array.from({ length: Math.max(length - 1, 0) }, (_, at) => at + 1);
    return Array.from({ length: 1 + random.below(6) }, () => 1 + random.below(length - 1)).toSorted(
      (one, other) => one - other,
    );
  };
}
