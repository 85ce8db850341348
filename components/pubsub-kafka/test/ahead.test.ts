import { randomUUID } from "node:crypto";
import type { Message } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { otherClient, wait } from "./client.ts";
import { bytes, inbox, openBroker, recordingLogger, textOf } from "./open.ts";
import { orderly } from "./orderly.ts";

describeService("kafka", async (kafka) => {
  const { committed, topicOf } = await otherClient(kafka.address);
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => String(from + n));

  it("hands out as many messages of a partition as the subscriber takes ahead, in order", async () => {
    const topic = await topicOf(2);
    const consumerGroup = randomUUID();
    const broker = await openBroker(kafka.address, { consumerGroup, initialOffset: "oldest" });
    const publish = (partition: number, text: string) =>
      broker.publish({ topic, data: bytes(text), metadata: { partitionNumber: String(partition) } });
    for (const text of numbers(0, 20)) await publish(0, text);
    for (const text of numbers(0, 20)) await publish(1, text);
    const seen: Message[] = [];
    const finish = Promise.withResolvers<void>();
    await broker.subscribe({ topic, metadata: {}, ahead: 8 }, async (message) => {
      seen.push(message);
      await finish.promise;
    });
    await expect.poll(() => seen.length).toBe(16);
    await wait(100);
    const of = (partition: string) => seen.filter(({ metadata }) => metadata["__partition"] === partition);
    for (const partition of ["0", "1"]) {
      expect(of(partition).map(({ data }) => textOf(data))).toEqual(numbers(0, 8));
      expect(new Set(of(partition).map(({ turn }) => turn!.unit)).size).toBe(1);
      expect(new Set(of(partition).map(({ turn }) => turn!.series)).size).toBe(1);
    }
    finish.resolve();
    await expect.poll(() => seen.length).toBe(40);
    for (const partition of ["0", "1"]) expect(of(partition).map(({ data }) => textOf(data))).toEqual(numbers(0, 20));
    expect(new Set(seen.map(({ turn }) => turn!.unit)).size).toBe(2);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([20, 20]);
  });

  it("holds no more than a megabyte of a partition ahead, and still delivers what is larger", async () => {
    const topic = await topicOf(1);
    const broker = await openBroker(kafka.address, { initialOffset: "oldest" });
    for (let n = 0; n < 6; n++) await broker.publish({ topic, data: Buffer.alloc(400_000), metadata: {} });
    const finish = Promise.withResolvers<void>();
    let seen = 0;
    await broker.subscribe({ topic, metadata: {}, ahead: 8 }, async () => {
      seen++;
      await finish.promise;
    });
    await expect.poll(() => seen).toBe(2);
    await wait(100);
    expect(seen).toBe(2);
    finish.resolve();
    await expect.poll(() => seen).toBe(6);
  });

  it("delivers what was refused again before anything behind it, and writes down nothing behind it", async () => {
    const topic = await topicOf(1);
    const consumerGroup = randomUUID();
    const { lines, logger } = recordingLogger();
    const broker = await openBroker(kafka.address, { consumerGroup, backOffDuration: "100ms" }, logger);
    const attempts: string[] = [];
    let poisoned = true;
    const deliver = orderly(({ data }) => {
      attempts.push(textOf(data));
      if (poisoned && textOf(data) === "5") throw new Error("cannot digest this");
    });
    await broker.subscribe({ topic, metadata: {}, ahead: 10 }, deliver);
    for (const text of numbers(0, 30)) await broker.publish({ topic, data: bytes(text), metadata: {} });
    await expect.poll(() => attempts.length).toBeGreaterThan(7);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([5]);
    poisoned = false;
    await expect.poll(() => attempts.at(-1)).toBe("29");
    const refused = attempts.filter((text) => text === "5").length - 1;
    expect(attempts).toEqual([...numbers(0, 5), ...Array(refused).fill("5"), ...numbers(5, 30)]);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([30]);
    const warnings = lines.filter(({ level }) => level === "warn").map(({ message }) => message);
    expect(warnings).toEqual(Array(refused).fill(expect.stringContaining(`${topic}/0/5 was refused (cannot digest`)));
  });

  it("delivers only what was refused again when the subscriber handles many together", async () => {
    const topic = await topicOf(1);
    const consumerGroup = randomUUID();
    const settings = { consumerGroup, backOffDuration: "200ms", initialOffset: "oldest" };
    const broker = await openBroker(kafka.address, settings);
    for (const text of numbers(0, 15)) await broker.publish({ topic, data: bytes(text), metadata: {} });
    const batches: string[][] = [];
    const refusing = new Set(["3", "6"]);
    let waiting: { text: string; fate: PromiseWithResolvers<void> }[] = [];
    await broker.subscribe({ topic, metadata: {}, ahead: 10 }, ({ data }) => {
      const fate = Promise.withResolvers<void>();
      if (waiting.length === 0) setTimeout(settle, 20);
      waiting.push({ text: textOf(data), fate });
      return fate.promise;
    });
    const settle = (): void => {
      const batch = waiting;
      waiting = [];
      batches.push(batch.map(({ text }) => text));
      for (const { text, fate } of batch)
        if (refusing.delete(text)) fate.reject(new Error("not this one"));
        else fate.resolve();
    };
    await expect.poll(() => batches.length).toBe(1);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([3]);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([15]);
    expect(batches[0]).toEqual(numbers(0, 10));
    expect(batches[1]!.slice(0, 2)).toEqual(["3", "6"]);
    expect(batches.slice(1).flat()).toEqual(["3", "6", ...numbers(10, 15)]);
  });

  it("has all that was ahead delivered again in order when the subscriber goes away, and by the next one", async () => {
    const topic = await topicOf(1);
    const broker = await openBroker(kafka.address, { initialOffset: "oldest" });
    for (const text of numbers(0, 12)) await broker.publish({ topic, data: bytes(text), metadata: {} });
    const { ComponentError } = await import("@trilby/kit");
    const gone = Promise.withResolvers<never>();
    let seen = 0;
    const first = await broker.subscribe({ topic, metadata: {}, ahead: 5 }, () => {
      seen++;
      return gone.promise;
    });
    await expect.poll(() => seen).toBe(5);
    const closing = first.close();
    gone.reject(new ComponentError("cancelled", "gone"));
    await closing;
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await expect.poll(() => box.texts).toEqual(numbers(0, 12));
    expect(box.messages.every(({ turn }) => turn === undefined)).toBe(true);
  });
});
