import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";

import { component, createTrilbyd, type Trilbyd } from "./trilbyd.ts";

// A process that is there and does nothing: found by pings that it does not answer.

let host: Trilbyd;

beforeAll(async () => {
  host = await createTrilbyd({
    resources: { "store.yaml": component("store", "state.in-memory") },
    flags: ["--placement=child"],
  });
  await host.start();
});

afterAll(() => host.stop());

test(
  "a child that stands still is replaced; its call ends, and the next one is served",
  { timeout: 60_000 },
  async () => {
    const [frozen] = host.children();
    assert.ok(frozen !== undefined);
    process.kill(frozen, "SIGSTOP");
    const beganAt = performance.now();
    const cut = await save();
    assert.equal(cut.status, 500);
    assert.match(cut.text, /ERR_STATE_SAVE.*store store/);
    assert.ok(performance.now() - beganAt < 30_000);
    await host.seen(/component store is lost: it does not answer any more; it is being started again/);
    await host.seen(/component store is back after/);
    assert.equal((await save()).status, 204);
    assert.ok(!host.children().includes(frozen));
  },
);

test("a child that stands still does not hold up the end", { timeout: 60_000 }, async () => {
  const children = host.children();
  for (const pid of children) process.kill(pid, "SIGSTOP");
  const beganAt = performance.now();
  host.signal("SIGTERM");
  await host.exit();
  assert.ok(performance.now() - beganAt < 8000);
  for (const pid of children) assert.throws(() => process.kill(pid, 0), /ESRCH/);
});

async function save(): Promise<{ status: number; text: string }> {
  const response = await fetch(`${host.url}/v1.0/state/store`, { method: "POST", body: '[{"key":"a","value":1}]' });
  return { status: response.status, text: await response.text() };
}
