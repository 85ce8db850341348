import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { RpcCode, RpcError } from "@trilby/wire/grpc";
import type { RpcMetadata } from "@trilby/wire/grpc";
import { answer, bytes, framed, grpcHeaders, nodePeer, received, text } from "./node-server.ts";

const method = "/test.Echo/Unary";
const codeOf = (promise: Promise<unknown>): Promise<number> =>
  promise.then(
    () => RpcCode.OK,
    (error: unknown) => (error instanceof RpcError ? error.code : expect.fail(String(error))),
  );

test("a call sends what the protocol asks for, and the timeout with it", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const { channel } = await nodePeer(async (stream, headers) => {
    seen.push(headers);
    answer(stream, [(await received(stream)).subarray(5)]);
  });
  const metadata: RpcMetadata = [
    ["x-name", "value"],
    ["x-blob-bin", new Uint8Array([0, 255])],
  ];
  await channel.ready(5000);
  for (let index = 0; index < 3; index++) {
    expect(text(await channel.unary(method, bytes("hello"), { metadata, timeoutMs: 1500 }))).toBe("hello");
  }
  expect(seen).toHaveLength(3);
  for (const headers of seen) {
    expect({ ...headers }).toMatchObject({
      ":method": "POST",
      ":scheme": "http",
      ":authority": "localhost",
      ":path": method,
      te: "trailers",
      "content-type": "application/grpc",
      "grpc-timeout": "1500m",
      "x-name": "value",
      "x-blob-bin": "AP8",
    });
    expect(headers["user-agent"]).toMatch(/^grpc-node-trilby\//);
  }
});

test("each call has its own metadata and its own timeout, also when they come again", async () => {
  const { channel } = await nodePeer((stream, headers) =>
    answer(stream, [bytes([headers[":path"], headers["tag"], headers["grpc-timeout"]].map(String).join(" "))]),
  );
  const kinds = Array.from({ length: 12 }, (_, index) => ({
    path: `/test.Echo/M${index % 2}`,
    metadata: index % 3 === 0 ? undefined : ([["tag", `t${index % 3}`]] satisfies RpcMetadata),
    timeoutMs: index % 4 === 0 ? undefined : index * 1000,
  }));
  for (let round = 0; round < 4; round++) {
    for (const { path, metadata, timeoutMs } of kinds) {
      const expected = `${path} ${metadata?.[0]![1]} ${timeoutMs === undefined ? undefined : `${timeoutMs}m`}`;
      expect(text(await channel.unary(path, bytes(""), { metadata, timeoutMs }))).toBe(expected);
    }
  }
});

test("a response may come in any pieces", async () => {
  const message = new Uint8Array(300_000).map((_, index) => index);
  const { channel } = await nodePeer((stream) => {
    stream.respond(grpcHeaders, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    const all = framed(message);
    let offset = 0;
    for (const size of [1, 2, 1, 1, 1, 100, 70_000]) {
      stream.write(all.subarray(offset, offset + size));
      offset += size;
    }
    stream.end(all.subarray(offset));
  });
  expect(Buffer.compare(await channel.unary(method, bytes("")), message)).toBe(0);
});

test("a response of many megabytes passes a window of a quarter of one", async () => {
  const message = new Uint8Array(20 * 1024 * 1024).fill(3);
  const { channel } = await nodePeer((stream) => answer(stream, [message]), { client: { maxReceiveBytes: -1 } });
  expect(Buffer.compare(await channel.unary(method, bytes("")), message)).toBe(0);
});

test("headers and trailers reach the caller; informational headers do not", async () => {
  const { channel } = await nodePeer((stream) => {
    stream.additionalHeaders({ ":status": 103, link: "</a>" });
    answer(stream, [bytes("x")], { "grpc-status": "0", last: "2" }, { ...grpcHeaders, first: "1" });
  });
  let headers: RpcMetadata = [];
  let trailers: RpcMetadata = [];
  await channel.unary(method, bytes(""), {
    onHeaders: (seen) => (headers = seen),
    onTrailers: (seen) => (trailers = seen),
  });
  expect(headers).toContainEqual(["first", "1"]);
  expect(trailers).toEqual([["last", "2"]]);
});

test("a callback that throws ends its call alone", async () => {
  const { channel } = await nodePeer((stream) => answer(stream, [bytes("x")]));
  const boom = new Error("boom");
  const options = {
    onHeaders: () => {
      throw boom;
    },
  };
  await expect(channel.unary(method, bytes(""), options)).rejects.toBe(boom);
  expect(text(await channel.unary(method, bytes("")))).toBe("x");
});

test("a path that cannot be sent fails its call alone, also one that waited for the connection", async () => {
  const { channel } = await nodePeer((stream) => answer(stream, [bytes("x")]));
  for (let round = 0; round < 2; round++) {
    await expect(channel.unary("/bad\npath", bytes(""), { timeoutMs: 60_000 })).rejects.toThrow();
    const { messages } = channel.stream("/bad\npath");
    await expect(messages[Symbol.asyncIterator]().next()).rejects.toThrow();
    expect(text(await channel.unary(method, bytes("")))).toBe("x");
  }
});

test("every wrong answer is an error with a code", async () => {
  const { channel } = await nodePeer((stream, headers) => {
    switch (headers[":path"]) {
      case "/none":
        return answer(stream, []);
      case "/two":
        return answer(stream, [bytes("1"), bytes("2")]);
      case "/cut":
        stream.respond(grpcHeaders, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        return stream.end(framed(bytes("12345")).subarray(0, 7));
      case "/no-trailers":
        stream.respond(grpcHeaders);
        return stream.end(framed(bytes("1")));
      case "/no-status":
        return answer(stream, [bytes("1")], { other: "x" });
      case "/html":
        stream.respond({ ":status": 200, "content-type": "text/html" });
        return stream.end("<p>");
      case "/503":
        stream.respond({ ":status": 503 });
        return stream.end("busy");
      case "/404-without-body":
        return stream.respond({ ":status": 404 }, { endStream: true });
      case "/trailers-only":
        return stream.respond(
          { ...grpcHeaders, "grpc-status": "9", "grpc-message": "not %C3%BC yet", why: "etag" },
          { endStream: true },
        );
      case "/flag":
        stream.respond(grpcHeaders);
        return stream.write(framed(bytes("1"), 7));
      case "/odd-compression":
        return answer(stream, [bytes("1")], undefined, { ...grpcHeaders, "grpc-encoding": "snappy" });
      default:
        return stream.close(Number(headers[":path"]!.slice(1)));
    }
  });
  const codes = {
    "/none": RpcCode.INTERNAL,
    "/two": RpcCode.INTERNAL,
    "/cut": RpcCode.INTERNAL,
    "/no-trailers": RpcCode.INTERNAL,
    "/no-status": RpcCode.UNKNOWN,
    "/html": RpcCode.UNKNOWN,
    "/503": RpcCode.UNAVAILABLE,
    "/404-without-body": RpcCode.UNIMPLEMENTED,
    "/flag": RpcCode.INTERNAL,
    "/odd-compression": RpcCode.INTERNAL,
    "/8": RpcCode.CANCELLED,
    "/11": RpcCode.RESOURCE_EXHAUSTED,
    "/12": RpcCode.PERMISSION_DENIED,
    "/2": RpcCode.INTERNAL,
  };
  for (const [path, code] of Object.entries(codes)) {
    expect([path, await codeOf(channel.unary(path, bytes("")))]).toEqual([path, code]);
  }
  await expect(channel.unary("/trailers-only", bytes(""))).rejects.toMatchObject({
    code: RpcCode.FAILED_PRECONDITION,
    message: "not ü yet",
    trailers: expect.arrayContaining([["why", "etag"]]),
  });
});

test("compressed responses are read, and one that becomes too large is not", async () => {
  const { channel } = await nodePeer(
    (stream, headers) => {
      expect(headers["grpc-accept-encoding"]).toContain("gzip");
      stream.respond({ ...grpcHeaders, "grpc-encoding": "gzip" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      const size = Number(headers[":path"]!.slice(1));
      stream.end(Buffer.concat([framed(gzipSync(new Uint8Array(size).fill(65)), 1)]));
    },
    { client: { maxReceiveBytes: 1_000_000 } },
  );
  expect(text(await channel.unary("/10", bytes("")))).toBe("A".repeat(10));
  expect(await channel.unary("/1000000", bytes(""))).toHaveLength(1_000_000);
  expect(await codeOf(channel.unary("/1000001", bytes("")))).toBe(RpcCode.RESOURCE_EXHAUSTED);
  const messages = channel.stream("/70000").messages[Symbol.asyncIterator]();
  expect((await messages.next()).value).toHaveLength(70_000);
  expect(await messages.next()).toEqual({ done: true, value: undefined });
});

test("a response that is announced too large is refused before it comes", async () => {
  const closed = Promise.withResolvers<number>();
  const { channel } = await nodePeer(
    (stream) => {
      stream.respond(grpcHeaders);
      stream.write(framed(new Uint8Array(101)).subarray(0, 10));
      stream.on("close", () => closed.resolve(stream.rstCode));
    },
    { client: { maxReceiveBytes: 100 } },
  );
  expect(await codeOf(channel.unary(method, bytes("")))).toBe(RpcCode.RESOURCE_EXHAUSTED);
  expect(await closed.promise).toBe(8);
});

test("a request that is too large is refused before it is sent", async () => {
  const { channel, sessions } = await nodePeer((stream) => answer(stream, []), { client: { maxSendBytes: 100 } });
  expect(await codeOf(channel.unary(method, new Uint8Array(101)))).toBe(RpcCode.RESOURCE_EXHAUSTED);
  expect(sessions).toHaveLength(0);
  const stream = channel.stream(method);
  expect(await codeOf(stream.send(new Uint8Array(101)))).toBe(RpcCode.RESOURCE_EXHAUSTED);
});

test("a deadline resets the stream at the peer", async () => {
  const closed = Promise.withResolvers<number>();
  const { channel } = await nodePeer((stream) => stream.on("close", () => closed.resolve(stream.rstCode)));
  const before = performance.now();
  expect(await codeOf(channel.unary(method, bytes(""), { timeoutMs: 60 }))).toBe(RpcCode.DEADLINE_EXCEEDED);
  expect(performance.now() - before).toBeGreaterThanOrEqual(60);
  expect(await closed.promise).toBe(8);
  expect(await codeOf(channel.unary(method, bytes(""), { timeoutMs: 0 }))).toBe(RpcCode.DEADLINE_EXCEEDED);
});

test("a thousand deadlines pass each in its time", async () => {
  const { channel } = await nodePeer(() => undefined, { server: { settings: { maxConcurrentStreams: 2000 } } });
  await channel.ready(5000);
  const late = await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => {
      const timeoutMs = 20 + ((index * 37) % 400);
      const before = performance.now();
      expect(await codeOf(channel.unary(method, bytes(""), { timeoutMs }))).toBe(RpcCode.DEADLINE_EXCEEDED);
      return performance.now() - before - timeoutMs;
    }),
  );
  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...late)).toBeLessThan(2000);
});

test("a peer that ends a stream early is told that nobody reads the rest", async () => {
  const closed = Promise.withResolvers<number>();
  const { channel } = await nodePeer((stream) => {
    stream.on("close", () => closed.resolve(stream.rstCode));
    answer(stream, [bytes("1")]);
  });
  const stream = channel.stream(method);
  await stream.send(bytes("a"));
  const seen: string[] = [];
  for await (const message of stream.messages) seen.push(text(message));
  expect(seen).toEqual(["1"]);
  expect(await closed.promise).toBe(0);
  expect(await codeOf(stream.send(bytes("b")))).toBe(RpcCode.UNAVAILABLE);
});

test("a reader that leaves its loop cancels the stream", async () => {
  const closed = Promise.withResolvers<number>();
  const { channel } = await nodePeer((stream) => {
    stream.on("close", () => closed.resolve(stream.rstCode));
    stream.respond(grpcHeaders);
    stream.write(Buffer.concat([framed(bytes("1")), framed(bytes("2"))]));
  });
  for await (const message of channel.stream(method).messages) {
    expect(text(message)).toBe("1");
    break;
  }
  expect(await closed.promise).toBe(8);
});

test("messages that came before a bad status are handed out first", async () => {
  const { channel } = await nodePeer((stream) =>
    answer(stream, [bytes("1"), bytes("2")], { "grpc-status": "15", "grpc-message": "lost" }),
  );
  const seen: string[] = [];
  const reading = (async () => {
    const { messages } = channel.stream(method);
    await sleep(50);
    for await (const message of messages) seen.push(text(message));
  })();
  expect(await codeOf(reading)).toBe(RpcCode.DATA_LOSS);
  expect(seen).toEqual(["1", "2"]);
});

/** Until there is room again, or nobody to write to. */
function room(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.once("drain", done);
    stream.once("close", done);
  });
}

test("a stream that is not read stops the peer within its window", async () => {
  let sent = 0;
  const { channel } = await nodePeer(
    async (stream) => {
      stream.respond(grpcHeaders);
      const chunk = framed(new Uint8Array(16 * 1024 - 5));
      while (!stream.destroyed) {
        if (!stream.write(chunk)) await room(stream);
        sent += chunk.byteLength;
      }
    },
    { client: { streamWindowBytes: 65_536 } },
  );
  const stream = channel.stream(method);
  const { messages } = stream;
  await sleep(200);
  expect(sent).toBeLessThan(200_000);
  let read = 0;
  for await (const message of messages) {
    read += message.byteLength + 5;
    if (read >= 10_000_000) break;
  }
  expect(sent).toBeGreaterThan(9_000_000);
});
