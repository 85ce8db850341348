import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { RpcCode } from "@trilby/kit/transport";
import { overEveryPairing, echo, text } from "./fixture.ts";

overEveryPairing(({ pair }) => {
  const mebibyte = 1024 * 1024;

  test("a message of 4 MiB passes by default and a larger one is refused", async () => {
    const { channel } = await pair(echo);
    expect(await channel.unary("/test.Echo/Unary", new Uint8Array(4 * mebibyte))).toHaveLength(4 * mebibyte);
    await expect(channel.unary("/test.Echo/Unary", new Uint8Array(4 * mebibyte + 1))).rejects.toMatchObject({
      code: RpcCode.RESOURCE_EXHAUSTED,
    });
  });

  test("the limits can be raised, and each side's own limit counts", async () => {
    const { channel } = await pair(echo, {
      server: { maxReceiveBytes: 16 * mebibyte },
      client: { maxReceiveBytes: 8 * mebibyte },
    });
    const large = new Uint8Array(8 * mebibyte).fill(7);
    expect(Buffer.compare(await channel.unary("/test.Echo/Unary", large), large)).toBe(0);
    await expect(channel.unary("/test.Echo/Unary", new Uint8Array(9 * mebibyte))).rejects.toMatchObject({
      code: RpcCode.RESOURCE_EXHAUSTED,
    });
  });

  test("the server's own limit for what it sends ends the call, and not the server", async () => {
    const { channel } = await pair(echo, { server: { maxSendBytes: 1000 } });
    await expect(channel.unary("/test.Echo/Unary", new Uint8Array(2000))).rejects.toMatchObject({
      code: RpcCode.RESOURCE_EXHAUSTED,
    });
    expect(await channel.unary("/test.Echo/Unary", new Uint8Array(1000))).toHaveLength(1000);
  });

  test("headers above the limit fail their call alone", async () => {
    const { channel } = await pair(echo, { server: { maxHeaderBytes: 4096 } });
    await channel.unary("/test.Echo/Unary", text("a"));
    await expect(
      channel.unary("/test.Echo/Unary", text("a"), { metadata: [["x-large", "x".repeat(8192)]] }),
    ).rejects.toHaveProperty("code");
    expect(
      await channel.unary("/test.Echo/Unary", text("a"), { metadata: [["x-small", "x".repeat(1024)]] }),
    ).toHaveLength(1);
  });

  /** Sends until one send does not resolve for a while; the number of bytes that were taken before. */
  async function sendUntilSuspended(send: (message: Uint8Array) => Promise<void>): Promise<number> {
    const message = new Uint8Array(16 * 1024);
    let taken = 0;
    while (taken < 64 * mebibyte) {
      const suspended = await Promise.race([send(message).then(() => false), sleep(300, true, { ref: false })]);
      if (suspended) return taken;
      taken += message.byteLength;
    }
    return taken;
  }

  test("a server that does not read suspends the sending client", async () => {
    const read = Promise.withResolvers<void>();
    let received = 0;
    const { channel } = await pair((server) =>
      server.stream("/test.Echo/Stream", async (stream) => {
        await read.promise;
        for await (const message of stream.messages) received += message.byteLength;
      }),
    );
    const stream = channel.stream("/test.Echo/Stream");
    let sent = 0;
    const taken = await sendUntilSuspended((message) => {
      sent += message.byteLength;
      return stream.send(message);
    });
    expect(taken).toBeLessThan(mebibyte);
    read.resolve();
    stream.end();
    for await (const _ of stream.messages);
    expect(received).toBe(sent);
  });

  test("a client that does not read suspends the sending server", async () => {
    const taken = Promise.withResolvers<number>();
    const { channel } = await pair((server) =>
      server.stream("/test.Echo/Stream", async (stream) =>
        taken.resolve(await sendUntilSuspended((message) => stream.send(message))),
      ),
    );
    const stream = channel.stream("/test.Echo/Stream");
    await stream.send(text("begin"));
    expect(await taken.promise).toBeLessThan(mebibyte);
    stream.cancel();
  });

  test("a client that reads one message is sent little more than one", async () => {
    let sent = 0;
    const { channel } = await pair((server) =>
      server.stream("/test.Echo/Stream", async (stream) => {
        for (;;) {
          await stream.send(new Uint8Array(mebibyte));
          sent++;
        }
      }),
    );
    const stream = channel.stream("/test.Echo/Stream");
    await stream.messages[Symbol.asyncIterator]().next();
    await sleep(200);
    expect(sent).toBeLessThan(4);
    stream.cancel();
  });
});
