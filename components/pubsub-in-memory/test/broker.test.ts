import { ComponentError, openComponent, type Message, type PubSub } from "@trilby/kit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import definition, { createBroker } from "../src/index.ts";

const limits = { maxMessages: 5, maxBytes: 1000, firstRetryMs: 100, longestRetryMs: 400 };
let warnings: string[];
let broker: PubSub;
beforeEach(() => {
  warnings = [];
  broker = createBroker({ warn: (problem) => void warnings.push(problem), limits });
});
afterEach(() => {
  vi.useRealTimers();
  return broker.close();
});

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = ({ data }: Message) => new TextDecoder().decode(data);
const publish = (topic: string, text: string) => broker.publish({ topic, data: bytes(text), metadata: {} });
const settled = () => new Promise(setImmediate);

/** Subscribes with a handler that keeps what it was given and answers as told. */
async function collect(topic: string, answer: (text: string, attempt: number) => Promise<void> | void = () => {}) {
  const got: string[] = [];
  const subscription = await broker.subscribe({ topic, metadata: {} }, async (message) => {
    const text = textOf(message);
    got.push(text);
    await answer(text, got.filter((each) => each === text).length);
  });
  return { got, subscription };
}

test("opens as a component without metadata", async () => {
  const component = await openComponent(definition, { name: "bus", properties: { consumerID: "app" } });
  expect(component.features).toContain("SUBSCRIBE_WILDCARDS");
  await component.close();
});

describe("delivery", () => {
  test("every subscription gets each message, in order, with all that came with it", async () => {
    const first: Message[] = [];
    await broker.subscribe({ topic: "t", metadata: {} }, async (message) => void first.push(message));
    const second = await collect("t");
    const other = await collect("other");
    await broker.publish({ topic: "t", data: bytes("1"), metadata: { key: "k" }, contentType: "text/plain" });
    await publish("t", "2");
    await settled();
    expect(first).toEqual([
      { topic: "t", data: bytes("1"), metadata: { key: "k" }, contentType: "text/plain" },
      { topic: "t", data: bytes("2"), metadata: {} },
    ]);
    expect(second.got).toEqual(["1", "2"]);
    expect(other.got).toEqual([]);
  });

  test("a message waits without the larger buffer that it came in", async () => {
    const got: Message[] = [];
    await broker.subscribe({ topic: "t", metadata: {} }, async (message) => void got.push(message));
    const chunk = new Uint8Array(64 * 1024).fill(7);
    await broker.publish({ topic: "t", data: chunk.subarray(100, 110), metadata: {} });
    await settled();
    expect(got[0]!.data).toEqual(new Uint8Array(10).fill(7));
    expect(got[0]!.data.buffer.byteLength).toBe(10);
  });

  test("one message at a time", async () => {
    let active = 0;
    let mostActive = 0;
    const { got } = await collect("t", async () => {
      mostActive = Math.max(mostActive, ++active);
      await settled();
      active--;
    });
    for (const text of ["1", "2", "3"]) await publish("t", text);
    await vi.waitFor(() => expect(got).toHaveLength(3));
    expect(mostActive).toBe(1);
  });

  test("a star takes topics that begin so and go on, and tells which", async () => {
    const topics: string[] = [];
    await broker.subscribe({ topic: "orders*", metadata: {} }, async ({ topic }) => void topics.push(topic));
    for (const topic of ["orders", "orders.new", "orders*", "order", "other"]) await publish(topic, "x");
    await settled();
    expect(topics).toEqual(["orders.new", "orders*"]);
  });

  test("what nobody subscribes to is gone", async () => {
    await publish("t", "early");
    const { got } = await collect("t");
    await settled();
    expect(got).toEqual([]);
  });

  test("a handler may publish to its own topic", async () => {
    const { got } = await collect("t", (text) => (text === "1" ? publish("t", "2") : undefined));
    await publish("t", "1");
    await settled();
    expect(got).toEqual(["1", "2"]);
  });

  test.each(["publish", "subscribe"] as const)("%s without a topic is refused", async (method) => {
    const call = method === "publish" ? publish("", "x") : collect("");
    await expect(call).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("a message that is refused", () => {
  test("comes again, later each time, while others pass by", async () => {
    vi.useFakeTimers();
    const times: number[] = [];
    const { got } = await collect("t", (text) => {
      if (text !== "bad") return;
      times.push(Date.now());
      if (times.length < 6) throw new Error("not yet");
    });
    await publish("t", "bad");
    await publish("t", "good");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(got).toEqual(["bad", "good", "bad", "bad", "bad", "bad", "bad"]);
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([100, 200, 400, 400, 400]);
    expect(warnings[0]).toBe("a message of t was refused (not yet); it is delivered again in 100 ms");
    expect(warnings).toHaveLength(5);
  });

  test("counts as waiting, and gives its place free when it is taken", async () => {
    vi.useFakeTimers();
    let refuse = true;
    const { got } = await collect("t", () => {
      if (refuse) throw new Error("no");
    });
    for (let count = 0; count < limits.maxMessages; count++) await publish("t", `${count}`);
    await vi.advanceTimersByTimeAsync(50);
    await expect(publish("t", "over")).rejects.toMatchObject({
      code: "resource-exhausted",
      message: expect.stringContaining("subscription to t has 5 messages waiting"),
    });
    refuse = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(got).toHaveLength(10);
    await publish("t", "after");
    await vi.advanceTimersByTimeAsync(1);
    expect(got.at(-1)).toBe("after");
  });

  test("because the subscriber went away keeps its place and is not counted", async () => {
    vi.useFakeTimers();
    const { got } = await collect("t", (text, attempt) => {
      if (text === "1" && attempt === 1) throw new ComponentError("cancelled", "gone");
    });
    await publish("t", "1");
    await publish("t", "2");
    await vi.advanceTimersByTimeAsync(1000);
    expect(got).toEqual(["1", "1", "2"]);
    expect(warnings).toEqual([]);
  });
});

describe("limits", () => {
  test("a slow subscription refuses what is too many, or too large, for all", async () => {
    const release = Promise.withResolvers<void>();
    const slow = await collect("t", () => release.promise);
    const quick = await collect("t");
    for (let count = 0; count < limits.maxMessages; count++) await publish("t", `${count}`);
    await expect(publish("t", "over")).rejects.toMatchObject({ code: "resource-exhausted" });
    release.resolve();
    await settled();
    expect(slow.got).toEqual(["0", "1", "2", "3", "4"]);
    expect(quick.got).toEqual(slow.got);
    await expect(publish("t", "x".repeat(1001))).rejects.toMatchObject({ code: "resource-exhausted" });
    await publish("t", "x".repeat(1000));
  });

  test("thousands of messages keep their order", async () => {
    const wide = createBroker({ warn: () => {} });
    const got: number[] = [];
    await wide.subscribe({ topic: "t", metadata: {} }, async (message) => void got.push(Number(textOf(message))));
    for (let count = 0; count < 20_000; count++)
      await wide.publish({ topic: "t", data: bytes(`${count}`), metadata: {} });
    await vi.waitFor(() => expect(got).toHaveLength(20_000));
    expect(got.every((value, index) => value === index)).toBe(true);
    await wide.close();
  });
});

describe("close of a subscription", () => {
  test("waits for the delivery under way and takes nothing new", async () => {
    const release = Promise.withResolvers<void>();
    const { got, subscription } = await collect("t", () => release.promise);
    await publish("t", "1");
    await settled();
    let closed = false;
    const closing = subscription.close().then(() => (closed = true));
    await publish("t", "nobody");
    await settled();
    expect(closed).toBe(false);
    release.resolve();
    await closing;
    await subscription.close();
    expect(got).toEqual(["1"]);
  });

  test("leaves what was not finished to the next with its topic", async () => {
    const release = Promise.withResolvers<void>();
    const { subscription } = await collect("t", async (text) => {
      if (text === "refused") throw new Error("no");
      await release.promise;
      throw new ComponentError("cancelled", "gone");
    });
    for (const text of ["refused", "cut", "queued"]) await publish("t", text);
    await settled();
    const closing = subscription.close();
    release.resolve();
    await closing;
    const other = await collect("t2");
    const next = await collect("t");
    const third = await collect("t");
    await settled();
    expect(next.got).toEqual(["refused", "cut", "queued"]);
    expect([other.got, third.got]).toEqual([[], []]);
  });

  test("does not disturb others, and leaves no timer", async () => {
    vi.useFakeTimers();
    const one = await collect("t", () => {
      throw new Error("no");
    });
    const two = await collect("t");
    await publish("t", "1");
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(1);
    await one.subscription.close();
    expect(vi.getTimerCount()).toBe(0);
    await publish("t", "2");
    await vi.advanceTimersByTimeAsync(1);
    expect(two.got).toEqual(["1", "2"]);
  });
});

describe("pause", () => {
  test("holds all subscriptions, new ones too, until resume", async () => {
    const before = await collect("t");
    await broker.pause!();
    await broker.pause!();
    const during = await collect("t");
    await publish("t", "1");
    await settled();
    expect([before.got, during.got]).toEqual([[], []]);
    await broker.resume!();
    await broker.resume!();
    await publish("t", "2");
    await settled();
    expect([before.got, during.got]).toEqual([
      ["1", "2"],
      ["1", "2"],
    ]);
  });

  test("lets the delivery under way finish", async () => {
    const release = Promise.withResolvers<void>();
    const { got } = await collect("t", () => release.promise);
    await publish("t", "1");
    await publish("t", "2");
    await settled();
    await broker.pause!();
    release.resolve();
    await settled();
    expect(got).toEqual(["1"]);
    await broker.resume!();
    await settled();
    expect(got).toEqual(["1", "2"]);
  });
});

test("close of the broker ends everything that waits", async () => {
  vi.useFakeTimers();
  await collect("t", () => {
    throw new Error("no");
  });
  await publish("t", "1");
  await vi.advanceTimersByTimeAsync(1);
  await broker.close();
  expect(vi.getTimerCount()).toBe(0);
});
