import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { bytes, inbox, open, topicName } from "./open.ts";

/** Publishes a message and receives it. */
export async function roundTrip(properties: Record<string, string>): Promise<void> {
  const { instance } = await open({ consumerID: randomUUID(), ...properties });
  const topic = topicName();
  const box = inbox();
  await instance.subscribe({ topic, metadata: {} }, box.deliver);
  await instance.publish({ topic, data: bytes("safe"), metadata: {} });
  await expect.poll(() => box.texts).toEqual(["safe"]);
}

/** Settings that fail soon enough for a test. */
export const impatient = { producerRetryMax: "0", dialTimeout: "2s" };
