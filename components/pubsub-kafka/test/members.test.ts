import { randomUUID } from "node:crypto";
import type { Message } from "@trilby/kit";
import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { otherClient, wait } from "./client.ts";
import { bytes, inbox, openBroker, recordingLogger, textOf, topicName } from "./open.ts";
import { orderly } from "./orderly.ts";

describeService("kafka", async (kafka) => {
  const { admin, committed, consumer, topicOf } = await otherClient(kafka.address);
  const partitionOf = ({ metadata }: Message): string => metadata["__partition"]!;
  // Members learn of a rebalance with their next sign of life.
  const quick = { heartbeatInterval: "300ms", sessionTimeout: "6s" };

  it.each([{ ahead: 1 }, { ahead: 8 }])(
    "shares partitions with a member that comes, and takes them over from one that goes ($ahead ahead)",
    { timeout: 60_000 },
    async ({ ahead }) => {
      const topic = await topicOf(6);
      const consumerGroup = randomUUID();
      const settings = { ...quick, consumerGroup };
      const boxes = [inbox(() => wait(2)), inbox(() => wait(2))];
      const first = await openBroker(kafka.address, settings);
      const deliverTo = (index: number) => (ahead > 1 ? orderly(boxes[index]!.deliver) : boxes[index]!.deliver);
      await first.subscribe({ topic, metadata: {}, ahead }, deliverTo(0));
      let published = 0;
      const enough = new AbortController();
      const publisher = await openBroker(kafka.address);
      const load = (async () => {
        for (; !enough.signal.aborted; published++) {
          const metadata = { partitionKey: `k${published % 20}` };
          await publisher.publish({ topic, data: bytes(String(published)), metadata });
        }
      })();
      await expect.poll(() => boxes[0]!.messages.length).toBeGreaterThan(100);

      const second = await openBroker(kafka.address, settings);
      await second.subscribe({ topic, metadata: {}, ahead }, deliverTo(1));
      const seen = [boxes[0]!.messages.length, boxes[1]!.messages.length];
      await expect.poll(() => boxes[1]!.messages.length).toBeGreaterThan(seen[1]! + 200);
      await expect.poll(() => boxes[0]!.messages.length).toBeGreaterThan(seen[0]! + 200);
      const shares = boxes.map((box, index) => new Set(box.messages.slice(seen[index]! + 100).map(partitionOf)));
      expect(shares.map(({ size }) => size)).toEqual([3, 3]);
      expect(new Set(shares.flatMap((share) => [...share])).size).toBe(6);

      await first.close();
      const taken = boxes[1]!.messages.length;
      await expect
        .poll(() => new Set(boxes[1]!.messages.slice(taken).map(partitionOf)).size, { timeout: 20_000 })
        .toBe(6);
      enough.abort();
      await load;
      const all = () => [...boxes[0]!.texts, ...boxes[1]!.texts];
      await expect.poll(() => new Set(all()).size, { timeout: 20_000 }).toBe(published);
      const duplicates = all().length - published;
      // Deliveries under way are waited for and written down before partitions go.
      expect(duplicates).toBe(0);
      for (const key of Array.from({ length: 20 }, (_, n) => `k${n}`)) {
        for (const box of boxes) {
          const numbers = box.messages
            .filter(({ metadata }) => metadata["__key"] === key)
            .map(({ data }) => Number(textOf(data)));
          expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
        }
      }
      await expect
        .poll(async () => (await committed(consumerGroup, topic)).reduce((sum, offset) => sum + offset))
        .toBe(published);
    },
  );

  it(
    "does not deliver again what was taken after its partition had moved and come back",
    { timeout: 60_000 },
    async () => {
      const topic = await topicOf(1);
      const consumerGroup = randomUUID();
      const settings = { ...quick, consumerGroup };
      const first = await openBroker(kafka.address, settings);
      let deliveries = 0;
      const slow = inbox(async (message) => {
        if (textOf(message.data) !== "slow") return;
        deliveries++;
        await wait(8_000);
      });
      await first.subscribe({ topic, metadata: {} }, slow.deliver);
      await first.publish({ topic, data: bytes("slow"), metadata: {} });
      await first.publish({ topic, data: bytes("next"), metadata: {} });
      await expect.poll(() => deliveries).toBe(1);
      // Another topic makes the member leave and join again in the middle of it.
      const other = inbox();
      const otherTopic = await topicOf(1);
      await first.subscribe({ topic: otherTopic, metadata: {} }, other.deliver);
      await first.publish({ topic: otherTopic, data: bytes("x"), metadata: {} });
      await expect.poll(() => other.texts).toEqual(["x"]);
      await expect.poll(() => slow.texts, { timeout: 20_000 }).toEqual(["slow", "next"]);
      expect(deliveries).toBe(1);
      await expect.poll(() => committed(consumerGroup, topic)).toEqual([2]);
    },
  );

  it("joins once for subscriptions that come together, and again for one that comes later", async () => {
    const topics = await Promise.all(Array.from({ length: 8 }, () => topicOf(1)));
    const { lines, logger } = recordingLogger();
    const broker = await openBroker(kafka.address, {}, logger);
    const joins = () => lines.filter(({ message }) => message.includes("Consumer has joined the group")).length;
    const box = inbox();
    await Promise.all(topics.slice(0, 7).map((topic) => broker.subscribe({ topic, metadata: {} }, box.deliver)));
    expect(joins()).toBe(1);
    await broker.subscribe({ topic: topics[7]!, metadata: {} }, box.deliver);
    expect(joins()).toBe(2);
    for (const topic of topics) await broker.publish({ topic, data: bytes(topic), metadata: {} });
    await expect.poll(() => new Set(box.texts)).toEqual(new Set(topics));
  });

  it("reads a topic that others of its group do not read", { timeout: 30_000 }, async () => {
    const [shared, own] = [await topicOf(2), await topicOf(2)];
    const settings = { ...quick, consumerGroup: randomUUID() };
    const boxes = [inbox(), inbox()];
    const first = await openBroker(kafka.address, settings);
    await first.subscribe({ topic: shared, metadata: {} }, boxes[0]!.deliver);
    const second = await openBroker(kafka.address, settings);
    // The first one leads the group, and has to share out partitions of a topic that it does not know.
    await Promise.all([shared, own].map((topic) => second.subscribe({ topic, metadata: {} }, boxes[1]!.deliver)));
    for (const partitionNumber of ["0", "1"]) {
      for (const topic of [shared, own])
        await first.publish({ topic, data: bytes(`${topic} ${partitionNumber}`), metadata: { partitionNumber } });
    }
    await expect.poll(() => boxes[0]!.messages.length + boxes[1]!.messages.length, { timeout: 10_000 }).toBe(4);
    expect(boxes[0]!.messages.map(({ topic }) => topic)).toEqual([shared]);
  });

  it("is in one group with clients of other makes", { timeout: 30_000 }, async () => {
    const topic = await topicOf(4);
    const consumerGroup = randomUUID();
    const box = inbox();
    const broker = await openBroker(kafka.address, {
      ...quick,
      consumerGroup,
      consumerGroupRebalanceStrategy: "roundrobin",
    });
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const { groups } = await admin.describeGroups([consumerGroup]);
    expect(groups[0]).toMatchObject({ protocolType: "consumer", protocol: "roundrobin", state: "Stable" });
    // The library's own strategy goes by another name: a member that has nothing in common with us is refused, not us.
    const stranger = consumer(consumerGroup);
    const crashed = new Promise((resolve) => stranger.on(stranger.events.CRASH, resolve));
    await stranger.subscribe({ topic });
    await stranger.run({ eachMessage: async () => {} });
    await crashed;
    await stranger.disconnect();
    await broker.publish({ topic, data: bytes("still here"), metadata: {} });
    await expect.poll(() => box.texts).toEqual(["still here"]);
  });

  it("reads partitions that are added later from their beginning", { timeout: 40_000 }, async () => {
    const topic = await topicOf(1);
    const broker = await openBroker(kafka.address, { clientConnectionTopicMetadataRefreshInterval: "500ms" });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const texts = ["0", "1", "2"];
    await expect
      .poll(() => broker.publish({ topic, data: bytes("2"), metadata: { partitionNumber: "2" } }).then(() => "sent"), {
        timeout: 10_000,
      })
      .toBe("sent");
    for (const partitionNumber of ["0", "1"])
      await broker.publish({ topic, data: bytes(partitionNumber), metadata: { partitionNumber } });
    await expect.poll(() => [...box.texts].sort(), { timeout: 20_000 }).toEqual(texts);
  });

  it("tells which topic cannot be, and goes on with the others", { timeout: 30_000 }, async () => {
    const topic = topicName();
    const broker = await openBroker(kafka.address);
    const box = inbox();
    const outcomes = await Promise.allSettled([
      broker.subscribe({ topic: `${topic}.a`, metadata: {} }, box.deliver),
      broker.publish({ topic: `${topic}.a`, data: bytes("early"), metadata: {} }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    // Brokers refuse a topic whose name differs from another one's in a dot and an underscore alone.
    await expect(broker.subscribe({ topic: `${topic}_a`, metadata: {} }, box.deliver)).rejects.toMatchObject({
      code: "not-found",
      message: new RegExp(`cannot subscribe to ${topic}_a`),
    });
    await broker.publish({ topic: `${topic}.a`, data: bytes("goes on"), metadata: {} });
    await expect.poll(() => box.texts).toContain("goes on");
  });
});
