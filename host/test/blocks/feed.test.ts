import { expect, test, vi } from "vitest";

import { openFeed, type Feed, type FeedState } from "../../src/blocks/feed.ts";
import { recordingLog } from "../app/recorders.ts";

interface Opened {
  readonly feed: Feed;
  readonly state: FeedState;
  messages(): string[];
}

/** A feed whose closing takes as long as the work it has. */
async function open(work: (state: FeedState) => Promise<void>): Promise<Opened> {
  const log = recordingLog();
  let state!: FeedState;
  const feed = openFeed(
    "the test",
    async (given) => {
      state = given;
      return { close: () => work(given) };
    },
    log.scope("test"),
  );
  await feed.attempted;
  expect(feed.problem).toBeUndefined();
  return {
    feed,
    state,
    messages: () => log.lines.map(({ message }) => message),
  };
}

const untilCut = ({ cut }: FeedState): Promise<void> =>
  new Promise((resolve) => cut.addEventListener("abort", () => resolve(), { once: true }));

async function lasts(work: Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

test("what is under way is finished, without a cut", async () => {
  const { feed, state, messages } = await open(async (given) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([given.closing, given.cut.aborted]).toEqual([true, false]);
  });
  expect(state.closing).toBe(false);
  expect(await lasts(feed.close(5000))).toBeLessThan(1000);
  expect(messages()).toEqual([]);
});

test("a later, shorter limit counts; a longer one does not", async () => {
  const { feed, messages } = await open(untilCut);
  const first = feed.close(60_000);
  void feed.close(30);
  void feed.close(10_000);
  expect(await lasts(first)).toBeLessThan(1000);
  expect(messages()).toEqual(["the test still had work under way after 30 ms; cutting it off unacknowledged"]);
});

test("what does not settle even after the cut is left behind", async () => {
  const { feed, messages } = await open(() => new Promise(() => undefined));
  expect(await lasts(feed.close(100))).toBeLessThan(1000);
  expect(messages().at(-1)).toBe("the test did not close; leaving it behind");
});

test("one that is still being opened is not waited for, and closed when it comes", async () => {
  const opening = Promise.withResolvers<{ close(): Promise<void> }>();
  const feed = openFeed("the test", () => opening.promise, recordingLog().scope("test"));
  expect(feed.problem).toContain("is being started");
  const closed = feed.close(50);
  await feed.attempted;
  await closed;
  const close = vi.fn<() => Promise<void>>(() => Promise.resolve());
  opening.resolve({ close });
  await expect.poll(() => close.mock.calls.length).toBe(1);
});

test("after a close nothing is tried again", async () => {
  const attempt = vi.fn<() => Promise<never>>(() => Promise.reject(new Error("no")));
  const feed = openFeed("the test", attempt, recordingLog().scope("test"));
  await feed.attempted;
  expect(feed.problem).toBe("Failed to start the test: no");
  expect(await lasts(feed.close(1000))).toBeLessThan(500);
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(attempt).toHaveBeenCalledTimes(1);
});
