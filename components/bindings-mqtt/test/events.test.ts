import { randomUUID } from "node:crypto";
import { describeService } from "@trilby/services/vitest";
import { describe, expect, it } from "vitest";
import { create, inbox, openBinding, recordingLogger, textOf, topicName, wait } from "./open.ts";

describeService("mosquitto", (mosquitto) => {
  describe.each([{ protocolVersion: "4" }, { protocolVersion: "5" }])("MQTT with %o", (version) => {
    const open = (properties: Record<string, string> = {}, logger?: Parameters<typeof openBinding>[2]) =>
      openBinding(mosquitto.url, { ...version, ...properties }, logger);
    const acknowledgements = (consumerID: string) =>
      mosquitto.log().split(`Received PUBACK from ${consumerID}-consumer`).length - 1;

    it("reads what is created, and names the topic", async () => {
      const topic = topicName();
      const binding = await open({ topic });
      const box = inbox();
      await binding.read(box.deliver);
      for (const text of ["a", "", "ü\0"]) await create(binding, text);
      await expect.poll(() => [...box.texts].sort()).toEqual(["", "a", "ü\0"]);
      expect(box.events.map(({ metadata }) => metadata)).toEqual([{ topic }, { topic }, { topic }]);
    });

    it("creates in another topic when the request names one, and reads filters", async () => {
      const topic = topicName();
      const binding = await open({ topic: `${topic}/+/end/#` });
      const box = inbox();
      await binding.read(box.deliver);
      await create(binding, "1", { topic: `${topic}/x/end` });
      await create(binding, "2", { topic: `${topic}/y/end/more/levels` });
      await create(binding, "3", { topic: `${topic}/y/other` });
      await expect
        .poll(() => box.events.map(({ metadata }) => String(metadata["topic"])).sort())
        .toEqual([`${topic}/x/end`, `${topic}/y/end/more/levels`]);
      await expect(create(binding, "4")).rejects.toMatchObject({
        code: "invalid-argument",
        message: /holds a wildcard; name a topic/,
      });
    });

    it("acknowledges an event only when the application has taken it", async () => {
      const consumerID = randomUUID();
      const binding = await open({ consumerID });
      const finish = Promise.withResolvers<void>();
      let started = 0;
      const box = inbox(async (event) => {
        started++;
        if (textOf(event.data) === "slow") await finish.promise;
      });
      await binding.read(box.deliver);
      await create(binding, "slow");
      await create(binding, "quick");
      await expect.poll(() => box.texts).toEqual(["quick"]);
      await expect.poll(() => acknowledgements(consumerID)).toBe(1);
      await wait(200);
      expect(acknowledgements(consumerID)).toBe(1);
      finish.resolve();
      await expect.poll(() => acknowledgements(consumerID)).toBe(2);
      expect(started).toBe(2);
    });

    it(
      "delivers a refused event again after 5 s, and leaves it on the broker when the reader goes",
      { timeout: 30_000 },
      async () => {
        const [topic, consumerID] = [topicName(), randomUUID()];
        const { lines, logger } = recordingLogger();
        const binding = await open({ topic, consumerID, backOffMaxRetries: "1" }, logger);
        const times: number[] = [];
        const refusing = await binding.read(async () => {
          times.push(performance.now());
          throw new Error("not now");
        });
        await create(binding, "kept");
        await expect.poll(() => times.length, { timeout: 8_000 }).toBe(2);
        expect(times[1]! - times[0]!).toBeGreaterThan(4_900);
        await expect.poll(() => lines.map(({ level }) => level)).toEqual(["warn", "error"]);
        expect(lines[0]!.message).toBe(
          `an event of ${topic} was refused (not now); it stays unacknowledged and is delivered again in 5 s`,
        );
        await refusing.close();
        const box = inbox();
        await binding.read(box.deliver);
        await expect.poll(() => box.texts).toEqual(["kept"]);
      },
    );

    it("keeps events for a reader that is away, unless the session is clean", async () => {
      const topic = topicName();
      const sender = await open({ topic });
      const kept = await open({ topic });
      const forgotten = await open({ topic, cleanSession: "true" });
      for (const binding of [kept, forgotten]) await (await binding.read(inbox().deliver)).close();
      await create(sender, "meanwhile");
      const boxes = [inbox(), inbox()];
      await kept.read(boxes[0]!.deliver);
      await forgotten.read(boxes[1]!.deliver);
      await create(sender, "afterwards");
      await expect.poll(() => [...boxes[0]!.texts].sort()).toEqual(["afterwards", "meanwhile"]);
      await expect.poll(() => boxes[1]!.texts).toEqual(["afterwards"]);
    });

    it("shares a subscription among readers of one group", async () => {
      const topic = topicName();
      const readers = await Promise.all([1, 2].map(() => open({ topic: `$share/group/${topic}` })));
      const outsider = await open({ topic });
      const boxes = [inbox(), inbox(), inbox()];
      await Promise.all([...readers, outsider].map((binding, index) => binding.read(boxes[index]!.deliver)));
      for (let n = 0; n < 20; n++) await create(outsider, String(n));
      await expect.poll(() => boxes[2]!.texts.length).toBe(20);
      await expect.poll(() => new Set([...boxes[0]!.texts, ...boxes[1]!.texts]).size).toBe(20);
      expect(boxes.slice(0, 2).map(({ texts }) => texts.length)).toEqual([10, 10]);
    });

    it("keeps the last event for later readers when told to retain", async () => {
      const topic = topicName();
      await create(await open({ topic, retain: "true" }), "last");
      const box = inbox();
      await (await open({ topic })).read(box.deliver);
      await expect.poll(() => box.texts).toEqual(["last"]);
    });

    it("hands out a bounded number of events at a time, and all of them in the end", { timeout: 30_000 }, async () => {
      const binding = await open();
      let busy = 0;
      let mostBusy = 0;
      const box = inbox(async () => {
        mostBusy = Math.max(mostBusy, ++busy);
        await wait(2);
        busy--;
      });
      await binding.read(box.deliver);
      const texts = Array.from({ length: 500 }, (_, n) => String(n));
      await Promise.all(texts.map((text) => create(binding, text)));
      await expect.poll(() => box.events.length, { timeout: 20_000 }).toBe(500);
      expect(new Set(box.texts)).toEqual(new Set(texts));
      expect(mostBusy).toBeLessThanOrEqual(100);
      expect(mostBusy).toBeGreaterThan(1);
    });

    it("closing waits for the event under way and acknowledges it", async () => {
      const consumerID = randomUUID();
      const binding = await open({ consumerID });
      const started = Promise.withResolvers<void>();
      const box = inbox(async () => {
        started.resolve();
        await wait(200);
      });
      const reader = await binding.read(box.deliver);
      await create(binding, "last");
      await started.promise;
      await reader.close();
      expect(box.texts).toEqual(["last"]);
      await expect.poll(() => acknowledgements(consumerID)).toBe(1);
    });

    it("takes one reader at a time", async () => {
      const binding = await open();
      const reader = await binding.read(inbox().deliver);
      await expect(binding.read(inbox().deliver)).rejects.toMatchObject({ code: "failed-precondition" });
      const box = inbox();
      await Promise.all([reader.close(), binding.read(box.deliver)]);
      await create(binding, "x");
      await expect.poll(() => box.texts).toEqual(["x"]);
    });

    it("answers a ping", async () => {
      const binding = await open();
      await binding.ping();
    });
  });

  it("refuses topics that brokers hang up on", async () => {
    const binding = await openBinding(mosquitto.url);
    for (const topic of ["a/#", "+", "x\0", "\ud800", "$share/g/t", "y".repeat(65_536)]) {
      await expect(create(binding, "x", { topic })).rejects.toMatchObject({
        code: "invalid-argument",
        message: /^cannot publish to/,
      });
    }
    await create(binding, "fine");
  });
});
