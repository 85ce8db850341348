import type { PubSub } from "@trilby/kit";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test, vi } from "vitest";

import { type Attachment, createAttachments } from "../../src/components/supervision/attachments.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An instance whose subscriptions are opened and closed by the test's hand. */
function broker(name: string, events: string[]) {
  const state: { fail: boolean; end: (error: Error) => void } = { fail: false, end: () => {} };
  const attachment: Attachment = async (instance, onClosed) => {
    const on = instance as unknown as { name: string };
    if (state.fail) throw new Error("no such topic");
    events.push(`open on ${on.name}`);
    state.end = onClosed;
    return { close: async () => void events.push(`close on ${on.name}`) };
  };
  return { state, attachment, instance: { name } as unknown as PubSub };
}

test("is opened on each new instance, and closed where it is open", async () => {
  const events: string[] = [];
  const attachments = createAttachments(() => {});
  const { attachment, instance } = broker("first", events);
  const held = await attachments.add(attachment, instance);
  attachments.detach();
  await attachments.reopen(broker("second", events).instance);
  await held.close();
  await held.close();
  await attachments.reopen(broker("third", events).instance);
  assert.deepEqual(events.slice(0, 3), ["open on first", "open on second", "close on second"]);
  assert.ok(!events.includes("open on third"));
});

test("one that the component ends is opened again, later and later when that fails", async () => {
  const events: string[] = [];
  const problems: string[] = [];
  const attachments = createAttachments((problem) => problems.push(problem));
  const { attachment, instance, state } = broker("first", events);
  await attachments.add(attachment, instance);
  state.fail = true;
  state.end(new Error("the topic was deleted"));
  await vi.advanceTimersByTimeAsync(1000);
  await vi.advanceTimersByTimeAsync(2000);
  state.fail = false;
  await vi.advanceTimersByTimeAsync(4000);
  assert.deepEqual(problems, [
    "the component ended a subscription: the topic was deleted; it is opened again in 1s",
    "a subscription could not be opened: no such topic; it is opened again in 2s",
    "a subscription could not be opened: no such topic; it is opened again in 4s",
  ]);
  assert.deepEqual(events, ["open on first", "open on first"]);
});

test("a retry of an instance that is gone does nothing", async () => {
  const events: string[] = [];
  const attachments = createAttachments(() => {});
  const { attachment, instance, state } = broker("first", events);
  await attachments.add(attachment, instance);
  state.end(new Error("ended"));
  attachments.detach();
  await attachments.reopen(broker("second", events).instance);
  await vi.advanceTimersByTimeAsync(10_000);
  assert.deepEqual(events, ["open on first", "open on second"]);
});

test("one that is being opened when its instance goes is refused, not opened twice", async () => {
  const events: string[] = [];
  const attachments = createAttachments(() => {});
  const opening = Promise.withResolvers<{ close(): Promise<void> }>();
  const added = attachments.add(() => opening.promise, {} as PubSub);
  attachments.detach();
  await attachments.reopen(broker("second", events).instance);
  opening.resolve({ close: async () => {} });
  await assert.rejects(added, { code: "unavailable" });
  assert.deepEqual(events, []);
});
