import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { CancellationSource, type Cancellation, RpcCode, RpcError } from "@trilby/kit/transport";
import type { RpcMetadata, ServerCall } from "@trilby/kit/transport";
import { overEveryPairing, echo, string, text } from "./fixture.ts";

const failure = (promise: Promise<unknown>): Promise<RpcError> =>
  promise.then(
    () => expect.fail("the call should have failed"),
    (error: unknown) => (error instanceof RpcError ? error : expect.fail(`not an RpcError: ${String(error)}`)),
  );

overEveryPairing(({ pair }) => {
  test("a unary call carries bytes there and back", async () => {
    const { channel } = await pair(echo);
    expect(string(await channel.unary("/test.Echo/Unary", text("hello")))).toBe("hello");
    expect(await channel.unary("/test.Echo/Unary", new Uint8Array())).toHaveLength(0);
  });

  test("a stream carries messages both ways, in order, and ends when the caller ends it", async () => {
    const { channel } = await pair(echo);
    const stream = channel.stream("/test.Echo/Stream");
    for (let index = 0; index < 500; index++) void stream.send(text(String(index)));
    stream.end();
    const received: string[] = [];
    for await (const message of stream.messages) received.push(string(message));
    expect(received).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
  });

  test("500 unary calls run side by side", async () => {
    const { channel } = await pair(echo);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => channel.unary("/test.Echo/Unary", text(String(index)))),
    );
    expect(answers.map(string)).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
  });

  test("metadata travels both ways, with repeated and binary values", async () => {
    let seen: ServerCall | undefined;
    const { channel } = await pair((server) =>
      server.unary("/test.Echo/Unary", (request, call) => {
        seen = call;
        call.sendHeaders([["answer", "42"]]);
        call.setTrailers([["trace-bin", new Uint8Array([0, 255])]]);
        return request;
      }),
    );
    const sent: RpcMetadata = [
      ["x-component-instance", "mystore"],
      ["tag", "one"],
      ["tag", "two"],
      ["blob-bin", new Uint8Array([1, 2, 250])],
    ];
    let headers: RpcMetadata = [];
    let trailers: RpcMetadata = [];
    await channel.unary("/test.Echo/Unary", text(""), {
      metadata: sent,
      onHeaders: (received) => (headers = received),
      onTrailers: (received) => (trailers = received),
    });
    expect(seen?.header("x-component-instance")).toBe("mystore");
    expect(seen?.header("absent")).toBeUndefined();
    const plain = (metadata: RpcMetadata) =>
      metadata.map(([name, value]) => [name, typeof value === "string" ? value : [...value]]);
    expect(plain(seen!.metadata)).toContainEqual(["blob-bin", [1, 2, 250]]);
    // Repeated values may be joined with a comma, as gRPC allows.
    const tags = seen!.metadata.filter(([name]) => name === "tag").map(([, value]) => value);
    expect(tags.join(", ")).toBe("one, two");
    expect(plain(headers)).toContainEqual(["answer", "42"]);
    expect(plain(trailers)).toContainEqual(["trace-bin", [0, 255]]);
  });

  test("an RpcError reaches the caller with code, message, details and trailers", async () => {
    const { channel } = await pair((server) =>
      server.unary("/test.Echo/Unary", () => {
        throw new RpcError(RpcCode.FAILED_PRECONDITION, "100 % ünfit\nsecond line", {
          details: new Uint8Array([8, 9, 18, 0]),
          trailers: [["reason", "etag"]],
        });
      }),
    );
    const error = await failure(channel.unary("/test.Echo/Unary", text("")));
    expect(error.code).toBe(RpcCode.FAILED_PRECONDITION);
    expect(error.message).toBe("100 % ünfit\nsecond line");
    expect([...error.details!]).toEqual([8, 9, 18, 0]);
    expect(error.trailers).toContainEqual(["reason", "etag"]);
  });

  test("any other error becomes UNKNOWN with its message, however odd the message", async () => {
    const messages = ["boom", "half a pair \ud800", "x".repeat(100_000), "\u20ac".repeat(100_000)];
    const { channel } = await pair((server) => {
      server.unary("/test.Echo/Unary", (request) => {
        throw new Error(messages[Number(string(request))]);
      });
    });
    const errors = await Promise.all(
      messages.map((_, index) => failure(channel.unary("/test.Echo/Unary", text(String(index))))),
    );
    expect(errors.map((error) => error.code)).toEqual(messages.map(() => RpcCode.UNKNOWN));
    expect(errors[0]!.message).toBe("boom");
    expect(errors[1]!.message).toBe("half a pair \ufffd");
    expect(errors[2]!.message).toMatch(/^x{2048}\.\.\.$/);
    expect(errors[3]!.message).toMatch(/^\u20ac{2048}\.\.\.$/);
  });

  test("the longest message and the largest details arrive together", async () => {
    const { channel } = await pair((server) =>
      server.unary("/test.Echo/Unary", () => {
        throw new RpcError(RpcCode.INTERNAL, "\u20ac".repeat(3000), { details: new Uint8Array(32 * 1024).fill(200) });
      }),
    );
    const error = await failure(channel.unary("/test.Echo/Unary", text("")));
    expect(error.code).toBe(RpcCode.INTERNAL);
    expect(error.message).toHaveLength(2051);
    expect(error.details).toHaveLength(32 * 1024);
  });

  test("trailers that HTTP/2 cannot carry cost neither the status nor the call", async () => {
    const { channel } = await pair((server) => {
      server.unary("/test.Echo/Error", () => {
        throw new RpcError(RpcCode.ABORTED, "told", { trailers: [["bad name", "x"]] });
      });
      server.unary("/test.Echo/Set", (request, call) => {
        call.setTrailers([["name", "bad\nvalue"]]);
        return request;
      });
      server.unary("/test.Echo/Headers", (request, call) => {
        call.sendHeaders([["name", "bad\u0000value"]]);
        return request;
      });
    });
    const error = await failure(channel.unary("/test.Echo/Error", text("")));
    expect(error).toMatchObject({ code: RpcCode.ABORTED, message: "told" });
    for (const method of ["Set", "Headers"]) {
      expect((await failure(channel.unary(`/test.Echo/${method}`, text("")))).code).toBe(RpcCode.UNKNOWN);
    }
    await expect(channel.unary("/test.Echo/Set", text(""), { metadata: [["ü", "x"]] })).rejects.toThrow();
  });

  test("a stream that breaks gives its messages first and the error then", async () => {
    const { channel } = await pair((server) =>
      server.stream("/test.Echo/Stream", async (stream) => {
        await stream.send(text("one"));
        for await (const message of stream.messages) if (string(message) === "break") break;
        throw new RpcError(RpcCode.DATA_LOSS, "lost");
      }),
    );
    const stream = channel.stream("/test.Echo/Stream");
    const messages = stream.messages[Symbol.asyncIterator]();
    expect(string((await messages.next()).value)).toBe("one");
    await stream.send(text("break"));
    expect((await failure(messages.next())).code).toBe(RpcCode.DATA_LOSS);
    expect((await failure(stream.send(text("more")))).code).toBe(RpcCode.DATA_LOSS);
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  test("an unknown method answers UNIMPLEMENTED", async () => {
    const { channel } = await pair(echo);
    expect((await failure(channel.unary("/test.Echo/Nothing", text("")))).code).toBe(RpcCode.UNIMPLEMENTED);
  });

  test("the fallback gets every method that is not registered, as raw messages", async () => {
    const { channel } = await pair((server) => {
      echo(server);
      server.fallback(async (stream, call) => {
        for await (const message of stream.messages) await stream.send(text(`${call.path} ${string(message)}`));
      });
    });
    expect(string(await channel.unary("/other.Service/Method", text("a")))).toBe("/other.Service/Method a");
    expect(string(await channel.unary("/test.Echo/Unary", text("b")))).toBe("b");
  });

  test("the caller's deadline ends the call on both sides", async () => {
    let ended: Promise<unknown> | undefined;
    let deadline: number | undefined;
    const { channel } = await pair((server) =>
      server.unary("/test.Echo/Unary", async (request, call) => {
        deadline = call.deadline;
        ended = once(call.signal, "abort").then(() => call.signal.reason as RpcError);
        await ended;
        return request;
      }),
    );
    const before = Date.now();
    expect((await failure(channel.unary("/test.Echo/Unary", text(""), { timeoutMs: 100 }))).code).toBe(
      RpcCode.DEADLINE_EXCEEDED,
    );
    expect(Date.now() - before).toBeLessThan(5000);
    expect(deadline).toBeGreaterThan(before);
    expect(await ended).toBeInstanceOf(RpcError);
  });

  test("a timeout of years is none", async () => {
    const { channel } = await pair(echo);
    expect(string(await channel.unary("/test.Echo/Unary", text("a"), { timeoutMs: 1e12 }))).toBe("a");
  });

  test("the caller's signal cancels a unary call and the handler hears of it", async () => {
    const began = Promise.withResolvers<AbortSignal>();
    const { channel } = await pair((server) =>
      server.unary("/test.Echo/Unary", async (request, call) => {
        began.resolve(call.signal);
        await once(call.signal, "abort");
        return request;
      }),
    );
    const abort = new AbortController();
    const call = failure(channel.unary("/test.Echo/Unary", text(""), { signal: abort.signal }));
    const heard = await began.promise;
    abort.abort();
    expect((await call).code).toBe(RpcCode.CANCELLED);
    if (!heard.aborted) await once(heard, "abort");
    expect(heard.reason).toMatchObject({ code: RpcCode.CANCELLED });
    expect((await failure(channel.unary("/test.Echo/Unary", text(""), { signal: abort.signal }))).code).toBe(
      RpcCode.CANCELLED,
    );
  });

  test("one who gives up without a signal cancels calls and streams, and they forget each other", async () => {
    const began = Promise.withResolvers<Cancellation>();
    const { channel } = await pair((server) => {
      server.unary("/test.Echo/Unary", async (request, call) => {
        if (request.length > 0) return request;
        const heard = Promise.withResolvers<void>();
        call.cancellation.add({ cancel: heard.resolve });
        began.resolve(call.cancellation);
        await heard.promise;
        return request;
      });
      server.stream("/test.Echo/Stream", async (stream) => {
        for await (const message of stream.messages) await stream.send(message);
      });
    });
    const source = new CancellationSource();
    const forgotten = vi.spyOn(source, "remove");
    expect(string(await channel.unary("/test.Echo/Unary", text("a"), { cancellation: source }))).toBe("a");
    expect(forgotten).toHaveBeenCalledTimes(1);
    const calls = [0, 1, 2].map(() => failure(channel.unary("/test.Echo/Unary", text(""), { cancellation: source })));
    const stream = channel.stream("/test.Echo/Stream", { cancellation: source });
    const heard = await began.promise;
    source.cancel();
    for (const call of calls) expect((await call).code).toBe(RpcCode.CANCELLED);
    expect((await failure(stream.messages[Symbol.asyncIterator]().next())).code).toBe(RpcCode.CANCELLED);
    await expect.poll(() => heard.cancelled).toBe(true);
    expect((await failure(channel.unary("/test.Echo/Unary", text("a"), { cancellation: source }))).code).toBe(
      RpcCode.CANCELLED,
    );
  });

  test("a cancelled stream rejects what the handler reads and sends", async () => {
    const seen = Promise.withResolvers<unknown[]>();
    const { channel } = await pair((server) =>
      server.stream("/test.Echo/Stream", async (stream) => {
        const errors: unknown[] = [];
        try {
          for await (const message of stream.messages) await stream.send(message);
        } catch (error) {
          errors.push(error);
        }
        errors.push(await stream.send(text("late")).catch((error: unknown) => error));
        seen.resolve(errors);
      }),
    );
    const stream = channel.stream("/test.Echo/Stream");
    const messages = stream.messages[Symbol.asyncIterator]();
    await stream.send(text("a"));
    await messages.next();
    stream.cancel();
    expect((await failure(messages.next())).code).toBe(RpcCode.CANCELLED);
    expect(await seen.promise).toMatchObject([{ code: RpcCode.CANCELLED }, { code: RpcCode.CANCELLED }]);
  });

  test("headers that were sent before any message arrive before any message", async () => {
    const { channel } = await pair((server) =>
      server.stream("/test.Echo/Stream", async (stream, call) => {
        call.sendHeaders([["subscribed", "yes"]]);
        for await (const message of stream.messages) await stream.send(message);
      }),
    );
    const headers = await new Promise<RpcMetadata>((resolve) => {
      channel.stream("/test.Echo/Stream", { onHeaders: resolve });
    });
    expect(headers).toContainEqual(["subscribed", "yes"]);
  });
});
