import { openComponent, type BindingEvent, type Logger } from "@trilby/kit";
import { expect, test, vi } from "vitest";
import definition from "../src/index.ts";
import { startTicking } from "../src/ticking.ts";

const open = async (schedule: string, logger?: Logger) =>
  (
    await openComponent(definition, {
      name: "tick",
      properties: { schedule },
      directions: ["input"],
      ...(logger && { logger }),
    })
  ).instance;

test("events come on time, with empty data and the time in the metadata", async () => {
  const binding = await open("* * * * * *");
  const events: { event: BindingEvent; lateMs: number }[] = [];
  const reader = await binding.read!(async (event) => {
    events.push({ event, lateMs: Date.now() % 1000 });
    return new Uint8Array();
  });
  await vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(2), { timeout: 10_000 });
  await reader.close();
  for (const { event, lateMs } of events) {
    expect(event.data).toHaveLength(0);
    expect(event.metadata).toEqual({
      timeZone: "Local",
      readTimeUTC: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})? \+0000 UTC$/),
    });
    expect(lateMs).toBeLessThan(900);
  }
  expect(binding.operations).toBeUndefined();
});

test("failures are told and change nothing", async () => {
  const warnings: string[] = [];
  const binding = await open("@every 5ms", {
    debug() {},
    info() {},
    warn: (message) => void warnings.push(message),
    error() {},
  });
  let calls = 0;
  const reader = await binding.read!(async () => {
    if (calls++ % 2 === 0) throw new Error("not today");
    return new Uint8Array();
  });
  await vi.waitFor(() => expect(calls).toBeGreaterThanOrEqual(4), { timeout: 10_000 });
  await reader.close();
  expect(warnings[0]).toBe('binding "tick": the application failed: not today');
});

test("close waits for events under way, and none comes after it", async () => {
  const binding = await open("@every 1ms");
  let started = 0;
  let finished = 0;
  const release = Promise.withResolvers<void>();
  const reader = await binding.read!(async () => {
    started++;
    await release.promise;
    finished++;
    return new Uint8Array();
  });
  await vi.waitFor(() => expect(started).toBeGreaterThanOrEqual(3), { timeout: 10_000 });
  let closed = false;
  const closing = reader.close().then(() => (closed = true));
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  release.resolve();
  await closing;
  const total = started;
  expect(finished).toBe(total);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(started).toBe(total);
});

test("a slow application gets no more than a hundred events at once", () => {
  vi.useFakeTimers();
  try {
    const warnings: string[] = [];
    let started = 0;
    startTicking(
      { next: (time) => new Date(time.getTime() + 1000) },
      () => new Promise(() => started++),
      (problem) => warnings.push(problem),
    );
    vi.advanceTimersByTime(105_000);
    expect(started).toBe(100);
    expect(warnings).toHaveLength(5);
  } finally {
    vi.useRealTimers();
  }
});

test("a time beyond the longest timer is waited for", () => {
  vi.useFakeTimers({ now: new Date("2026-01-01T00:00:00Z") });
  try {
    const fired: string[] = [];
    const yearEnd = new Date("2026-12-31T00:00:00Z");
    startTicking(
      { next: (time) => (time < yearEnd ? yearEnd : undefined) },
      async () => {
        fired.push(new Date().toISOString());
        return new Uint8Array();
      },
      () => {},
    );
    vi.setSystemTime(new Date("2026-01-01T00:00:00Z"));
    vi.advanceTimersByTime(364 * 86_400_000 - 1000);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(fired).toEqual(["2026-12-31T00:00:00.000Z"]);
  } finally {
    vi.useRealTimers();
  }
});

test("times that passed while the machine slept are not made up for", () => {
  vi.useFakeTimers({ now: new Date("2026-01-01T00:00:00Z") });
  try {
    let fired = 0;
    startTicking(
      { next: (time) => new Date(Math.floor(time.getTime() / 1000) * 1000 + 1000) },
      async () => {
        fired++;
        return new Uint8Array();
      },
      () => {},
    );
    vi.setSystemTime(new Date("2026-01-01T01:00:00Z"));
    vi.advanceTimersByTime(3000);
    expect(fired).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});
