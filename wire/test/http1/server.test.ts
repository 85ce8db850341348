import { once } from "node:events";
import { Agent, request as nodeRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";

import {
  createHttp1Server,
  type Http1Request,
  type Http1Server,
  type Http1ServerOptions,
} from "../../src/http1/index.ts";
import { answersIn, rawClient } from "./raw-client.ts";

let server: Http1Server | undefined;
afterEach(async () => {
  await server?.close(0);
  server = undefined;
});

async function serve(
  handle: (request: Http1Request) => void,
  options: Partial<Http1ServerOptions> = {},
): Promise<number> {
  server = createHttp1Server({ handle, ...options });
  server.listener.listen(0, "127.0.0.1");
  await once(server.listener, "listening");
  return (server.listener.address() as AddressInfo).port;
}

/** Answers with what came. */
const echo = (request: Http1Request): void => {
  const { method, target } = request.head;
  request.body(1000).then(
    (body) => request.respond(200, [], `${method} ${target} ${Buffer.from(body).toString("latin1")}`),
    (error: Error & { reason: string }) => request.respond(400, [], error.reason),
  );
};
const atOnce = (request: Http1Request): void => void request.respond(200, [], request.head.target);

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const last = "Connection: close\r\n";
const bodies = (text: string): string[] => answersIn(text).map(({ body }) => body);

describe("answers", () => {
  it("have what HTTP asks for", async () => {
    const port = await serve((request) => request.respond(201, ["X-A", "1", "x-b", "\xe9"], "\u00e9"));
    const client = rawClient(port);
    client.send(get("/", last));
    const text = await client.closed();
    expect(text.replace(/Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/, "Date: now")).toBe(
      "HTTP/1.1 201 Created\r\nX-A: 1\r\nx-b: \xe9\r\nContent-Length: 2\r\nDate: now\r\nConnection: close\r\n\r\n\xc3\xa9",
    );
  });

  it.each([
    ["GET", 200, undefined, "0", ""],
    ["GET", 204, undefined, undefined, ""],
    ["GET", 204, "not sent", undefined, ""],
    ["GET", 304, "not sent", undefined, ""],
    ["HEAD", 200, "not sent", "8", ""],
    ["HEAD", 200, undefined, undefined, ""],
    ["GET", 299, new Uint8Array([97]), "1", "a"],
  ])("%s %i with %o", async (method, status, body, length, sent) => {
    const port = await serve((request) => request.respond(status, [], body));
    const client = rawClient(port);
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\n${last}\r\n`);
    const [head, rest] = (await client.closed()).split("\r\n\r\n");
    expect(/content-length: (\d+)/i.exec(head!)?.[1]).toBe(length);
    expect(rest).toBe(sent);
  });

  it("of every size arrive whole, whatever came before", async () => {
    const sizes = [0, 1, 1000, 16_000, 32_500, 33_000, 70_000, 1_000_000];
    const port = await serve((request) => {
      const size = Number(request.head.target.slice(1));
      request.respond(200, [], size % 2 === 0 ? "\u00e9".repeat(size / 2) : Buffer.alloc(size, size));
    });
    const client = rawClient(port);
    const order = [...sizes, ...sizes.reverse()];
    client.send(order.map((size) => get(`/${size}`)).join("") + get("/0", last));
    expect(bodies(await client.closed()).map((body) => body.length)).toEqual([...order, 0]);
  });

  it("cannot be split, or given twice", async () => {
    const seen: unknown[] = [];
    const port = await serve((request) => {
      for (const [status, headers] of [
        [200, ["a", "b\r\nc: d"]],
        [200, ["a\r\nb", "c"]],
        [200, ["", "c"]],
        [200, ["a", "\u0100"]],
        [100, []],
      ] as const)
        expect(() => request.respond(status, headers, undefined)).toThrow();
      request.respond(200, [], "x");
      try {
        request.respond(200, [], "y");
      } catch (error) {
        seen.push((error as Error).message);
      }
    });
    const client = rawClient(port);
    client.send(get("/", last));
    expect(bodies(await client.closed())).toEqual(["x"]);
    expect(seen).toEqual(["a second answer to one request"]);
  });
});

describe("connections", () => {
  it.each([
    ["HTTP/1.1", "", undefined],
    ["HTTP/1.1", "Connection: close\r\n", "close"],
    ["HTTP/1.0", "", "close"],
    ["HTTP/1.0", "Connection: keep-alive\r\n", "keep-alive"],
  ])("%s %j: %s", async (version, header, is) => {
    const port = await serve(atOnce);
    const client = rawClient(port);
    client.send(`GET / ${version}\r\nHost: a\r\n${header}\r\n`);
    const text = await client.until((each) => answersIn(each).length === 1);
    expect(/\r\nconnection: (.*)\r\n/i.exec(text)?.[1]).toBe(is);
    if (is === "close") await client.closed();
    else {
      client.send(get("/again", last));
      expect(bodies(await client.closed())).toEqual(["/", "/again"]);
    }
  });

  it("carry requests in order, however they are cut and however slow the answers", async () => {
    let turn = 0;
    const port = await serve((request) => {
      const slow = turn++ % 3;
      if (slow === 0) echo(request);
      else if (slow === 1) setTimeout(echo, 1, request);
      else setImmediate(echo, request);
    });
    const text =
      get("/1") +
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" +
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\nT: t\r\n\r\n" +
      get("/4") +
      "POST /5 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\ng";
    const all = Buffer.from(text);
    const is = ["GET /1 ", "POST /2 abc", "POST /3 def", "GET /4 ", "POST /5 g"];
    for (let cut = 0; cut < all.length; cut += 1) {
      const client = rawClient(port);
      client.send(all.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      client.send(all.subarray(cut));
      expect(bodies(await client.closed()), `cut at ${cut}`).toEqual(is);
    }
    const client = rawClient(port);
    for (const byte of all) {
      client.send(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bodies(await client.closed())).toEqual(is);
  });

  it("answer ten thousand requests that come at once, one after the other", async () => {
    let underWay = 0;
    let most = 0;
    const port = await serve((request) => {
      most = Math.max(most, ++underWay);
      setImmediate(() => {
        underWay--;
        request.respond(200, [], request.head.target);
      });
    });
    const client = rawClient(port);
    client.send(Array.from({ length: 10_000 }, (_, index) => get(`/${index}`)).join("") + get("/end", last));
    const seen = bodies(await client.closed());
    expect(seen).toHaveLength(10_001);
    expect(seen.every((body, index) => body === (index === 10_000 ? "/end" : `/${index}`))).toBe(true);
    expect(most).toBe(1);
  });

  it("of a client that does not read hold one answer, and no more requests are taken", async () => {
    let taken = 0;
    const port = await serve((request) => {
      taken++;
      request.respond(200, [], Buffer.alloc(8_000_000));
    });
    const client = rawClient(port);
    await once(client.socket, "connect");
    client.socket.pause();
    client.send(Array.from({ length: 50 }, () => get("/")).join("") + get("/", last));
    for (let before = -1; before !== taken || before === 0;) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(taken).toBeLessThanOrEqual(2);
    client.socket.resume();
    await client.closed();
    expect(taken).toBe(51);
  });

  it("that end after a request still carry its answer", async () => {
    const gone = Promise.withResolvers<void>();
    const port = await serve((request) => {
      request.onGone = () => {
        gone.resolve();
        setTimeout(() => request.respond(200, [], "late"), 10);
      };
    });
    const client = rawClient(port);
    client.socket.end(get("/"));
    await gone.promise;
    expect(bodies(await client.closed())).toEqual(["late"]);
  });

  it("that end after several requests carry all answers", async () => {
    const port = await serve((request) => setTimeout(atOnce, 5, request));
    const client = rawClient(port);
    client.socket.end(get("/1") + get("/2") + get("/3"));
    expect(bodies(await client.closed())).toEqual(["/1", "/2", "/3"]);
  });

  it("that break off tell whoever answers, once, and harm nobody", async () => {
    let times = 0;
    const gone = Promise.withResolvers<Http1Request>();
    const port = await serve((request) => {
      if (request.head.target === "/x") return atOnce(request);
      request.onGone = () => {
        times++;
        gone.resolve(request);
      };
    });
    const client = rawClient(port);
    client.send(get("/"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.resetAndDestroy();
    const request = await gone.promise;
    expect(request.isGone).toBe(true);
    request.respond(200, [], "nobody hears it");
    const other = rawClient(port);
    other.send(get("/x", last));
    expect(bodies(await other.closed())).toEqual(["/x"]);
    expect(times).toBe(1);
  });
});

describe("bodies", () => {
  const post = (length: number | string, body = ""): string =>
    `POST / HTTP/1.1\r\nHost: a\r\n${typeof length === "number" ? `Content-Length: ${length}` : length}\r\n\r\n${body}`;

  it("that nobody wants are read over", async () => {
    const port = await serve(atOnce);
    const client = rawClient(port);
    client.send(post(3_000_000, "x".repeat(3_000_000)));
    client.send(post("Transfer-Encoding: chunked", `5\r\nabcde\r\n${"1;x\r\na\r\n".repeat(1000)}0\r\n\r\n`));
    client.send(get("/next", last));
    expect(bodies(await client.closed())).toEqual(["/", "/", "/next"]);
  });

  it.each([
    ["of known length", post(2000, "x".repeat(2000))],
    ["of known length, later", post(2000)],
    [
      "in chunks",
      post("Transfer-Encoding: chunked", `${"64\r\n".concat("y".repeat(100), "\r\n").repeat(20)}0\r\n\r\n`),
    ],
  ])("that are too large are refused, and the connection goes on: %s", async (_, text) => {
    const port = await serve(echo);
    const client = rawClient(port);
    client.send(text);
    if (text.endsWith("\r\n\r\n") && !text.includes("chunked")) {
      // Refused by what the head says, before it comes.
      await client.until((each) => answersIn(each).length === 1);
      client.send("x".repeat(2000));
    }
    client.send(get("/next", last));
    expect(bodies(await client.closed())).toEqual(["too-large", "GET /next "]);
  });

  it("that nobody wants end the connection when they are endless", async () => {
    const port = await serve(atOnce);
    const client = rawClient(port);
    client.send(post(1e12));
    const chunk = Buffer.alloc(1 << 20);
    let sent = 0;
    while (!client.socket.destroyed && sent < 1000) {
      sent++;
      await new Promise((resolve) => client.socket.write(chunk, resolve));
    }
    expect(sent).toBeLessThan(200);
  });

  it("wait in the socket until somebody wants them", async () => {
    const begun = Promise.withResolvers<Http1Request>();
    const port = await serve((request) => begun.resolve(request));
    const client = rawClient(port);
    client.send(post(20_000_000));
    client.send(Buffer.alloc(20_000_000, 97));
    const request = await begun.promise;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(await request.body(0)).toHaveLength(20_000_000);
    request.respond(200, [], "x");
    await client.until((text) => answersIn(text).length === 1);
  });

  it("that break off are errors, and never short", async () => {
    const ended: unknown[] = [];
    const port = await serve((request) => {
      request.body(0).then(
        () => ended.push("whole"),
        (error: { reason: string }) => {
          ended.push(error.reason);
          request.respond(400, [], undefined);
        },
      );
    });
    for (const text of [
      post(10, "abc"),
      post(10),
      post("Transfer-Encoding: chunked", "3\r\nab"),
      post("Transfer-Encoding: chunked", "3\r\nabc\r\n"),
    ]) {
      const half = rawClient(port);
      half.socket.end(text);
      expect(answersIn(await half.closed()).map(({ status }) => status)).toEqual([400]);
      const reset = rawClient(port);
      reset.send(text);
      const before = ended.length;
      await new Promise((resolve) => setTimeout(resolve, 10));
      reset.socket.resetAndDestroy();
      while (ended.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(ended).toEqual(Array(8).fill("broken-off"));
  });

  it.each(["3\r\nabcd\r\n0\r\n\r\n", "x\r\n", "3 \r\nabc\r\n0\r\n\r\n", "ffffffffffffffff\r\n"])(
    "that are no chunks get one answer, and the connection ends: %j",
    async (chunks) => {
      for (const handle of [echo, (request: Http1Request) => setTimeout(echo, 5, request), atOnce]) {
        const port = await serve(handle);
        const client = rawClient(port);
        client.send(post("Transfer-Encoding: chunked", chunks) + get("/smuggled"));
        const answers = answersIn(await client.closed());
        expect(answers).toHaveLength(1);
        expect(answers[0]!.body).toBe(handle === atOnce ? "/" : "broken-off");
        await server?.close(0);
      }
    },
  );

  it("are asked for with 100 where the client waits for that", async () => {
    const port = await serve(echo);
    const client = rawClient(port);
    const expecting = post(3).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    client.send(expecting);
    expect(await client.until((text) => text.includes("\r\n\r\n"))).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.send(`abc${expecting}def${get("/", last)}`);
    const text = await client.closed();
    expect(text.match(/ 100 Continue/g)).toHaveLength(1);
    expect(bodies(text)).toEqual(["", "POST / abc", "POST / def", "GET / "]);
  });

  it("that were not asked for do not come, and the connection ends", async () => {
    const port = await serve(atOnce);
    const client = rawClient(port);
    client.send(post(3).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
    expect(answersIn(await client.closed())).toMatchObject([{ status: 200, closes: true }]);
  });
});

describe("limits", () => {
  it("a head that takes too long gets 408, byte by byte too; silence and idleness nothing", async () => {
    const port = await serve(atOnce, { headTimeoutMs: 200 });
    const silent = rawClient(port);
    const idle = rawClient(port);
    idle.send(get("/"));
    const slow = rawClient(port);
    const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(1000)}`);
    let sent = 0;
    const drip = setInterval(() => slow.send(bytes.subarray(sent, ++sent)), 10);
    expect(await silent.closed()).toBe("");
    expect(answersIn(await slow.closed())).toMatchObject([{ status: 408, closes: true }]);
    clearInterval(drip);
    idle.send(get("/still", last));
    expect(bodies(await idle.closed())).toEqual(["/", "/still"]);
  });

  it("a head that is too large gets 431, and a client that still sends gets to read it", async () => {
    const port = await serve(atOnce, { maxHeadBytes: 1000 });
    const client = rawClient(port);
    client.send(`GET / HTTP/1.1\r\nX: ${"x".repeat(3_000_000)}`);
    expect(answersIn(await client.closed())).toMatchObject([{ status: 431, closes: true }]);
  });

  it.each([
    [400, "GARBAGE\r\n\r\n"],
    [400, `${get("/")}GET / HTTP/1.1\r\n\r\n`],
    [501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
    [417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"],
  ])("what is no request gets %i, after the answers to those before, and nothing after: %j", async (status, text) => {
    const port = await serve(atOnce);
    const client = rawClient(port);
    client.send(text + get("/smuggled"));
    const answers = answersIn(await client.closed());
    expect(answers.at(-1)).toMatchObject({ status, closes: true });
    expect(answers.map(({ body }) => body)).not.toContain("/smuggled");
    expect(answers).toHaveLength(text.startsWith("GET") ? 2 : 1);
  });

  it("a handler that throws is answered for with 500, and heard of", async () => {
    const heard: unknown[] = [];
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => heard.push(error.message));
    const port = await serve((request) => {
      if (request.head.target === "/bug") throw new Error("a bug");
      atOnce(request);
    });
    const client = rawClient(port);
    client.send(get("/bug") + get("/next", last));
    expect(answersIn(await client.closed()).map(({ status }) => status)).toEqual([500, 200]);
    for (const listener of before) process.on("uncaughtException", listener);
    expect(heard).toEqual(["a bug"]);
  });
});

describe("closing", () => {
  it("ends idle connections at once, lets a request finish, and takes nothing new", async () => {
    const begun = Promise.withResolvers<Http1Request>();
    const port = await serve((request) => (request.head.target === "/" ? begun.resolve(request) : atOnce(request)));
    const idle = rawClient(port);
    idle.send(get("/idle"));
    await idle.until((text) => answersIn(text).length === 1);
    const silent = rawClient(port);
    await once(silent.socket, "connect");
    const busy = rawClient(port);
    busy.send(get("/"));
    const request = await begun.promise;
    const closed = server!.close(10_000);
    await Promise.all([idle.closed(), silent.closed()]);
    request.respond(200, [], "done");
    expect(answersIn(await busy.closed())).toMatchObject([{ body: "done", closes: true }]);
    await closed;
  });

  it("ends everything when the time is over", async () => {
    const port = await serve(() => {});
    const client = rawClient(port);
    client.send(get("/"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const began = performance.now();
    await server!.close(50);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await client.closed()).toBe("");
  });
});

it("serves Node's client on kept connections", async () => {
  const port = await serve((request) => {
    void request.body(0).then((body) => request.respond(200, ["X-Method", request.head.method], body));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const call = (method: string, body: Buffer): Promise<[number, Buffer]> =>
    new Promise((resolve, reject) => {
      const headers = body.length % 2 === 0 ? { "transfer-encoding": "chunked" } : {};
      const sent = nodeRequest({ port, method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve([response.statusCode!, Buffer.concat(chunks)]));
      });
      sent.on("error", reject);
      for (let at = 0; at < body.length; at += 50_000) sent.write(body.subarray(at, at + 50_000));
      sent.end();
    });
  const sizes = [1, 2, 999, 1000, 65_535, 65_536, 300_000, 300_001, 2_000_000];
  const all = await Promise.all(
    [...sizes, ...sizes].map(async (size, index) => {
      const body = Buffer.alloc(size, index + 1);
      const [status, answer] = await call("POST", body);
      return status === 200 && answer.equals(body);
    }),
  );
  expect(all).toEqual(Array(18).fill(true));
  agent.destroy();
});
