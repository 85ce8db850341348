import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../src/external-memory.ts", import.meta.url));

/** Makes buffers of 1 MB, of which 30 live at a time, and prints how often all was collected and the most that buffers took. */
const work = `
  const { PerformanceObserver, constants } = await import("node:perf_hooks");
  let full = 0;
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++;
  }).observe({ entryTypes: ["gc"] });
  const kept = [];
  let most = 0;
  for (let turn = 0; turn < 1500; turn++) {
    kept.push(Buffer.allocUnsafeSlow(1_048_576));
    if (kept.length > 30) kept.shift();
    most = Math.max(most, process.memoryUsage().arrayBuffers);
    await new Promise(setImmediate);
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(JSON.stringify({ full, mostMebibytes: most / 2 ** 20 }));`;

async function collections(before: string): Promise<{ full: number; mostMebibytes: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", before + work]);
  return JSON.parse(stdout) as { full: number; mostMebibytes: number };
}

test("large buffers make no full collection every few requests, and their memory stays in proportion to those alive", async () => {
  const chosen = `const { collectByAllMemory } = await import(${JSON.stringify(source)}); collectByAllMemory();`;
  const [alone, ours] = await Promise.all([collections(""), collections(chosen)]);
  assert.ok(alone.full >= 10, `${alone.full} full collections`);
  expect(ours.full).toBeLessThanOrEqual(alone.full / 2);
  expect(ours.mostMebibytes).toBeLessThan(400);
});
