import { randomUUID } from "node:crypto";
import { describeService } from "@trilby/services/vitest";
import { describe, expect, it } from "vitest";
import { create, inbox, openBinding, recordingLogger, textOf, wait } from "./open.ts";

describeService("mosquitto", { killable: true }, (mosquitto) => {
  describe.each([{ protocolVersion: "4" }, { protocolVersion: "5" }])("MQTT with %o", (version) => {
    it("loses nothing when the broker is killed and started again under load", { timeout: 90_000 }, async () => {
      const { lines, logger } = recordingLogger();
      const binding = await openBinding(mosquitto.url, version, logger);
      const box = inbox(() => wait(1));
      await binding.read(box.deliver);
      const enough = new AbortController();
      const acknowledged = new Set<string>();
      let refused = 0;
      const lanes = Promise.all(
        Array.from({ length: 8 }, async (_, lane) => {
          for (let n = 0; !enough.signal.aborted; n++) {
            const text = `${lane} ${n}`;
            await create(binding, text).then(
              () => acknowledged.add(text),
              () => refused++,
            );
          }
        }),
      );
      for (let outage = 0; outage < 2; outage++) {
        const before = box.events.length;
        await expect.poll(() => box.events.length, { timeout: 20_000 }).toBeGreaterThan(before + 100);
        await mosquitto.kill();
        await wait(500);
        await mosquitto.restart();
      }
      const before = box.events.length;
      await expect.poll(() => box.events.length, { timeout: 20_000 }).toBeGreaterThan(before + 100);
      enough.abort();
      await lanes;
      const missing = () => {
        const handled = new Set(box.texts);
        return [...acknowledged].filter((text) => !handled.has(text));
      };
      await expect.poll(missing, { timeout: 20_000 }).toEqual([]);
      const duplicates = box.events.length - new Set(box.texts).size;
      console.info(
        `${acknowledged.size} published, ${refused} refused, ${box.events.length} handled, ${duplicates} of them twice`,
      );
      const problems = lines.filter(({ level }) => level === "warn" || level === "error");
      // The beginning of each outage, for each of the two connections.
      expect(problems.length).toBeLessThanOrEqual(4);
    });

    it("does not deliver an event twice whose connection was lost in the middle", { timeout: 40_000 }, async () => {
      const consumerID = randomUUID();
      const binding = await openBinding(mosquitto.url, { ...version, consumerID });
      const finish = Promise.withResolvers<void>();
      let deliveries = 0;
      const box = inbox(async ({ data }) => {
        deliveries++;
        if (textOf(data) === "slow") await finish.promise;
      });
      await binding.read(box.deliver);
      await create(binding, "slow");
      await create(binding, "done while away");
      await expect.poll(() => deliveries).toBe(2);
      // The broker writes its database between two turns of its loop.
      await wait(300);
      await mosquitto.kill();
      await mosquitto.restart();
      await create(binding, "back");
      await expect.poll(() => box.texts, { timeout: 10_000 }).toContain("back");
      finish.resolve();
      await expect.poll(() => box.texts.length).toBe(3);
      await wait(300);
      const acknowledgements = mosquitto
        .log()
        .split("\n")
        .filter((line) => line.includes("PUBACK from") && line.includes(`${consumerID}-consumer`));
      expect(deliveries).toBe(3);
      expect(acknowledgements.length).toBeGreaterThanOrEqual(3);
    });
  });

  it(
    "begins to read when the broker is there, and fails to create in good time when it is not",
    { timeout: 60_000 },
    async () => {
      await mosquitto.kill();
      const { lines, logger } = recordingLogger();
      const consumerID = randomUUID();
      const binding = await openBinding(mosquitto.url, { consumerID }, logger);
      const started = performance.now();
      const box = inbox();
      const [failure] = await Promise.all([
        create(binding, "lost").catch((error: unknown) => error),
        binding.read(box.deliver),
      ]);
      expect(performance.now() - started).toBeLessThan(12_000);
      expect(failure).toMatchObject({ code: "unavailable", message: /cannot publish to .*ECONNREFUSED/ });
      expect(lines.map(({ message }) => message).join()).toMatch(/reading .* begins when it can/);
      await mosquitto.restart();
      // Nobody keeps what is published before the first subscription.
      await expect.poll(() => mosquitto.log(), { timeout: 10_000 }).toContain(`SUBSCRIBE from ${consumerID}-consumer`);
      await create(binding, "there");
      await expect.poll(() => box.texts, { timeout: 10_000 }).toEqual(["there"]);
    },
  );

  it("does not publish later what it said had failed", { timeout: 60_000 }, async () => {
    const binding = await openBinding(mosquitto.url);
    const box = inbox();
    await binding.read(box.deliver);
    await create(binding, "before");
    await mosquitto.kill();
    const given = new AbortController();
    const failing = binding.invoke(
      { operation: "create", data: Buffer.from("given up"), metadata: {} },
      { signal: given.signal },
    );
    await wait(100);
    given.abort();
    await expect(failing).rejects.toMatchObject({ code: "cancelled" });
    await mosquitto.restart();
    await create(binding, "after");
    await expect.poll(() => box.texts, { timeout: 10_000 }).toContain("after");
    await wait(500);
    expect(box.texts).not.toContain("given up");
  });
});
