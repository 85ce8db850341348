import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { connect } from "../../src/grpc/client/connect.ts";
import type { ServerCall } from "../../src/grpc/server/rpc-server.ts";
import { RpcCode, RpcError } from "../../src/grpc/status.ts";
import { GrpcJs, echo, framed, raw, rawSession, serve, text } from "./server-fixture.ts";

test("unary calls, at once and later, empty, small and large", async () => {
  const { path } = await serve(echo, { maxReceiveBytes: -1 });
  const client = new GrpcJs(path);
  for (const method of ["Unary", "Later"]) {
    for (const size of [0, 1, 1000, 100_000, 5_000_000]) {
      const request = Buffer.alloc(size, size % 251);
      const { response, error } = await client.unary(`/test.Echo/${method}`, request);
      expect(error).toBeUndefined();
      expect(Buffer.compare(response!, request)).toBe(0);
    }
  }
  const many = await Promise.all(
    Array.from({ length: 500 }, (_, index) => client.unary("/test.Echo/Later", text(String(index)))),
  );
  expect(many.map(({ response }) => response?.toString())).toEqual(many.map((_, index) => String(index)));
});

test("a unary call that is cut into bytes", async () => {
  const { path } = await serve(echo);
  const session = rawSession(path);
  const { body, trailers } = await raw(session, {}, (stream) => {
    void (async () => {
      for (const byte of framed(text("hello"))) {
        stream.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      stream.end();
    })();
  });
  expect(body).toEqual(framed(text("hello")));
  expect(trailers["grpc-status"]).toBe("0");
});

test("metadata goes both ways, with binary values", async () => {
  let seen: ServerCall | undefined;
  const { path } = await serve((server) =>
    server.unary("/test.Echo/Unary", (request, call) => {
      seen = call;
      call.sendHeaders([["answer", "42"]]);
      call.setTrailers([["trace-bin", new Uint8Array([0, 255])]]);
      expect(() => call.sendHeaders([])).toThrow("sent before");
      return request;
    }),
  );
  const { headers, trailers, response } = await new GrpcJs(path).unary("/test.Echo/Unary", text("x"), {
    metadata: { tag: "one", "blob-bin": Buffer.from([1, 2, 250]) },
  });
  expect(response?.toString()).toBe("x");
  expect(headers?.get("answer")).toEqual(["42"]);
  expect(trailers?.get("trace-bin")).toEqual([Buffer.from([0, 255])]);
  expect(seen?.path).toBe("/test.Echo/Unary");
  expect(seen?.header("tag")).toBe("one");
  expect(seen?.header("absent")).toBeUndefined();
  expect(seen?.metadata).toContainEqual(["blob-bin", Buffer.from([1, 2, 250])]);
  expect(seen?.metadata.map(([name]) => name)).not.toContain(":path");
  expect(seen?.deadline).toBeUndefined();
});

test("errors have their code, message, details and trailers; others are UNKNOWN", async () => {
  const { path } = await serve((server) => {
    server.unary("/test.Echo/Unary", (_, call) => {
      call.setTrailers([["set", "before"]]);
      throw new RpcError(RpcCode.FAILED_PRECONDITION, "100 % \u00fcnfit\n", {
        details: new Uint8Array([8, 9]),
        trailers: [["reason", "etag"]],
      });
    });
    server.unary("/test.Echo/Later", async () => {
      throw new Error("boom");
    });
    server.unary("/test.Echo/Nothing", async () => undefined as unknown as Uint8Array);
    server.unary("/test.Echo/Headers", async (_, call) => {
      call.sendHeaders([["began", "yes"]]);
      throw new RpcError(RpcCode.ABORTED, "after headers");
    });
  });
  const client = new GrpcJs(path);
  const full = await client.unary("/test.Echo/Unary", text(""));
  expect(full.error).toMatchObject({ code: status.FAILED_PRECONDITION, details: "100 % \u00fcnfit\n" });
  expect(full.trailers?.get("reason")).toEqual(["etag"]);
  expect(full.trailers?.get("set")).toEqual(["before"]);
  expect(full.trailers?.get("grpc-status-details-bin")).toEqual([Buffer.from([8, 9])]);
  expect((await client.unary("/test.Echo/Later", text(""))).error).toMatchObject({
    code: status.UNKNOWN,
    details: "boom",
  });
  expect((await client.unary("/test.Echo/Nothing", text(""))).error).toMatchObject({ code: status.UNKNOWN });
  const late = await client.unary("/test.Echo/Headers", text(""));
  expect(late.error).toMatchObject({ code: status.ABORTED, details: "after headers" });
  expect(late.headers?.get("began")).toEqual(["yes"]);
});

test("unknown methods are UNIMPLEMENTED, unless there is a fallback", async () => {
  const { path } = await serve(echo);
  expect((await new GrpcJs(path).unary("/test.Echo/Nothing", text(""))).error).toMatchObject({
    code: status.UNIMPLEMENTED,
  });
  const other = await serve((server) => {
    echo(server);
    expect(() => echo(server)).toThrow("/test.Echo/Unary was registered before");
    server.fallback(async (stream, call) => {
      for await (const message of stream.messages) await stream.send(Buffer.concat([text(call.path), message]));
    });
  });
  const client = new GrpcJs(other.path);
  expect((await client.unary("/other/Method", text(" a"))).response?.toString()).toBe("/other/Method a");
  expect((await client.unary("/test.Echo/Unary", text("b"))).response?.toString()).toBe("b");
});

test("requests that are no gRPC get an HTTP status", async () => {
  const { path } = await serve(echo);
  const session = rawSession(path);
  const get = await raw(session, { ":method": "GET" });
  expect(get.headers).toMatchObject({ ":status": 405, allow: "POST" });
  for (const type of ["application/json", "application/grpc-web", ""]) {
    expect((await raw(session, { "content-type": type })).headers[":status"]).toBe(415);
  }
  for (const type of ["application/grpc+proto", "application/grpc;charset=utf-8"]) {
    const { headers, trailers } = await raw(session, { "content-type": type }, (stream) =>
      stream.end(framed(text(""))),
    );
    expect(headers[":status"]).toBe(200);
    expect(trailers["grpc-status"]).toBe("0");
  }
});

test("malformed requests end with a status and harm nobody else", async () => {
  const { path } = await serve(echo, { maxReceiveBytes: 1000 });
  const session = rawSession(path);
  const code = async (headers: Record<string, string>, body?: Buffer) => {
    const answer = await raw(session, headers, body && ((stream) => stream.end(body)));
    return Number(answer.headers["grpc-status"] ?? answer.trailers["grpc-status"]);
  };
  expect(await code({})).toBe(RpcCode.INTERNAL);
  expect(await code({}, Buffer.alloc(0))).toBe(RpcCode.INTERNAL);
  expect(await code({}, Buffer.from([0, 0, 0, 0, 5, 1]))).toBe(RpcCode.INTERNAL);
  expect(await code({}, Buffer.from([0, 0]))).toBe(RpcCode.INTERNAL);
  expect(await code({}, framed(text("a"), 7))).toBe(RpcCode.INTERNAL);
  expect(await code({}, framed(text("a"), 1))).toBe(RpcCode.INTERNAL);
  expect(await code({}, Buffer.concat([framed(text("a")), framed(text("b"))]))).toBe(RpcCode.INTERNAL);
  expect(await code({}, Buffer.concat([framed(text("a")), Buffer.from([0])]))).toBe(RpcCode.INTERNAL);
  expect(await code({ "grpc-timeout": "soon" }, framed(text("a")))).toBe(RpcCode.INTERNAL);
  expect(await code({ "grpc-encoding": "br" }, framed(text("a"), 1))).toBe(RpcCode.UNIMPLEMENTED);
  expect(await code({ "grpc-encoding": "gzip" }, framed(text("no gzip"), 1))).toBe(RpcCode.INTERNAL);
  expect(await code({}, framed(Buffer.alloc(1001)))).toBe(RpcCode.RESOURCE_EXHAUSTED);
  expect(await code({ "grpc-encoding": "gzip" }, framed(gzipSync(Buffer.alloc(1001)), 1))).toBe(
    RpcCode.RESOURCE_EXHAUSTED,
  );
  expect(await code({ ":path": "/test.Echo/Stream" }, Buffer.from([0, 0, 0, 0, 5, 1]))).toBe(RpcCode.INTERNAL);
  expect(await code({ ":path": "/test.Echo/Stream" }, framed(Buffer.alloc(1001)))).toBe(RpcCode.RESOURCE_EXHAUSTED);
  expect(await code({}, framed(text("fine")))).toBe(RpcCode.OK);
});

test("a message above the limit is refused when its length is known, not when it has come", async () => {
  const { path } = await serve(echo, { maxReceiveBytes: 1000 });
  const answer = await raw(rawSession(path), {}, (stream) => stream.write(framed(Buffer.alloc(2000)).subarray(0, 100)));
  expect(answer.headers["grpc-status"]).toBe("8");
});

test("a response above the limit ends its call alone", async () => {
  const { path } = await serve(echo, { maxSendBytes: 1000 });
  const client = new GrpcJs(path);
  for (const method of ["Unary", "Later"]) {
    expect((await client.unary(`/test.Echo/${method}`, Buffer.alloc(1001))).error).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  }
  expect((await client.unary("/test.Echo/Unary", Buffer.alloc(1000))).response).toHaveLength(1000);
  const stream = client.stream("/test.Echo/Stream");
  stream.write(Buffer.alloc(1001));
  const [error] = (await once(stream, "error")) as [{ code: number }];
  expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
});

test("streams carry messages both ways, in order", async () => {
  const { path } = await serve(echo);
  const stream = new GrpcJs(path).stream("/test.Echo/Stream");
  const received: string[] = [];
  stream.on("data", (message: Buffer) => received.push(message.toString()));
  for (let index = 0; index < 1000; index++) stream.write(text(String(index)));
  stream.end();
  const [ended] = (await once(stream, "status")) as [{ code: number }];
  expect(ended.code).toBe(status.OK);
  expect(received).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
});

test("a stream that ends before its caller does, without messages, and with an error after some", async () => {
  const { path } = await serve((server) => {
    server.stream("/test.Echo/Early", async () => undefined);
    server.stream("/test.Echo/Broken", async (stream, call) => {
      call.sendHeaders([["first", "headers"]]);
      await stream.send(text("one"));
      throw new RpcError(RpcCode.DATA_LOSS, "lost");
    });
  });
  const client = new GrpcJs(path);
  const early = client.stream("/test.Echo/Early");
  early.resume();
  expect(((await once(early, "status")) as [{ code: number }])[0].code).toBe(status.OK);
  const broken = client.stream("/test.Echo/Broken");
  const received: string[] = [];
  broken.on("data", (message: Buffer) => received.push(message.toString()));
  expect(((await once(broken, "error")) as [{ code: number }])[0].code).toBe(status.DATA_LOSS);
  expect(received).toEqual(["one"]);
});

test("a deadline ends the call on both sides", async () => {
  const heard = Promise.withResolvers<[number | undefined, unknown]>();
  const { path } = await serve((server) => {
    server.unary("/test.Echo/Unary", async (_, call) => {
      const { deadline, signal } = call;
      await once(signal, "abort");
      heard.resolve([deadline, signal.reason]);
      return text("too late");
    });
    server.unary("/test.Echo/Short", (request, { deadline }) => text(String(deadline === undefined)));
  });
  // A raw client does not keep the deadline itself.
  const session = rawSession(path);
  const before = Date.now();
  const answer = await raw(session, { "grpc-timeout": "100m" }, (stream) => stream.end(framed(text("a"))));
  expect(answer.headers["grpc-status"]).toBe("4");
  const [deadline, reason] = await heard.promise;
  expect(deadline).toBeGreaterThanOrEqual(before + 99);
  expect(deadline).toBeLessThan(before + 5000);
  expect(reason).toMatchObject({ code: RpcCode.DEADLINE_EXCEEDED });
  // Also while the request has not come.
  expect((await raw(session, { "grpc-timeout": "50m" }, () => undefined)).headers["grpc-status"]).toBe("4");
  expect((await raw(session, { "grpc-timeout": "1n" }, () => undefined)).headers["grpc-status"]).toBe("4");
  const client = new GrpcJs(path);
  expect((await client.unary("/test.Echo/Short", text(""), { deadlineMs: 20_000 })).response?.toString()).toBe("false");
});

test("a cancelled call aborts the signal, whether it was asked for before or is later", async () => {
  const began = Promise.withResolvers<ServerCall>();
  const asked = Promise.withResolvers<unknown>();
  const { path } = await serve((server) =>
    server.unary("/test.Echo/Unary", async (request, call) => {
      began.resolve(call);
      await once(call.signal, "abort");
      asked.resolve(call.signal.reason);
      return request;
    }),
  );
  const session = rawSession(path);
  const ended = raw(session, {}, (stream) => {
    stream.end(framed(text("a")));
    void began.promise.then(() => stream.close(8));
  });
  const call = await began.promise;
  await ended;
  expect(await asked.promise).toMatchObject({ code: RpcCode.CANCELLED });
  expect(call.signal.aborted).toBe(true);
  expect(call.signal.reason).toBe(await asked.promise);
});

test("a lost connection aborts its calls", async () => {
  const began = Promise.withResolvers<ServerCall>();
  const { path } = await serve((server) =>
    server.stream("/test.Echo/Stream", async (stream, call) => {
      began.resolve(call);
      for await (const _ of stream.messages);
    }),
  );
  const session = rawSession(path);
  void raw(session, { ":path": "/test.Echo/Stream" }, () => undefined);
  const { signal } = await began.promise;
  session.destroy();
  if (!signal.aborted) await once(signal, "abort");
  expect(signal.reason).toMatchObject({ code: RpcCode.CANCELLED });
});

test("a cancelled stream rejects what its handler reads and sends", async () => {
  const seen = Promise.withResolvers<unknown[]>();
  const { path } = await serve((server) =>
    server.stream("/test.Echo/Stream", async (stream) => {
      const errors: unknown[] = [];
      try {
        for await (const message of stream.messages) await stream.send(message);
      } catch (error) {
        errors.push(error);
      }
      // Not awaited: must not end the process.
      void stream.send(text("lost"));
      errors.push(await stream.send(text("late")).catch((error: unknown) => error));
      seen.resolve(errors);
    }),
  );
  const stream = new GrpcJs(path).stream("/test.Echo/Stream");
  stream.on("error", () => undefined);
  stream.write(text("a"));
  await once(stream, "data");
  stream.cancel();
  expect(await seen.promise).toMatchObject([{ code: RpcCode.CANCELLED }, { code: RpcCode.CANCELLED }]);
});

test("a caller that does not read holds the sending handler back, and is let go by its deadline", async () => {
  let sent = 0;
  const outcome = Promise.withResolvers<unknown>();
  const { path } = await serve((server) =>
    server.stream("/test.Echo/Stream", async (stream) => {
      try {
        for (;;) {
          await stream.send(Buffer.alloc(16 * 1024));
          sent += 16 * 1024;
        }
      } catch (error) {
        outcome.resolve(error);
        throw error;
      }
    }),
  );
  const session = rawSession(path);
  const stream = session.request({
    ":method": "POST",
    ":path": "/test.Echo/Stream",
    "content-type": "application/grpc",
    "grpc-timeout": "700m",
  });
  stream.on("error", () => undefined);
  stream.pause();
  await sleep(400);
  const before = sent;
  expect(before).toBeLessThan(512 * 1024);
  expect(await outcome.promise).toMatchObject({ code: RpcCode.DEADLINE_EXCEEDED });
  expect(sent).toBe(before);
});

test("a handler that does not read holds its caller back", async () => {
  const read = Promise.withResolvers<void>();
  let received = 0;
  const { path } = await serve((server) =>
    server.stream("/test.Echo/Stream", async (stream) => {
      await read.promise;
      for await (const message of stream.messages) received += message.byteLength;
    }),
  );
  const session = rawSession(path);
  let sent = 0;
  const answer = raw(session, { ":path": "/test.Echo/Stream" }, (stream) => {
    const message = framed(Buffer.alloc(10_000));
    const pump = (): void => {
      if (sent === 3_000_000) {
        stream.end();
        return;
      }
      stream.write(message, () => {
        sent += 10_000;
        pump();
      });
    };
    pump();
  });
  await sleep(300);
  expect(sent).toBeLessThan(600_000);
  read.resolve();
  expect((await answer).trailers["grpc-status"]).toBe("0");
  expect(received).toBe(3_000_000);
});

test("a message that is larger than the window passes", async () => {
  const { path } = await serve(echo, { streamWindowBytes: 20_000, maxReceiveBytes: -1 });
  const client = new GrpcJs(path);
  expect((await client.unary("/test.Echo/Unary", Buffer.alloc(1_000_000))).response).toHaveLength(1_000_000);
  const stream = client.stream("/test.Echo/Stream");
  stream.write(Buffer.alloc(1_000_000, 1));
  expect(((await once(stream, "data")) as [Buffer])[0]).toHaveLength(1_000_000);
  stream.end();
  expect(((await once(stream, "status")) as [{ code: number }])[0].code).toBe(status.OK);
});

test("compressed requests are read, and responses compressed for those who want it", async () => {
  const { path } = await serve(echo, { gzipResponsesFromBytes: 100 });
  const session = rawSession(path);
  const small = gzipSync(text("small"));
  const plain = await raw(session, { "grpc-encoding": "gzip" }, (stream) => stream.end(framed(small, 1)));
  expect(plain.body).toEqual(framed(text("small")));
  expect(plain.headers["grpc-encoding"]).toBeUndefined();
  const large = Buffer.alloc(200_000, "trilby");
  for (const method of ["Unary", "Later", "Stream"]) {
    const { body, headers, trailers } = await raw(
      session,
      { ":path": `/test.Echo/${method}`, "grpc-encoding": "gzip", "grpc-accept-encoding": "identity, gzip" },
      (stream) => stream.end(framed(gzipSync(large), 1)),
    );
    expect(trailers["grpc-status"]).toBe("0");
    expect(headers["grpc-encoding"]).toBe("gzip");
    expect(body[0]).toBe(1);
    expect(Buffer.compare(gunzipSync(body.subarray(5)), large)).toBe(0);
    // Below the limit it goes as it is.
    const short = await raw(session, { ":path": `/test.Echo/${method}`, "grpc-accept-encoding": "gzip" }, (stream) =>
      stream.end(framed(text("short"))),
    );
    expect(short.body).toEqual(framed(text("short")));
  }
  const mixed = await raw(session, { ":path": "/test.Echo/Stream", "grpc-accept-encoding": "gzip" }, (stream) => {
    for (let index = 0; index < 20; index++) stream.write(framed(Buffer.alloc(index % 2 === 0 ? 50_000 : 10, index)));
    stream.end();
  });
  const read: Buffer[] = [];
  for (let at = 0; at < mixed.body.byteLength;) {
    const length = mixed.body.readUInt32BE(at + 1);
    const bytes = mixed.body.subarray(at + 5, at + 5 + length);
    read.push(mixed.body[at] === 1 ? gunzipSync(bytes) : bytes);
    at += 5 + length;
  }
  expect(read.map((each) => [each.byteLength, each[0]])).toEqual(
    Array.from({ length: 20 }, (_, index) => [index % 2 === 0 ? 50_000 : 10, index]),
  );
});

test("grpc-js's compressed requests are read", async () => {
  const { path } = await serve(echo);
  const client = new GrpcJs(path, { "grpc.default_compression_algorithm": 2 });
  expect((await client.unary("/test.Echo/Unary", Buffer.alloc(100_000, 3))).response).toHaveLength(100_000);
});

test("headers and trailers that cannot be sent are the handler's error", async () => {
  const { path } = await serve((server) => {
    server.unary("/test.Echo/Set", (request, call) => {
      call.setTrailers([["name", "bad\nvalue"]]);
      return request;
    });
    server.unary("/test.Echo/Headers", (request, call) => {
      call.sendHeaders([["name", "bad\u0000value"]]);
      return request;
    });
  });
  const client = new GrpcJs(path);
  for (const method of ["Set", "Headers"]) {
    expect((await client.unary(`/test.Echo/${method}`, text(""))).error?.code).toBe(status.UNKNOWN);
  }
});

test("streams that nobody reads hold up no other call, either way", async () => {
  const { path } = await serve((server) => {
    echo(server);
    server.stream("/test.Echo/Deaf", (_, { signal }) => once(signal, "abort").then(() => undefined));
    server.stream("/test.Echo/Talker", async (stream) => {
      for (;;) await stream.send(Buffer.alloc(10_000));
    });
  });
  const channel = connect({ path });
  onTestFinished(() => channel.close());
  for (let index = 0; index < 200; index++) channel.stream("/test.Echo/Talker");
  for (let index = 0; index < 200; index++) {
    const stream = channel.stream("/test.Echo/Deaf");
    void (async () => {
      for (;;) await stream.send(Buffer.alloc(10_000));
    })().catch(() => undefined);
  }
  await sleep(500);
  expect(await channel.unary("/test.Echo/Later", Buffer.alloc(100_000), { timeoutMs: 10_000 })).toHaveLength(100_000);
});
