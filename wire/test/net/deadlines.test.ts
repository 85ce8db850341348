import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Timed, deadlines } from "../../src/net/deadlines.ts";

class Call extends Timed {
  passedAt: number | undefined = undefined;
  readonly #then: (() => void) | undefined;

  constructor(inMs: number, then?: () => void) {
    super();
    this.deadlineAt = performance.now() + inMs;
    this.#then = then;
    deadlines.add(this);
  }

  override deadlinePassed(): void {
    this.passedAt = performance.now();
    this.#then?.();
  }
}

test("each is told once, not before its time, and not when it was removed", async () => {
  const calls = Array.from({ length: 500 }, (_, index) => new Call((index * 7) % 300));
  const removed = Array.from({ length: 500 }, (_, index) => new Call((index * 7) % 300));
  for (const call of removed) deadlines.remove(call);
  for (const call of removed) deadlines.remove(call);
  await expect.poll(() => calls.every(({ passedAt }) => passedAt !== undefined)).toBe(true);
  for (const { passedAt, deadlineAt } of calls) expect(passedAt!).toBeGreaterThanOrEqual(deadlineAt);
  expect(removed.every(({ passedAt }) => passedAt === undefined)).toBe(true);
});

test("one that is further away than the wheel goes round waits for its own turn", async () => {
  const far = new Call(256 * 16 + 50);
  const near = new Call(50);
  await expect.poll(() => near.passedAt).toBeDefined();
  expect(far.passedAt).toBeUndefined();
  await expect.poll(() => far.passedAt).toBeDefined();
  expect(far.passedAt!).toBeGreaterThanOrEqual(far.deadlineAt);
});

test("one that ends another, or starts one, while its own passes", async () => {
  let started: Call | undefined;
  const second: Call = new Call(30, () => undefined);
  const first = new Call(30, () => {
    deadlines.remove(second);
    deadlines.remove(third);
    started = new Call(10);
  });
  const third: Call = new Call(30, () => undefined);
  third.deadlineAt = second.deadlineAt = first.deadlineAt;
  await expect.poll(() => started?.passedAt).toBeDefined();
  await sleep(50);
  expect([second, third].filter(({ passedAt }) => passedAt !== undefined).length).toBeLessThan(2);
});

test("a loop that stood still for long catches up", async () => {
  const call = new Call(20);
  const later = new Call(5000);
  const until = performance.now() + 300;
  while (performance.now() < until);
  await expect.poll(() => call.passedAt, { timeout: 2000 }).toBeDefined();
  expect(later.passedAt).toBeUndefined();
  deadlines.remove(later);
});
