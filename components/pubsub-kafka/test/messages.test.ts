import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { describeService } from "@trilby/services/vitest";
import { describe, expect, it } from "vitest";
import { otherClient } from "./client.ts";
import { bytes, inbox, openBroker, recordingLogger, textOf, topicName } from "./open.ts";

describeService("kafka", async (kafka) => {
  const { admin, consumer, producer, topicOf } = await otherClient(kafka.address);

  it("delivers what is published after the subscription, in order, and nothing from before", async () => {
    const broker = await openBroker(kafka.address);
    const topic = topicName();
    await broker.publish({ topic, data: bytes("too early"), metadata: {} });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const published = Array.from({ length: 100 }, (_, n) => `m${n}`);
    for (const text of published) await broker.publish({ topic, data: bytes(text), metadata: {} });
    await expect.poll(() => box.texts).toEqual(published);
  });

  it("begins with the oldest when told so", async () => {
    const topic = topicName();
    const broker = await openBroker(kafka.address, { initialOffset: "oldest" });
    for (const text of ["a", "b"]) await broker.publish({ topic, data: bytes(text), metadata: {} });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await expect.poll(() => box.texts).toEqual(["a", "b"]);
  });

  it("goes on where its group stopped, and never skips what was published in between", async () => {
    const topic = topicName();
    const consumerGroup = randomUUID();
    const first = await openBroker(kafka.address, { consumerGroup });
    const early = inbox();
    const subscription = await first.subscribe({ topic, metadata: {} }, early.deliver);
    await first.publish({ topic, data: bytes("1"), metadata: {} });
    await expect.poll(() => early.texts).toEqual(["1"]);
    await subscription.close();
    await first.publish({ topic, data: bytes("2"), metadata: {} });
    await first.close();
    const second = await openBroker(kafka.address, { consumerGroup });
    await second.publish({ topic, data: bytes("3"), metadata: {} });
    const late = inbox();
    await second.subscribe({ topic, metadata: {} }, late.deliver);
    await expect.poll(() => late.texts).toEqual(["2", "3"]);
    expect(early.texts).toEqual(["1"]);
  });

  it("keeps what was never acknowledged although the group begins with the newest", async () => {
    const topic = topicName();
    const consumerGroup = randomUUID();
    const first = await openBroker(kafka.address, { consumerGroup, backOffDuration: "50ms" });
    let refusals = 0;
    const refuse = () => {
      refusals++;
      throw new Error("not now");
    };
    await first.subscribe({ topic, metadata: {} }, inbox(refuse).deliver);
    await first.publish({ topic, data: bytes("first ever"), metadata: {} });
    await expect.poll(() => refusals).toBeGreaterThan(1);
    await first.close();
    const second = await openBroker(kafka.address, { consumerGroup });
    const box = inbox();
    await second.subscribe({ topic, metadata: {} }, box.deliver);
    await expect.poll(() => box.texts).toEqual(["first ever"]);
  });

  it("says what is known about a record, and carries metadata as headers", async () => {
    const topic = await topicOf(3);
    const broker = await openBroker(kafka.address, { excludeHeaderMetaRegex: "^secret" });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const before = Date.now();
    const metadata = { partitionKey: "k1", kind: "a b&c", secretWord: "x", ünï: "çödé" };
    await broker.publish({ topic, data: bytes("{}"), metadata });
    await expect.poll(() => box.messages.length).toBe(1);
    const { topic: from, metadata: received } = box.messages[0]!;
    expect(from).toBe(topic);
    expect(received).toEqual({
      __key: "k1",
      __offset: "0",
      __topic: topic,
      __partition: expect.stringMatching(/^[012]$/),
      __timestamp: expect.stringMatching(/^\d{13}$/),
      partitionKey: "k1",
      kind: "a b&c",
      ünï: "çödé",
    });
    expect(Number(received["__timestamp"])).toBeGreaterThanOrEqual(before - 1_000);
  });

  it("escapes keys and headers like a query when told so", async () => {
    const topic = topicName();
    const broker = await openBroker(kafka.address, { escapeHeaders: "true" });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await broker.publish({ topic, data: bytes("x"), metadata: { __key: "a b", note: "50% (é)!*'~" } });
    await expect.poll(() => box.messages.length).toBe(1);
    expect(box.messages[0]!.metadata).toMatchObject({ __key: "a+b", note: "50%25+%28%C3%A9%29%21%2A%27~" });
  });

  it("puts a key where Dapr's component puts it, and a message where partitionNumber says", async () => {
    const topic = await topicOf(10);
    const broker = await openBroker(kafka.address);
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    // FNV-1a of "a" is 0xe40c292c, which is -468965076 as a signed number.
    await broker.publish({ topic, data: bytes("x"), metadata: { partitionKey: "a" } });
    await broker.publish({ topic, data: bytes("x"), metadata: { __key: "a" } });
    await broker.publish({ topic, data: bytes("x"), metadata: { partitionKey: "a", partitionNumber: "3" } });
    await expect.poll(() => box.messages.length).toBe(3);
    const partitions = box.messages.map(({ metadata }) => Number(metadata["__partition"]));
    expect(partitions.sort((left, right) => left - right)).toEqual([3, 6, 6]);
    const outOfRange = broker.publish({ topic, data: bytes("x"), metadata: { partitionNumber: "10" } });
    await expect(outOfRange).rejects.toMatchObject({
      code: "invalid-argument",
      message: /out of range.*10 partitions/,
    });
    const unreadable = broker.publish({ topic, data: bytes("x"), metadata: { partitionNumber: "-1" } });
    await expect(unreadable).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("writes null as a tombstone and reads a tombstone as null; empty stays empty", async () => {
    const topic = topicName();
    const broker = await openBroker(kafka.address);
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await broker.publish({ topic, data: bytes("null"), metadata: { partitionKey: "gone" } });
    await broker.publish({ topic, data: bytes(""), metadata: {} });
    await expect.poll(() => box.texts).toEqual(["null", ""]);
    const values: (Buffer | null)[] = [];
    const raw = consumer(randomUUID());
    await raw.subscribe({ topic, fromBeginning: true });
    await raw.run({ eachMessage: async ({ message }) => void values.push(message.value) });
    await expect.poll(() => values.length, { timeout: 10_000 }).toBe(2);
    await raw.disconnect();
    expect(values).toEqual([null, Buffer.alloc(0)]);
  });

  it("reads records of others: headers without a value, several of one name, keys of bytes", async () => {
    const topic = topicName();
    const broker = await openBroker(kafka.address, { initialOffset: "oldest" });
    await producer.send({ topic, messages: [{ key: null, value: "v", headers: { twice: ["1", "2"], empty: "" } }] });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    await expect.poll(() => box.messages.length).toBe(1);
    expect(box.messages[0]!.metadata).toMatchObject({ twice: "2", empty: "" });
    expect(box.messages[0]!.metadata).not.toHaveProperty("__key");
  });

  describe.each(["gzip", "zstd"])("compression %s", (compression) => {
    it("is written and read", async () => {
      const topic = topicName();
      const broker = await openBroker(kafka.address, { compression });
      const box = inbox();
      await broker.subscribe({ topic, metadata: {} }, box.deliver);
      const text = "again and again ".repeat(10_000);
      await broker.publish({ topic, data: bytes(text), metadata: {} });
      await expect.poll(() => box.texts).toEqual([text]);
      const { size } = await sizeOf(topic);
      expect(size).toBeLessThan(text.length / 10);
    });
  });

  async function sizeOf(topic: string): Promise<{ size: number }> {
    let size = 0;
    const raw = consumer(randomUUID());
    raw.on(raw.events.REQUEST, ({ payload }) => {
      if (payload.apiName === "Fetch") size = Math.max(size, payload.size);
    });
    await raw.subscribe({ topic, fromBeginning: true });
    await raw.run({ eachMessage: async () => {} });
    await expect.poll(() => size, { timeout: 10_000 }).toBeGreaterThan(0);
    await raw.disconnect();
    return { size };
  }

  it("publishes in bulk, and names the entries that failed", async () => {
    const topic = topicName();
    const broker = await openBroker(kafka.address, { maxMessageBytes: "2000" });
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const entries = Array.from({ length: 1_200 }, (_, n) => ({
      entryId: `e${n}`,
      event: n === 7 ? new Uint8Array(3_000) : bytes(`b${n}`),
      contentType: "text/plain",
      metadata: { n: String(n), shared: "entry", ...(n === 9 && { partitionNumber: "77" }) },
    }));
    const failed = await broker.bulkPublish!({ topic, entries, metadata: { shared: "request" } });
    expect(failed.map(({ entryId }) => entryId).sort()).toEqual(["e7", "e9"]);
    expect(failed.find(({ entryId }) => entryId === "e7")!.error).toMatch(/3\d{3} bytes.*maxMessageBytes is 2000/);
    expect(failed.find(({ entryId }) => entryId === "e9")!.error).toMatch(/out of range/);
    await expect.poll(() => new Set(box.texts).size).toBe(1_198);
    const five = box.messages.find(({ data }) => textOf(data) === "b5")!;
    expect(five.metadata).toMatchObject({ n: "5", shared: "request" });
  });

  it("tells which message was too large for the broker, and delivers those beside it", async () => {
    const topic = topicName();
    await admin.createTopics({
      topics: [{ topic, configEntries: [{ name: "max.message.bytes", value: "1000" }] }],
      waitForLeaders: true,
    });
    const { logger } = recordingLogger();
    const broker = await openBroker(kafka.address, {}, logger);
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const sizes = [10, 5_000, 20, 30];
    const outcomes = await Promise.allSettled(
      sizes.map((size) => broker.publish({ topic, data: bytes("x".repeat(size)), metadata: {} })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "resource-exhausted" } });
    await expect.poll(() => new Set(box.texts.map(({ length }) => length))).toEqual(new Set([10, 20, 30]));
  });

  it("carries thousands of messages published side by side", { timeout: 30_000 }, async () => {
    const topic = await topicOf(4);
    const broker = await openBroker(kafka.address);
    const box = inbox();
    await broker.subscribe({ topic, metadata: {} }, box.deliver);
    const texts = Array.from({ length: 5_000 }, (_, n) => `m${n}`);
    await Promise.all(texts.map((text) => broker.publish({ topic, data: bytes(text), metadata: {} })));
    await expect.poll(() => box.messages.length, { timeout: 20_000 }).toBe(5_000);
    expect([...box.texts].sort()).toEqual(texts.sort());
  });

  it("refuses topics that cannot be, Avro, and a group without a name, and says why", async () => {
    const broker = await openBroker(kafka.address);
    for (const topic of ["a b", "", "..", "ä", "x".repeat(250)]) {
      await expect(broker.publish({ topic, data: bytes("x"), metadata: {} })).rejects.toMatchObject({
        code: "invalid-argument",
        message: /cannot be a Kafka topic/,
      });
      await expect(broker.subscribe({ topic, metadata: {} }, async () => {})).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    const metadata = { valueSchemaType: "Avro" };
    const topic = topicName();
    await expect(broker.publish({ topic, data: bytes("{}"), metadata })).rejects.toMatchObject({
      code: "unimplemented",
    });
    await expect(broker.subscribe({ topic, metadata }, async () => {})).rejects.toMatchObject({
      code: "unimplemented",
    });
    const nameless = await openBroker(kafka.address, { consumerID: "" });
    await expect(nameless.subscribe({ topic, metadata: {} }, async () => {})).rejects.toMatchObject({
      code: "failed-precondition",
      message: /set consumerGroup or consumerID/,
    });
  });

  it("names the codec that it cannot read", async () => {
    await expect(openBroker(kafka.address, { compression: "snappy" })).rejects.toMatchObject({
      code: "invalid-metadata",
      message: /compression snappy is not supported yet: use none, gzip or zstd/,
    });
  });

  it("answers a ping", async () => {
    const broker = await openBroker(kafka.address);
    await broker.ping!();
    await broker.ping!();
  });

  it("writes nothing to the console", () => {
    const script = fileURLToPath(new URL("quiet.ts", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, kafka.address], { encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
