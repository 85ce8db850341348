import type { StateStore } from "@trilby/kit";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test, vi } from "vitest";

import { createBackoff } from "../../src/components/supervision/backoff.ts";
import { createWaitingRoom } from "../../src/components/supervision/waiting-room.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const instance = {} as StateStore;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "admitted",
    (error: { code: string }) => error.code,
  );

test("calls wait until the component is back, at most two seconds", async () => {
  const room = createWaitingRoom<"state">(() => "it is away");
  room.open();
  const patient = codeOf(room.enter(undefined));
  await vi.advanceTimersByTimeAsync(1500);
  const later = codeOf(room.enter(undefined));
  await vi.advanceTimersByTimeAsync(600);
  assert.equal(await patient, "unavailable");
  room.admit(instance);
  assert.equal(await later, "admitted");
});

test("no call waits for a component that has been away for long", async () => {
  const room = createWaitingRoom<"state">(() => "it is away");
  room.open();
  await vi.advanceTimersByTimeAsync(5100);
  assert.equal(await codeOf(room.enter(undefined)), "unavailable");
  room.open();
  const entered = codeOf(room.enter(undefined));
  room.admit(instance);
  assert.equal(await entered, "admitted");
});

test("a bounded number waits, and a caller that goes leaves its place", async () => {
  const room = createWaitingRoom<"state">(() => "it is away");
  room.open();
  const caller = new AbortController();
  const first = codeOf(room.enter({ signal: caller.signal }));
  const others = Array.from({ length: 999 }, () => codeOf(room.enter(undefined)));
  assert.equal(await codeOf(room.enter(undefined)), "unavailable");
  caller.abort();
  assert.equal(await first, "cancelled");
  const last = codeOf(room.enter(undefined));
  room.admit(instance);
  assert.deepEqual([...new Set(await Promise.all([...others, last]))], ["admitted"]);
  const aborted = AbortSignal.abort();
  assert.equal(await codeOf(room.enter({ signal: aborted })), "cancelled");
});

test("attempts: at once, then doubling up to a bound; short again only after it was stable", async () => {
  const backoff = createBackoff({ firstMs: 100, mostMs: 500, stableMs: 10_000 });
  assert.deepEqual(
    Array.from({ length: 6 }, () => backoff.nextDelayMs()),
    [0, 100, 200, 400, 500, 500],
  );
  backoff.succeeded();
  await vi.advanceTimersByTimeAsync(9000);
  assert.equal(backoff.nextDelayMs(), 500);
  backoff.succeeded();
  await vi.advanceTimersByTimeAsync(10_000);
  assert.equal(backoff.nextDelayMs(), 0);
});
