import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { PullMessagesRequest, PullMessagesResponse } from "@trilby/proto/components";
import { ComponentError } from "@trilby/kit";
import type { Message } from "@trilby/kit";
import { remotePubSub } from "@trilby/kit/client";
import type { DeliveryOptions, RemotePubSub } from "@trilby/kit/client";
import { RpcCode } from "@trilby/kit/transport";
import type { Channel, ClientStream } from "@trilby/kit/transport";
import { string, text } from "../transport/fixture.ts";
import { puppet } from "./components.ts";
import { channelTo, served } from "./fixture.ts";

const message = (data: string, more = {}): Message => ({ data: text(data), topic: "orders", metadata: {}, ...more });
const opened = async (channel: Channel, options?: DeliveryOptions): Promise<RemotePubSub> =>
  (await remotePubSub(channel, "bus", options).init({})).instance;
const failure = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => expect.fail("should have failed"),
    (error: unknown) => error,
  );
const cancelled = { code: "cancelled" };

/** The stream as a client in any language speaks it. */
async function pull(channel: Channel, topic?: { name: string; metadata: Record<string, string> }) {
  const stream: ClientStream = channel.stream("/dapr.proto.components.v1.PubSub/PullMessages", {
    metadata: [["x-component-instance", "bus"]],
  });
  const messages = stream.messages[Symbol.asyncIterator]();
  const send = (request: Partial<PullMessagesRequest>) =>
    stream.send(
      PullMessagesRequest.encode({ topic: undefined, ackMessageId: "", ackError: undefined, ...request }).finish(),
    );
  await send({ topic });
  return { stream, send, next: async () => PullMessagesResponse.decode((await messages.next()).value) };
}

test("publish carries topic, bytes, metadata and content type", async () => {
  const { definition, log } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  await bus.publish({ topic: "orders", data: text("1"), metadata: { partitionKey: "p" }, contentType: "text/plain" });
  await bus.publish({ topic: "orders", data: text("2"), metadata: {} });
  expect(log.map((line) => JSON.parse(line))).toEqual([
    { topic: "orders", data: "1", metadata: { partitionKey: "p" }, contentType: "text/plain" },
    { topic: "orders", data: "2", metadata: {} },
  ]);
});

test("bulk publish names the entries that failed, and is missing where the feature is", async () => {
  const { channel } = await served([puppet().definition]);
  const entry = (entryId: string, contentType: string) => ({
    entryId,
    event: text(entryId),
    contentType,
    metadata: {},
  });
  const bus = await opened(channel);
  expect(
    await bus.bulkPublish!({ topic: "orders", entries: [entry("1", "good"), entry("2", "bad")], metadata: {} }),
  ).toEqual([{ entryId: "2", error: "refused" }]);
  const without = await served([puppet([]).definition]);
  expect((await opened(without.channel)).bulkPublish).toBeUndefined();
});

test("pause and resume reach the component; ping of one without answers unimplemented", async () => {
  const { definition, log } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  await bus.pause!();
  await bus.pause!();
  await bus.resume!();
  expect(log).toEqual(["pause", "pause", "resume"]);
  expect(await failure(bus.ping!())).toMatchObject({ code: "unimplemented" });
});

test("subscribe resolves when the component has subscribed, and hands over topic and metadata", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  const received: Message[] = [];
  const subscription = await bus.subscribe(
    { topic: "orders.*", metadata: { rawPayload: "true" } },
    async (each) => void received.push(each),
  );
  expect(sources).toMatchObject([{ topic: "orders.*", metadata: { rawPayload: "true" }, closed: false }]);
  await sources[0]!.deliver(
    message("1", { topic: "orders.new", metadata: { offset: "7" }, contentType: "text/plain" }),
  );
  await sources[0]!.deliver(message("2", { topic: "" }));
  expect(received).toEqual([
    { data: Buffer.from("1"), topic: "orders.new", metadata: { offset: "7" }, contentType: "text/plain" },
    { data: Buffer.from("2"), topic: "orders.*", metadata: {}, contentType: undefined },
  ]);
  await subscription.close();
  expect(sources[0]!.closed).toBe(true);
});

test("what is published right behind a subscription, in the same bytes, finds it", async () => {
  const { definition, sources } = puppet();
  const found: boolean[] = [];
  const { channel } = await served([
    {
      ...definition,
      open: async (...given) => ({
        ...(await definition.open(...given)),
        publish: async ({ topic }) => void found.push(sources.some((source) => source.topic === topic)),
      }),
    },
  ]);
  const bus = await opened(channel);
  for (let round = 0; round < 20; round++) {
    const subscribing = pull(channel, { name: `orders${round}`, metadata: {} });
    await bus.publish({ topic: `orders${round}`, data: text("first"), metadata: {} });
    (await subscribing).stream.cancel();
  }
  expect(found).toEqual(Array.from({ length: 20 }, () => true));
});

test("a message that comes while subscribe has not returned yet is delivered, and tells that it stands", async () => {
  const { definition } = puppet();
  const returned = Promise.withResolvers<void>();
  const { channel } = await served([
    {
      ...definition,
      open: async (...given) => ({
        ...(await definition.open(...given)),
        async subscribe(_, deliver) {
          await deliver(message("early"));
          returned.resolve();
          return { close: async () => undefined };
        },
      }),
    },
  ]);
  const bus = await opened(channel);
  const seen: Message[] = [];
  const subscription = await bus.subscribe({ topic: "orders", metadata: {} }, async (each) => void seen.push(each));
  await returned.promise;
  expect(seen.map(({ data }) => string(data))).toEqual(["early"]);
  await subscription.close();
});

test("a subscription that the component refuses is an error of subscribe", async () => {
  const { channel } = await served([puppet().definition]);
  const bus = await opened(channel);
  const closed: unknown[] = [];
  const subscribing = bus.subscribe(
    { topic: "forbidden", metadata: {} },
    async () => undefined,
    (error) => closed.push(error),
  );
  expect(await failure(subscribing)).toMatchObject({ code: "permission-denied", message: "not that topic" });
  expect(closed).toEqual([]);
});

test("the subscriber's answer settles the delivery, whichever comes first", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  const handlers = new Map<string, PromiseWithResolvers<void>>(
    ["1", "2", "3"].map((key) => [key, Promise.withResolvers<void>()]),
  );
  await bus.subscribe({ topic: "orders", metadata: {} }, ({ data }) => handlers.get(string(data))!.promise);
  const settled: string[] = [];
  const deliveries = ["1", "2", "3"].map((key) =>
    sources[0]!.deliver(message(key)).then(
      () => settled.push(`${key} done`),
      (error: Error) => settled.push(`${key} ${error.message}`),
    ),
  );
  handlers.get("2")!.resolve();
  await expect.poll(() => settled).toEqual(["2 done"]);
  handlers.get("3")!.reject(new Error("no stock"));
  await expect.poll(() => settled).toEqual(["2 done", "3 no stock"]);
  handlers.get("1")!.resolve();
  await Promise.all(deliveries);
  expect(settled).toEqual(["2 done", "3 no stock", "1 done"]);
});

test("deliveries of one unit keep their order; with concurrency 1 everything does", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel, { concurrency: 1 });
  let running = 0;
  const order: string[] = [];
  await bus.subscribe({ topic: "orders", metadata: {} }, async ({ data }) => {
    expect(++running).toBe(1);
    await sleep(Math.random() * 5);
    order.push(string(data));
    running--;
  });
  await Promise.all(Array.from({ length: 30 }, (_, index) => sources[0]!.deliver(message(String(index)))));
  expect(order).toEqual(Array.from({ length: 30 }, (_, index) => String(index)));
});

test("messages that are taken ahead come in order and with their turns, also when they waited for a place", async () => {
  const { definition, sources } = puppet();
  const asked: unknown[] = [];
  const { channel } = await served([
    {
      ...definition,
      async open(...given) {
        const instance = await definition.open(...given);
        return {
          ...instance,
          subscribe(request, deliver) {
            asked.push(request);
            return instance.subscribe(request, deliver);
          },
        };
      },
    },
  ]);
  const bus = await opened(channel);
  const received: Message[] = [];
  const finish = Promise.withResolvers<void>();
  const metadata = { rawPayload: "true" };
  const subscription = await bus.subscribe({ topic: "orders", metadata, ahead: 2 }, async (each) => {
    received.push(each);
    await finish.promise;
  });
  expect(asked).toEqual([{ topic: "orders", metadata, ahead: 2 }]);
  const turns = Array.from({ length: 600 }, (_, n) => ({ unit: n % 3 ? "a/b" : "", series: 2 ** 40 + n }));
  const deliveries = turns.map((turn, n) => sources[0]!.deliver(message(String(n), { turn })));
  await expect.poll(() => received.length).toBe(200);
  finish.resolve();
  await Promise.all(deliveries);
  expect(received.map(({ data, turn }) => ({ n: string(data), turn }))).toEqual(
    turns.map((turn, n) => ({ n: String(n), turn })),
  );
  await subscription.close();
  await bus.subscribe({ topic: "orders", metadata }, async () => undefined);
  expect(asked[1]).toEqual({ topic: "orders", metadata, ahead: undefined });
});

test("messages ahead in units that are slow leave as much room to others as without them", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  const units = new Set<string>();
  const finish = Promise.withResolvers<void>();
  const subscription = await bus.subscribe({ topic: "orders", metadata: {}, ahead: 4 }, async ({ turn }) => {
    units.add(turn!.unit);
    await finish.promise;
  });
  const turns = Array.from({ length: 400 }, (_, n) => ({ unit: String(Math.floor(n / 4)), series: 1 }));
  const deliveries = turns.map((turn) => sources[0]!.deliver(message("m", { turn })));
  await expect.poll(() => units.size).toBe(100);
  finish.resolve();
  await Promise.all(deliveries);
  await subscription.close();
});

test("a message that is too large gives its place to the next", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition], { maxMessageBytes: 10_000 });
  const bus = await opened(channel);
  let handled = 0;
  await bus.subscribe({ topic: "orders", metadata: {} }, async () => void handled++);
  const large = message("x".repeat(20_000));
  for (let n = 0; n < 300; n++)
    expect(await failure(sources[0]!.deliver(large))).toMatchObject({ code: "resource-exhausted" });
  await sources[0]!.deliver(message("small"));
  expect(handled).toBe(1);
});

test("many messages at once are bounded by the subscriber's concurrency, and all are handled", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel, { concurrency: 10 });
  let running = 0;
  let most = 0;
  await bus.subscribe({ topic: "orders", metadata: {} }, async () => {
    most = Math.max(most, ++running);
    await sleep(1);
    running--;
  });
  await Promise.all(Array.from({ length: 1000 }, () => sources[0]!.deliver(message("x"))));
  expect(most).toBe(10);
});

test("no more than 256 messages of a stream wait for their answers", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  await opened(channel);
  const { send, next } = await pull(channel, { name: "orders", metadata: {} });
  await expect.poll(() => sources.length).toBe(1);
  const deliveries = Array.from({ length: 300 }, (_, index) => sources[0]!.deliver(message(String(index))));
  const ids: string[] = [];
  for (let count = 0; count < 256; count++) ids.push((await next()).id);
  expect(new Set(ids).size).toBe(256);
  const further = next();
  expect(await Promise.race([further.then(() => "came"), sleep(100, "held back")])).toBe("held back");
  for (const ackMessageId of ids) await send({ ackMessageId });
  await further;
  await Promise.all(deliveries.slice(0, 256));
  for (const each of deliveries) each.catch(() => undefined);
});

test("unknown, empty and repeated ids are ignored; an empty error message is a failure all the same", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  await opened(channel);
  const { send, next } = await pull(channel, { name: "orders", metadata: {} });
  await expect.poll(() => sources.length).toBe(1);
  const first = sources[0]!.deliver(message("1"));
  const { id } = await next();
  await send({ ackMessageId: "nobody" });
  await send({ ackMessageId: "" });
  await send({ ackMessageId: id });
  await send({ ackMessageId: id, ackError: { message: "too late" } });
  await first;
  const second = failure(sources[0]!.deliver(message("2")));
  await send({ ackMessageId: (await next()).id, ackError: { message: "" } });
  expect(await second).toMatchObject({ code: "internal" });
});

test("a subscriber that is gone leaves its messages unacknowledged", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  await opened(channel);
  const { stream, next } = await pull(channel, { name: "orders", metadata: {} });
  await expect.poll(() => sources.length).toBe(1);
  const delivery = failure(sources[0]!.deliver(message("1")));
  await next();
  stream.cancel();
  expect(await delivery).toMatchObject(cancelled);
  await expect.poll(() => sources[0]!.closed).toBe(true);
  expect(await failure(sources[0]!.deliver(message("2")))).toMatchObject(cancelled);
});

test("a half-closed stream takes the answers before it, drops the rest and ends with OK", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  await opened(channel);
  const { stream, send, next } = await pull(channel, { name: "orders", metadata: {} });
  await expect.poll(() => sources.length).toBe(1);
  const answered = sources[0]!.deliver(message("1"));
  const unanswered = failure(sources[0]!.deliver(message("2")));
  await send({ ackMessageId: (await next()).id });
  await next();
  stream.end();
  await answered;
  expect(await unanswered).toMatchObject(cancelled);
  for await (const _ of stream.messages) expect.fail("nothing more should come");
  expect(sources[0]!.closed).toBe(true);
});

test("PullMessages without a topic, and before Init, is refused", async () => {
  const { channel } = await served([puppet().definition]);
  expect(await failure((await pull(channel, { name: "orders", metadata: {} })).next())).toMatchObject({
    code: RpcCode.FAILED_PRECONDITION,
  });
  await opened(channel);
  expect(await failure((await pull(channel)).next())).toMatchObject({ code: RpcCode.INVALID_ARGUMENT });
  expect(await failure((await pull(channel, { name: "", metadata: {} })).next())).toMatchObject({
    code: RpcCode.INVALID_ARGUMENT,
  });
});

test("a message too large for the subscriber fails alone", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition], { maxMessageBytes: 1000 });
  const bus = await opened(channel);
  const sizes: number[] = [];
  await bus.subscribe({ topic: "orders", metadata: {} }, async ({ data }) => void sizes.push(data.byteLength));
  expect(await failure(sources[0]!.deliver(message("x".repeat(1000))))).toMatchObject({ code: "resource-exhausted" });
  await sources[0]!.deliver(message("x".repeat(900)));
  expect(sizes).toEqual([900]);
});

test("closing a subscription handles what is under way and leaves what came later", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel, { concurrency: 1 });
  const handled: string[] = [];
  const release = Promise.withResolvers<void>();
  const closedBy: unknown[] = [];
  const subscription = await bus.subscribe(
    { topic: "orders", metadata: {} },
    async ({ data }) => {
      await release.promise;
      handled.push(string(data));
    },
    (error) => closedBy.push(error),
  );
  const first = sources[0]!.deliver(message("1"));
  const second = failure(sources[0]!.deliver(message("2")));
  await sleep(50);
  const closing = subscription.close();
  expect(subscription.close()).toBe(closing);
  await sleep(50);
  release.resolve();
  await first;
  expect(await second).toMatchObject(cancelled);
  await closing;
  expect(handled).toEqual(["1"]);
  expect(sources[0]!.closed).toBe(true);
  expect(closedBy).toEqual([]);
});

test("a handler that was cancelled sends no answer", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  const subscription = await bus.subscribe({ topic: "orders", metadata: {} }, async () => {
    throw new ComponentError("cancelled", "the app went away");
  });
  const delivery = failure(sources[0]!.deliver(message("1")));
  expect(await Promise.race([delivery.then(() => "settled"), sleep(100, "open")])).toBe("open");
  await subscription.close();
  expect(await delivery).toMatchObject(cancelled);
});

test("Init again ends the streams of the old instance, and tells the subscriber once", async () => {
  const { definition, sources, opened: count } = puppet();
  const { channel, path } = await served([definition]);
  const bus = await opened(channel);
  const closed: ComponentError[] = [];
  const handling = Promise.withResolvers<void>();
  await bus.subscribe(
    { topic: "orders", metadata: {} },
    () => handling.promise,
    (error) => closed.push(error),
  );
  const delivery = failure(sources[0]!.deliver(message("1")));
  await sleep(50);
  await opened(await channelTo(path));
  expect(await delivery).toMatchObject(cancelled);
  expect(count()).toBe(2);
  // Not while a handler of the old stream runs: its message may come again on the next one.
  await sleep(50);
  expect(closed).toEqual([]);
  handling.resolve();
  await expect.poll(() => closed).toMatchObject([{ code: "unavailable" }]);
  const again: string[] = [];
  await bus.subscribe({ topic: "orders", metadata: {} }, async ({ data }) => void again.push(string(data)));
  await sources[1]!.deliver(message("1"));
  expect(again).toEqual(["1"]);
  expect(closed).toHaveLength(1);
});

test("shutting down lets messages under way be acknowledged, then ends the streams", async () => {
  const { definition, sources, log } = puppet();
  const { channel, serving } = await served([definition]);
  const bus = await opened(channel);
  const release = Promise.withResolvers<void>();
  const closed: ComponentError[] = [];
  await bus.subscribe(
    { topic: "orders", metadata: {} },
    () => release.promise,
    (error) => closed.push(error),
  );
  const delivery = sources[0]!.deliver(message("1"));
  await sleep(50);
  const stopped = serving.close(10_000);
  await expect.poll(() => sources[0]!.closed).toBe(true);
  await bus.publish({ topic: "answers", data: text("while handling"), metadata: {} });
  expect(await failure(opened(channel))).toMatchObject({ code: "unavailable" });
  release.resolve();
  await delivery;
  await stopped;
  expect(closed).toMatchObject([{ code: "unavailable" }]);
  expect(log.at(-1)).toBe("close");
});

test("shutting down gives up on messages that nobody answers in time", async () => {
  const { definition, sources } = puppet();
  const { channel, serving } = await served([definition]);
  await opened(channel);
  const { next } = await pull(channel, { name: "orders", metadata: {} });
  await expect.poll(() => sources.length).toBe(1);
  const delivery = failure(sources[0]!.deliver(message("1")));
  await next();
  await serving.close(100);
  expect(await delivery).toMatchObject(cancelled);
});

test("the loss of the connection is told once", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  const closed = Promise.withResolvers<ComponentError>();
  await bus.subscribe({ topic: "orders", metadata: {} }, async () => undefined, closed.resolve);
  channel.close();
  expect(await closed.promise).toMatchObject({ code: "cancelled" });
  await expect.poll(() => sources[0]!.closed).toBe(true);
});

test("the instance's close gives up its subscriptions silently", async () => {
  const { definition, sources } = puppet();
  const { channel } = await served([definition]);
  const bus = await opened(channel);
  const abort = new AbortController();
  await bus.subscribe(
    { topic: "orders", metadata: {} },
    async () => undefined,
    () => abort.abort(),
  );
  await bus.close();
  await expect.poll(() => sources[0]!.closed).toBe(true);
  expect(await Promise.race([once(abort.signal, "abort").then(() => "told"), sleep(50, "silent")])).toBe("silent");
});
