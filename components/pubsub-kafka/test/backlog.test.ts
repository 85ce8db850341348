import { expect, it } from "vitest";
import type { KafkaMessage } from "kafkajs";
import { Backlog, type FetchedBatch } from "../src/consume/backlog.ts";

const message = (offset: number, size: number): KafkaMessage => ({
  key: null,
  value: Buffer.alloc(size),
  timestamp: "0",
  attributes: 0,
  offset: String(offset),
  headers: {},
});

function batch(from: number, count: number, size: number): FetchedBatch {
  const messages = Array.from({ length: count }, (_, n) => message(from + n, size));
  return { messages, lastOffset: String(from + count - 1) };
}

/** A backlog whose messages are taken one by one, when the test says so. */
function createBacklog(limitBytes: number) {
  const taken: number[] = [];
  const nextOffsets: string[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  const pauses = { begun: 0, ended: 0 };
  const backlog = new Backlog({
    limitBytes,
    async deliver(backlogged) {
      for (let next = backlogged.shift(); next; next = backlogged.shift()) {
        const turn = Promise.withResolvers<void>();
        waiting.push(turn);
        await turn.promise;
        taken.push(Number(next.message.offset));
        nextOffsets.push(next.nextOffset);
        backlogged.taken(next.message);
      }
    },
  });
  const pause = () => {
    pauses.begun++;
    return () => void pauses.ended++;
  };
  async function take(count: number) {
    for (let n = 0; n < count; n++) {
      await expect.poll(() => waiting.length).toBe(1);
      waiting.shift()!.resolve();
    }
    await new Promise(setImmediate);
  }
  return { backlog, taken, nextOffsets, pauses, pause, take };
}

it("delivers what comes while it delivers, in order and one at a time", async () => {
  const { backlog, pause, taken, take, pauses } = createBacklog(1_000_000);
  backlog.add(batch(0, 2, 100), pause);
  await take(1);
  backlog.add(batch(2, 3, 100), pause);
  await take(4);
  backlog.add(batch(5, 1, 100), pause);
  await take(1);
  expect(taken).toEqual([0, 1, 2, 3, 4, 5]);
  expect(pauses).toEqual({ begun: 0, ended: 0 });
});

it("has the fetching paused when it holds enough, once, and resumed when half of it is taken", async () => {
  const { backlog, pause, take, pauses } = createBacklog(12_000);
  backlog.add(batch(0, 5, 1_000), pause);
  expect(pauses.begun).toBe(0);
  backlog.add(batch(5, 5, 1_000), pause);
  expect(pauses).toEqual({ begun: 1, ended: 0 });
  await take(4);
  expect(pauses.ended).toBe(0);
  await take(1);
  expect(pauses).toEqual({ begun: 1, ended: 1 });
  await take(5);
  backlog.add(batch(10, 10, 1_000), pause);
  expect(pauses).toEqual({ begun: 2, ended: 1 });
});

it("counts messages that are empty", () => {
  const { backlog, pause, pauses } = createBacklog(12_000);
  backlog.add(batch(0, 100, 0), pause);
  expect(pauses.begun).toBe(1);
});

it("has the group go on behind what is not for us at the end of a fetch", async () => {
  const { backlog, pause, nextOffsets, take } = createBacklog(1_000_000);
  backlog.add({ ...batch(0, 2, 100), lastOffset: "7" }, pause);
  backlog.add(batch(8, 1, 100), pause);
  await take(3);
  expect(nextOffsets).toEqual(["1", "8", "9"]);
});

it("leaves nothing lying that comes at the very end of delivering", async () => {
  const delivered: string[] = [];
  const backlog = new Backlog({
    limitBytes: 1_000,
    async deliver(waiting) {
      for (let next = waiting.shift(); next; next = waiting.shift()) delivered.push(next.message.offset);
      queueMicrotask(() => {
        if (delivered.length === 1) backlog.add(batch(1, 1, 10), () => () => {});
      });
    },
  });
  backlog.add(batch(0, 1, 10), () => () => {});
  await new Promise(setImmediate);
  expect(delivered).toEqual(["0", "1"]);
});

it("does not go round and round while nothing is to be delivered", async () => {
  let calls = 0;
  const backlog = new Backlog({ limitBytes: 1_000, deliver: async () => void calls++ });
  backlog.add(batch(0, 1, 10), () => () => {});
  await new Promise(setImmediate);
  expect(calls).toBe(1);
});

it("resumes the fetching when it is dropped, and takes nothing more", async () => {
  const { backlog, pause, taken, take, pauses } = createBacklog(1_000);
  backlog.add(batch(0, 1, 1_000), pause);
  backlog.add(batch(1, 1, 1_000), pause);
  expect(pauses).toEqual({ begun: 1, ended: 0 });
  backlog.drop();
  expect(pauses).toEqual({ begun: 1, ended: 1 });
  backlog.add(batch(2, 1, 1_000), pause);
  await take(1);
  expect(taken).toEqual([0]);
  expect(pauses).toEqual({ begun: 1, ended: 1 });
});
