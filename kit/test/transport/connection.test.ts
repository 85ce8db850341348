import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { chmod, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RpcCode } from "@trilby/kit/transport";
import type { Channel } from "@trilby/kit/transport";
import { overEveryPairing, echo, string, temporaryFolder, text } from "./fixture.ts";

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

overEveryPairing(({ connect, createServer, pair, serverName }) => {
  async function startEcho(path: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [join(import.meta.dirname, "echo-process.ts"), path], {
      env: { ...process.env, TRILBY_TRANSPORT: serverName },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    return child;
  }

  const call = (channel: Channel, options = {}) => channel.unary("/test.Echo/Unary", text("a"), options);

  test("after kill -9 the channel fails fast, and works within a second of the process being back", async () => {
    const path = join(await temporaryFolder(), "echo.sock");
    const first = await startEcho(path);
    const channel = await connect({ path });
    onTestFinished(() => channel.close());
    await channel.ready(5000);
    const stream = channel.stream("/test.Echo/Stream");
    const reading = stream.messages[Symbol.asyncIterator]().next();
    const broken = expect(reading).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
    await kill(first);
    await broken;
    await expect(call(channel)).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
    // Long enough for the pauses between attempts to have grown to the longest one.
    for (let attempt = 0; attempt < 20; attempt++) {
      await expect(call(channel)).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const waiting = call(channel, { waitForReady: true });
    await startEcho(path);
    const back = Date.now();
    expect(string(await waiting)).toBe("a");
    expect(Date.now() - back).toBeLessThan(1000);
  });

  test("ready rejects when nobody answers in time, and resolves when somebody does later", async () => {
    const path = join(await temporaryFolder(), "late.sock");
    const channel = await connect({ path });
    onTestFinished(() => channel.close());
    await expect(channel.ready(200)).rejects.toMatchObject({
      code: RpcCode.UNAVAILABLE,
      message: expect.stringContaining(path),
    });
    const ready = channel.ready(5000);
    const server = await createServer();
    onTestFinished(() => server.close(0));
    await server.listen({ path });
    await ready;
  });

  test("closing a channel cancels its calls and refuses new ones", async () => {
    const { channel } = await pair((server) =>
      server.unary("/test.Echo/Unary", () => new Promise<never>(() => undefined)),
    );
    const pending = expect(call(channel)).rejects.toMatchObject({ code: RpcCode.CANCELLED });
    channel.close();
    await pending;
    await expect(call(channel)).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
    await expect(channel.ready(1000)).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
    channel.close();
  });

  test("close lets calls under way finish and takes no new ones", async () => {
    const release = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const { channel, server, path } = await pair((server) =>
      server.unary("/test.Echo/Unary", async (request) => {
        began.resolve();
        await release.promise;
        return request;
      }),
    );
    const slow = call(channel);
    await began.promise;
    const closed = server.close(10_000);
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(call(channel)).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
    release.resolve();
    expect(string(await slow)).toBe("a");
    await closed;
  });

  test("close ends calls that do not finish in time", async () => {
    const { channel, server } = await pair((server) =>
      server.unary("/test.Echo/Unary", () => new Promise<never>(() => undefined)),
    );
    await channel.ready(5000);
    const stuck = expect(call(channel)).rejects.toMatchObject({ code: RpcCode.UNAVAILABLE });
    await server.close(100);
    await stuck;
  });

  test("a socket is private, replaces a dead one and never a live one", async () => {
    const folder = join(await temporaryFolder(), "made");
    const path = join(folder, "echo.sock");
    await kill(await startEcho(path));
    expect((await stat(path)).isSocket()).toBe(true);
    const server = await createServer();
    onTestFinished(() => server.close(0));
    await server.listen({ path });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const second = await createServer();
    await expect(second.listen({ path })).rejects.toThrow(`Another process serves the socket ${path}`);
    await second.close(0);
    const channel = await connect({ path });
    onTestFinished(() => channel.close());
    await channel.ready(5000);
  });

  test("a socket that refuses for a moment, as between its making and listening, is not dead", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "echo.sock");
    await kill(await startEcho(path));
    const live = await createServer();
    onTestFinished(() => live.close(0));
    await live.listen({ path: join(folder, "live.sock") });
    const second = await createServer();
    const listening = second.listen({ path });
    setTimeout(() => renameSync(join(folder, "live.sock"), path), 20);
    await expect(listening).rejects.toThrow(`Another process serves the socket ${path}`);
    await second.close(0);
  });

  test("a file that is no socket is left alone", async () => {
    const path = join(await temporaryFolder(), "precious.sock");
    await writeFile(path, "data");
    await chmod(path, 0o600);
    const server = await createServer();
    await expect(server.listen({ path })).rejects.toThrow("is not a socket");
    expect((await stat(path)).size).toBe(4);
    await server.close(0);
  });

  test("a socket path that the system would cut is refused by name", async () => {
    const path = `/tmp/${"x".repeat(120)}.sock`;
    const server = await createServer();
    await expect(server.listen({ path })).rejects.toThrow(/has 130 bytes; this system takes 10\d/);
    await expect(connect({ path })).rejects.toThrow("Use a folder with a shorter path");
    await server.close(0);
  });

  test("a TCP port of 0 picks a free one", async () => {
    const server = await createServer();
    echo(server);
    onTestFinished(() => server.close(0));
    const address = await server.listen({ host: "127.0.0.1", port: 0 });
    expect(address).toMatchObject({ host: "127.0.0.1", port: expect.any(Number) });
    const channel = await connect(address);
    onTestFinished(() => channel.close());
    expect(string(await call(channel))).toBe("a");
  });

  test("a port in use is an error", async () => {
    const first = await createServer();
    onTestFinished(() => first.close(0));
    const address = await first.listen({ host: "127.0.0.1", port: 0 });
    const second = await createServer();
    await expect(second.listen(address)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await second.close(0);
  });

  test("rubbish on the connection harms nobody else", async () => {
    const { channel, path } = await pair(echo);
    const socket = createConnection({ path });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\n\r\n".repeat(100));
    const half = createConnection({ path });
    half.on("error", () => undefined);
    await once(half, "connect");
    half.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff", "latin1");
    half.end();
    expect(string(await call(channel))).toBe("a");
    socket.destroy();
  });
});
