import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../src/idle-memory.ts", import.meta.url));
const largeBodies = fileURLToPath(new URL("../../src/api/http/large-bodies.ts", import.meta.url));

/** Makes some garbage that has grown old, has nothing to do then, and prints what V8 has set aside for its heap at the end. */
async function heapMebibytes(begin: string, then: string, mostMs: number): Promise<number> {
  const program = `
    const { giveBackWhenIdle } = await import(${JSON.stringify(source)});
    const { noteBody } = await import(${JSON.stringify(largeBodies)});
    let gaveBack = false;
    const noteGiven = () => (gaveBack = true);
    ${begin};
    let kept = [];
    for (let turn = 0; turn < 60; turn++) {
      kept.push(Array.from({ length: 2000 }, (_, index) => ({ index, text: "x" + index })));
      await new Promise(setImmediate);
    }
    kept = [];
    ${then};
    const end = performance.now() + ${mostMs};
    while (!gaveBack && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(process.memoryUsage().heapTotal);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  return Number(stdout) / 2 ** 20;
}

test("a process with nothing to do gives memory back, which left alone it does not", async () => {
  const [ours, alone] = await Promise.all([
    heapMebibytes("giveBackWhenIdle(noteGiven)", "", 20_000),
    heapMebibytes("", "noteBody(2 ** 20)", 4_000),
  ]);
  assert.ok(alone >= 15, `${alone} MiB`);
  expect(ours).toBeLessThan(10);
});

test("memory that large bodies took is given back when no more come", async () => {
  // The start's turn is over before.
  const begin =
    "giveBackWhenIdle(noteGiven); while (!gaveBack) await new Promise((resolve) => setTimeout(resolve, 20))";
  const [ours, alone] = await Promise.all([
    heapMebibytes(begin, "gaveBack = false; noteBody(2 ** 20)", 8_000),
    heapMebibytes(begin, "gaveBack = false", 4_000),
  ]);
  assert.ok(alone >= 15, `${alone} MiB`);
  expect(ours).toBeLessThan(10);
});
