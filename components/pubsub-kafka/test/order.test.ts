import { randomUUID } from "node:crypto";
import type { Message } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { otherClient, wait } from "./client.ts";
import { bytes, inbox, openBroker, recordingLogger, textOf } from "./open.ts";

describeService("kafka", async (kafka) => {
  const { topicOf, committed } = await otherClient(kafka.address);
  const keyOf = (message: Message): string => textOf(message.data).split(" ")[0]!;
  const numberOf = (message: Message): number => Number(textOf(message.data).split(" ")[1]);

  it("keeps the order of each key although the application fails now and then", { timeout: 40_000 }, async () => {
    const topic = await topicOf(10);
    const broker = await openBroker(kafka.address, { backOffDuration: "20ms" });
    let calls = 0;
    let busy = 0;
    let mostBusy = 0;
    const box = inbox(async () => {
      mostBusy = Math.max(mostBusy, ++busy);
      await wait(1);
      busy--;
      if (++calls % 9 === 0) throw new Error("now and then");
    });
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const keys = Array.from({ length: 12 }, (_, n) => `key${n}`);
    await Promise.all(
      keys.map(async (partitionKey) => {
        for (let n = 0; n < 100; n++)
          await broker.publish({ topic, data: bytes(`${partitionKey} ${n}`), metadata: { partitionKey } });
      }),
    );
    await expect.poll(() => box.messages.length, { timeout: 30_000 }).toBe(1_200);
    for (const key of keys) {
      const numbers = box.messages.filter((message) => keyOf(message) === key).map(numberOf);
      expect(numbers).toEqual(Array.from({ length: 100 }, (_, n) => n));
    }
    expect(mostBusy).toBeGreaterThan(1);
    expect(mostBusy).toBeLessThanOrEqual(10);
  });

  it("lets a message that is refused hold up its own partition only, and writes down nothing behind it", async () => {
    const topic = await topicOf(2);
    const consumerGroup = randomUUID();
    const { lines, logger } = recordingLogger();
    const broker = await openBroker(kafka.address, { consumerGroup, backOffDuration: "100ms" }, logger);
    let poisoned = true;
    const box = inbox((message) => {
      if (poisoned && textOf(message.data) === "poison") throw new Error("cannot digest this");
    });
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const to = (partition: number, text: string) =>
      broker.publish({ topic, data: bytes(text), metadata: { partitionNumber: String(partition) } });
    for (const text of ["fine", "poison", "behind"]) await to(0, text);
    for (let n = 0; n < 50; n++) await to(1, `other ${n}`);
    await expect.poll(() => box.messages.length).toBe(51);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([1, 50]);
    expect(box.texts).not.toContain("behind");
    expect(lines.filter(({ level }) => level === "warn").at(-1)!.message).toMatch(
      new RegExp(`the message ${topic}/0/1 was refused \\(cannot digest this\\); it is delivered again in 100 ms`),
    );
    poisoned = false;
    await expect.poll(() => box.texts.slice(-2)).toEqual(["poison", "behind"]);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([3, 50]);
  });

  it("goes on in order after a partition had more than it holds, and lets no other partition wait", async () => {
    const topic = await topicOf(2);
    const consumerGroup = randomUUID();
    const settings = { consumerGroup, consumerFetchDefault: "4096" };
    const broker = await openBroker(kafka.address, settings);
    const finish = Promise.withResolvers<void>();
    const box = inbox((message) => (textOf(message.data).startsWith("held") ? finish.promise : undefined));
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const texts = Array.from({ length: 100 }, (_, n) => `held ${n} ${"x".repeat(1_000)}`);
    const to = (partition: number, text: string) =>
      broker.publish({ topic, data: bytes(text), metadata: { partitionNumber: String(partition) } });
    for (const text of texts) await to(0, text);
    for (let n = 0; n < 20; n++) await to(1, `other ${n}`);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([0, 20]);
    expect(box.texts).toEqual(Array.from({ length: 20 }, (_, n) => `other ${n}`));
    finish.resolve();
    await expect.poll(() => box.texts.slice(20), { timeout: 10_000 }).toEqual(texts);
    await expect.poll(() => committed(consumerGroup, topic)).toEqual([100, 20]);
  });

  it.each([{ consumeRetryEnabled: "false" }, { backOffMaxRetries: "1" }])(
    "delivers again what was refused at the last attempt, with %o",
    async (settings) => {
      const topic = await topicOf(1);
      const { lines, logger } = recordingLogger();
      const broker = await openBroker(kafka.address, { ...settings, backOffDuration: "30ms" }, logger);
      let refusals = 0;
      const box = inbox(() => {
        if (++refusals <= 5) throw new Error("no");
      });
      await broker.subscribe({ topic, metadata: {} }, box.deliver);
      await broker.publish({ topic, data: bytes("kept"), metadata: {} });
      await broker.publish({ topic, data: bytes("next"), metadata: {} });
      await expect.poll(() => box.texts).toEqual(["kept", "next"]);
      const errors = lines.filter(({ level }) => level === "error");
      expect(errors.length).toBeGreaterThanOrEqual(2);
      expect(errors[0]!.message).toMatch(/refused at the last attempt/);
    },
  );

  it(
    "keeps its partitions while the application takes longer than the session's timeout",
    { timeout: 40_000 },
    async () => {
      const topic = await topicOf(2);
      const consumerGroup = randomUUID();
      const settings = { consumerGroup, sessionTimeout: "6s", heartbeatInterval: "1s" };
      const { lines, logger } = recordingLogger();
      const broker = await openBroker(kafka.address, settings, logger);
      let deliveries = 0;
      const box = inbox(async (message) => {
        if (textOf(message.data) !== "slow") return;
        deliveries++;
        await wait(9_000);
      });
      await broker.subscribe({ topic, metadata: {} }, box.deliver);
      await broker.publish({ topic, data: bytes("slow"), metadata: { partitionNumber: "0" } });
      await expect.poll(() => deliveries).toBe(1);
      await broker.publish({ topic, data: bytes("quick"), metadata: { partitionNumber: "1" } });
      await expect.poll(() => box.texts, { timeout: 2_000 }).toEqual(["quick"]);
      await expect.poll(() => box.texts, { timeout: 15_000 }).toEqual(["quick", "slow"]);
      await expect.poll(() => committed(consumerGroup, topic)).toEqual([1, 1]);
      expect(deliveries).toBe(1);
      expect(lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
    },
  );

  it("does not count a subscriber that goes away as a failure, and delivers to the next one", async () => {
    const topic = await topicOf(1);
    const { lines, logger } = recordingLogger();
    const broker = await openBroker(kafka.address, {}, logger);
    const gone = await broker.subscribe({ topic, metadata: {} }, async () => {
      throw Object.assign(new Error("gone"), { code: "cancelled", [Symbol.for("trilby.component-error")]: true });
    });
    await broker.publish({ topic, data: bytes("stays"), metadata: {} });
    await wait(300);
    await gone.close();
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await expect.poll(() => box.texts).toEqual(["stays"]);
    expect(lines.filter(({ message }) => message.includes("refused"))).toEqual([]);
  });

  it("pauses and resumes all subscriptions, and takes acknowledgements in between", async () => {
    const topics = [await topicOf(1), await topicOf(1)];
    const consumerGroup = randomUUID();
    const broker = await openBroker(kafka.address, { consumerGroup });
    const finish = Promise.withResolvers<void>();
    const box = inbox(() => finish.promise);
    await Promise.all(topics.map((topic) => broker.subscribe({ topic, metadata: {} }, box.deliver)));
    await broker.publish({ topic: topics[0]!, data: bytes("under way"), metadata: {} });
    await wait(300);
    await broker.pause!();
    await broker.pause!();
    for (const topic of topics) await broker.publish({ topic, data: bytes("later"), metadata: {} });
    finish.resolve();
    await expect.poll(() => committed(consumerGroup, topics[0]!)).toEqual([1]);
    await wait(500);
    expect(box.texts).toEqual(["under way"]);
    await broker.resume!();
    await broker.resume!();
    await expect.poll(() => box.texts).toEqual(["under way", "later", "later"]);
  });

  it("closing a subscription waits for the delivery under way and writes it down", async () => {
    const topic = await topicOf(1);
    const consumerGroup = randomUUID();
    const broker = await openBroker(kafka.address, { consumerGroup });
    const started = Promise.withResolvers<void>();
    const box = inbox(async () => {
      started.resolve();
      await wait(300);
    });
    const subscription = await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await broker.publish({ topic, data: bytes("last"), metadata: {} });
    await started.promise;
    await subscription.close();
    expect(box.texts).toEqual(["last"]);
    expect(await committed(consumerGroup, topic)).toEqual([1]);
  });
});
