import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import {
  FeaturesResponse,
  GetResponse,
  PullMessagesRequest,
  PullMessagesResponse,
  ReadRequest,
  ReadResponse,
} from "@trilby/proto/components";
import type { ComponentError } from "@trilby/kit";
import { remoteBinding, remotePubSub, remoteStateStore } from "@trilby/kit/client";
import { RpcCode, RpcError, connect, createServer } from "@trilby/kit/transport";
import type { Channel, RpcServer, ServerStream } from "@trilby/kit/transport";
import { string, temporaryFolder, text } from "../transport/fixture.ts";

// Components that other people wrote keep Dapr's protocol and promise nothing beyond it.

const path = (service: string, method: string) => `/dapr.proto.components.v1.${service}/${method}`;
const empty = new Uint8Array();

async function foreign(register: (server: RpcServer) => void): Promise<Channel> {
  const socket = join(await temporaryFolder(), "foreign.sock");
  const server = await createServer();
  register(server);
  await server.listen({ path: socket });
  const channel = await connect({ path: socket });
  onTestFinished(async () => {
    channel.close();
    await server.close(0);
  });
  return channel;
}

/** Sends all messages at once and no headers before, then takes answers, and never ends the stream by itself. */
function eager(
  server: RpcServer,
  messages: readonly string[],
  answers: [id: string, error: string | undefined][],
): void {
  server.unary(path("PubSub", "Init"), () => empty);
  server.unary(path("PubSub", "Features"), () => FeaturesResponse.encode({ features: [] }).finish());
  server.stream(path("PubSub", "PullMessages"), async (stream, call) => {
    const requests = stream.messages[Symbol.asyncIterator]();
    await requests.next();
    for (const id of messages) {
      await stream.send(
        PullMessagesResponse.encode({ data: text(id), topicName: "", metadata: {}, contentType: "", id }).finish(),
      );
    }
    for await (const request of { [Symbol.asyncIterator]: () => requests }) {
      const { ackMessageId, ackError } = PullMessagesRequest.decode(request);
      answers.push([ackMessageId, ackError?.message]);
    }
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
  });
}

test("messages that were sent ahead are handled strictly one after another, and answered in order", async () => {
  const answers: [string, string | undefined][] = [];
  const ids = ["a", "b", "c", "d", "e"];
  const channel = await foreign((server) => eager(server, ids, answers));
  const { instance } = await remotePubSub(channel, "bus", { concurrency: 50 }).init({});
  let running = 0;
  const handled: string[] = [];
  const subscription = await instance.subscribe({ topic: "orders", metadata: {} }, async ({ data, topic }) => {
    expect(++running).toBe(1);
    await sleep(5);
    handled.push(string(data));
    running--;
    if (string(data) === "c") throw new Error("not this one");
    expect(topic).toBe("orders");
  });
  await expect
    .poll(() => answers)
    .toEqual([
      ["a", undefined],
      ["b", undefined],
      ["c", "not this one"],
      ["d", undefined],
      ["e", undefined],
    ]);
  expect(handled).toEqual(ids);
  const before = Date.now();
  await subscription.close();
  expect(Date.now() - before).toBeLessThan(5000);
});

test("subscribe does not wait for a stream that stays silent, and its end is told", async () => {
  const channel = await foreign((server) => eager(server, [], []));
  const { instance } = await remotePubSub(channel, "bus").init({});
  const closed = Promise.withResolvers<ComponentError>();
  await instance.subscribe({ topic: "orders", metadata: {} }, async () => undefined, closed.resolve);
  channel.close();
  expect(await closed.promise).toMatchObject({ code: "cancelled" });
});

test("a stream that the component ends in peace is over as well", async () => {
  const channel = await foreign((server) => {
    server.unary(path("PubSub", "Init"), () => empty);
    server.unary(path("PubSub", "Features"), () => empty);
    server.stream(path("PubSub", "PullMessages"), async () => undefined);
  });
  const { instance } = await remotePubSub(channel, "bus").init({});
  const closed = Promise.withResolvers<ComponentError>();
  await instance.subscribe({ topic: "orders", metadata: {} }, async () => undefined, closed.resolve);
  expect(await closed.promise).toMatchObject({ code: "unavailable", message: "the component ended the stream" });
});

test("a message that cannot be read ends its subscription, not the process", async () => {
  const channel = await foreign((server) => {
    server.unary(path("PubSub", "Init"), () => empty);
    server.unary(path("PubSub", "Features"), () => empty);
    server.stream(path("PubSub", "PullMessages"), async (stream) => {
      await stream.send(new Uint8Array([10, 255, 1]));
      for await (const _ of stream.messages);
    });
  });
  const { instance } = await remotePubSub(channel, "bus").init({});
  const closed = Promise.withResolvers<ComponentError>();
  await instance.subscribe({ topic: "orders", metadata: {} }, async () => undefined, closed.resolve);
  expect(await closed.promise).toMatchObject({ code: "internal" });
});

test("an input binding that closes answers each event that still comes, and takes none", async () => {
  const answers: [id: string, data: string, error: string | undefined][] = [];
  const opened = Promise.withResolvers<ServerStream>();
  const ended = Promise.withResolvers<void>();
  const channel = await foreign((server) => {
    server.unary(path("InputBinding", "Init"), () => empty);
    server.stream(path("InputBinding", "Read"), async (stream) => {
      opened.resolve(stream);
      for await (const message of stream.messages) {
        const { messageId, responseData, responseError } = ReadRequest.decode(message);
        answers.push([messageId, string(responseData), responseError?.message]);
      }
      ended.resolve();
    });
  });
  const { instance } = await remoteBinding(channel, "bell", ["input"]).init({});
  const handled: string[] = [];
  const begun = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const reader = await instance.read!(async ({ data }) => {
    handled.push(string(data));
    begun.resolve();
    await finish.promise;
    return text("rung");
  });
  const stream = await opened.promise;
  const send = (messageId: string): Promise<void> =>
    stream.send(ReadResponse.encode({ data: text(messageId), metadata: {}, contentType: "", messageId }).finish());
  const closed = "input binding is closed";

  await send("first");
  await begun.promise;
  const closing = reader.close();
  await send("while it finishes");
  await expect.poll(() => answers).toEqual([["while it finishes", "", closed]]);
  finish.resolve();
  await expect.poll(() => answers).toHaveLength(2);
  expect(answers[1]).toEqual(["first", "rung", undefined]);
  await send("right after");
  await expect.poll(() => answers).toHaveLength(3);
  expect(answers[2]).toEqual(["right after", "", closed]);
  await closing;
  await ended.promise;
  expect(handled).toEqual(["first"]);
});

test("a component without Features has none; one that answers a plain error keeps its message", async () => {
  const channel = await foreign((server) => {
    server.unary(path("StateStore", "Init"), () => empty);
    server.unary(path("StateStore", "Get"), () =>
      GetResponse.encode({ data: empty, etag: { value: "" }, metadata: {}, contentType: "" }).finish(),
    );
    server.unary(path("StateStore", "Set"), () => {
      throw new RpcError(RpcCode.UNKNOWN, "disk full");
    });
  });
  const { instance, features } = await remoteStateStore(channel, "store").init({});
  expect(features).toEqual([]);
  expect(await instance.get({ key: "a", consistency: "", metadata: {} })).toBeUndefined();
  const set = instance.set({ key: "a", value: empty, options: { concurrency: "", consistency: "" }, metadata: {} });
  await expect(set).rejects.toMatchObject({ code: "internal", message: "disk full" });
});

test("Init that is never answered ends with its deadline, or with the caller's patience", async () => {
  const channel = await foreign((server) => server.fallback(() => new Promise(() => undefined)));
  const remote = remoteStateStore(channel, "store");
  await expect(remote.init({}, { timeoutMs: 100 })).rejects.toMatchObject({ code: "deadline-exceeded" });
  await expect(remote.init({}, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: "cancelled" });
});
