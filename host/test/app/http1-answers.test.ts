import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { afterEach, expect, test } from "vitest";

import { createAppChannel } from "../../src/app/create-app-channel.ts";
import type { HttpAppChannel } from "../../src/app/channel.ts";
import { recordingLog, recordingMetrics } from "./recorders.ts";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

/** A channel to an application that answers every request with these bytes, and then does no more. */
async function channelTo(answer: string, ends = false): Promise<HttpAppChannel> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => (ends ? socket.end(answer) : socket.write(answer)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const options = {
    port: (server.address() as AddressInfo).port,
    protocol: "http" as const,
    host: "127.0.0.1",
    token: undefined,
    maxConcurrency: 0,
    health: undefined,
    bindingOptionsTimeoutMs: 1000,
  };
  const dependencies = { log: recordingLog(), metrics: recordingMetrics(), maxBodyBytes: 1000, maxHeaderBytes: 4096 };
  const channel = (await createAppChannel(options, dependencies)) as HttpAppChannel;
  opened.push(async () => {
    await channel.stop();
    channel.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await channel.start();
  return channel;
}

const request = { contentType: "text/plain" };

test.each([
  ["no HTTP", "hello\r\n\r\n", "bad-answer", /^the app's answer is not HTTP\/1\.1: \w/],
  [
    "two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "bad-answer",
    /Content-Length is there twice/,
  ],
  [
    "headers without end",
    `HTTP/1.1 200 OK\r\nA: ${"x".repeat(5000)}`,
    "bad-answer",
    /^the app's answer is too large: .*4096 bytes/,
  ],
  [
    "a body over the limit",
    `HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n`,
    "bad-answer",
    /^the app's answer is larger than the limit of 1000 bytes$/,
  ],
  [
    "an answer that breaks off",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
    "unreachable",
    /^the app's answer broke off: \w/,
  ],
  ["no answer", "", "unreachable", /^calling the app failed: \w/],
])("%s", async (name, answer, code, message) => {
  const channel = await channelTo(answer, code === "unreachable");
  const error = await channel
    .route("GET", "/")
    .call(request)
    .then(
      () => undefined,
      (failure: unknown) => failure,
    );
  expect([name, error]).toMatchObject([name, { name: "AppError", code, message: expect.stringMatching(message) }]);
});

test("a call under way when the channel is closed was cancelled: no fault of the application", async () => {
  const channel = await channelTo("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  const route = channel.route("GET", "/");
  const call = route.call({ ...request, repeatable: true });
  channel.close();
  await expect(call).rejects.toMatchObject({ code: "cancelled", message: "the app channel is closed" });
  await expect(route.call(request)).rejects.toMatchObject({ code: "cancelled" });
});
