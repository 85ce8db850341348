import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../src/idle-memory.ts", import.meta.url));

/** Makes some garbage that has grown old, has nothing to do then, and prints what V8 has set aside for its heap at the end. */
async function heapMebibytes({ gives, mostMs }: { gives: boolean; mostMs: number }): Promise<number> {
  const program = `
    const { giveBackWhenIdle } = await import(${JSON.stringify(source)});
    let gaveBack = false;
    if (${gives}) giveBackWhenIdle(() => (gaveBack = true));
    let kept = [];
    for (let turn = 0; turn < 60; turn++) {
      kept.push(Array.from({ length: 2000 }, (_, index) => ({ index, text: "x" + index })));
      await new Promise(setImmediate);
    }
    kept = [];
    const end = performance.now() + ${mostMs};
    while (!gaveBack && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(process.memoryUsage().heapTotal);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  return Number(stdout) / 2 ** 20;
}

test("a process with nothing to do gives memory back, which left alone it does not", async () => {
  const [ours, alone] = await Promise.all([
    heapMebibytes({ gives: true, mostMs: 20_000 }),
    heapMebibytes({ gives: false, mostMs: 3_000 }),
  ]);
  assert.ok(alone >= 15, `${alone} MiB`);
  expect(ours).toBeLessThan(10);
});
