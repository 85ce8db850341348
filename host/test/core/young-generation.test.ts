import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../src/young-generation.ts", import.meta.url));

/** Leaves much behind that lives for a while, turn by turn, and prints how large the young generation has become. */
const work = `
  const kept = [];
  for (let turn = 0; turn < 400; turn++) {
    kept.push(Array.from({ length: 2000 }, (_, index) => ({ index, text: "x" + index })));
    if (kept.length > 30) kept.shift();
    await new Promise(setImmediate);
  }
  const { getHeapSpaceStatistics } = await import("node:v8");
  console.log(getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size);`;

async function youngMebibytes(before: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", before + work]);
  return Number(stdout) / 2 ** 20;
}

test("the young generation stays small under load, which left alone it does not", async () => {
  const limited = `const { limitYoungGeneration } = await import(${JSON.stringify(source)}); limitYoungGeneration(8);`;
  const [alone, kept] = await Promise.all([youngMebibytes(""), youngMebibytes(limited)]);
  assert.ok(alone >= 32, `${alone} MiB`);
  expect(kept).toBeLessThanOrEqual(16);
});
