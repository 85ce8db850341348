import { randomUUID } from "node:crypto";
import { describeService } from "@trilby/services/vitest";
import { expect, it } from "vitest";
import { otherClient, wait } from "./client.ts";
import { bytes, inbox, openBroker, recordingLogger } from "./open.ts";
import { orderly } from "./orderly.ts";

describeService("kafka", { killable: true }, async (kafka) => {
  const { committed, topicOf } = await otherClient(kafka.address);

  it("loses nothing when the broker is killed and started again under load", { timeout: 120_000 }, async () => {
    const topic = await topicOf(4);
    const consumerGroup = randomUUID();
    const { lines, logger } = recordingLogger();
    const broker = await openBroker(kafka.address, { consumerGroup, backOffDuration: "20ms" }, logger);
    let calls = 0;
    const box = inbox(async () => {
      await wait(1);
      if (++calls % 11 === 0) throw new Error("now and then");
    });
    await broker.subscribe({ topic, metadata: {}, ahead: 8 }, orderly(box.deliver));

    const enough = new AbortController();
    const acknowledged = new Set<string>();
    let refused = 0;
    const publish = async (lane: number) => {
      for (let n = 0; !enough.signal.aborted; n++) {
        const text = `${lane} ${n}`;
        const metadata = { partitionKey: `k${lane}` };
        // What is published faster than it is handled has to be handled in the end.
        while (acknowledged.size - box.messages.length > 1_000 && !enough.signal.aborted) await wait(5);
        await broker.publish({ topic, data: bytes(text), metadata }).then(
          () => acknowledged.add(text),
          () => refused++,
        );
      }
    };
    const lanes = Promise.all(Array.from({ length: 8 }, (_, lane) => publish(lane)));
    for (let outage = 0; outage < 2; outage++) {
      const before = box.messages.length;
      await expect.poll(() => box.messages.length, { timeout: 20_000 }).toBeGreaterThan(before + 300);
      await kafka.kill();
      await wait(1_500);
      await kafka.restart();
    }
    const before = box.messages.length;
    await expect.poll(() => box.messages.length, { timeout: 30_000 }).toBeGreaterThan(before + 300);
    enough.abort();
    await lanes;

    const missing = () => {
      const handled = new Set(box.texts);
      return [...acknowledged].filter((text) => !handled.has(text));
    };
    await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
    const duplicates = box.messages.length - new Set(box.texts).size;
    console.info(
      `${acknowledged.size} published, ${refused} refused, ${box.messages.length} handled, ${duplicates} of them twice`,
    );
    // All of it is handled or still on the broker: nothing is left behind what the group has written down.
    await expect.poll(async () => (await committed(consumerGroup, topic)).every((offset) => offset > 0)).toBe(true);
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    expect(
      lines.filter(({ level, message }) => level === "warn" && !message.includes("was refused")).length,
    ).toBeLessThan(20);
  });

  it("goes on after the broker hung for longer than the session's timeout", { timeout: 90_000 }, async () => {
    const topic = await topicOf(2);
    const settings = {
      sessionTimeout: "6s",
      heartbeatInterval: "500ms",
      readTimeout: "3s",
      dialTimeout: "3s",
      producerRetryMax: "2",
    };
    const broker = await openBroker(kafka.address, settings);
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await broker.publish({ topic, data: bytes("before"), metadata: {} });
    await expect.poll(() => box.texts).toEqual(["before"]);
    await kafka.pause();
    const started = performance.now();
    const refusal = await broker
      .publish({ topic, data: bytes("meanwhile"), metadata: {} })
      .catch((error: unknown) => error);
    expect(performance.now() - started).toBeLessThan(30_000);
    await kafka.resume();
    if (refusal !== undefined)
      expect(refusal).toMatchObject({ code: expect.stringMatching(/deadline-exceeded|unavailable/) });
    await broker.publish({ topic, data: bytes("after"), metadata: {} });
    await expect.poll(() => box.texts, { timeout: 30_000 }).toContain("after");
  });

  it(
    "subscribes when the broker comes back, and is closed in good time when it does not",
    { timeout: 60_000 },
    async () => {
      const topic = await topicOf(1);
      const { lines, logger } = recordingLogger();
      const broker = await openBroker(kafka.address, {}, logger);
      const leaving = await openBroker(kafka.address);
      await leaving.subscribe({ topic, metadata: {} }, inbox().deliver);
      await kafka.kill();
      const box = inbox();
      const subscribing = broker.subscribe({ topic, metadata: {} }, box.deliver);
      await expect(broker.ping!()).rejects.toMatchObject({ code: "unavailable" });
      const started = performance.now();
      await leaving.close();
      expect(performance.now() - started).toBeLessThan(12_000);
      await kafka.restart();
      await subscribing;
      await broker.ping!();
      await broker.publish({ topic, data: bytes("back"), metadata: {} });
      await expect.poll(() => box.texts, { timeout: 20_000 }).toEqual(["back"]);
      expect(lines.filter(({ level }) => level === "error")).toEqual([]);
    },
  );
});
