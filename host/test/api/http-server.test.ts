import { once } from "node:events";
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";

import { openHttpApi } from "../../src/api/http/open.ts";
import type { HttpExchange, HttpRoute } from "../../src/api/http/route.ts";
import { invokeRoute } from "../../src/blocks/unconfigured/create-unconfigured-block.ts";
import { noMetrics } from "../../src/observability/prometheus/no-metrics.ts";
import { apiOptions, call, openApis, recordingLog, type OpenApis } from "./open-apis.ts";

let apis: OpenApis | undefined;
afterEach(async () => {
  await apis?.close();
  apis = undefined;
});

const state = { group: "state", version: "v1" } as const;

function route(
  method: HttpRoute["methods"][number],
  path: string,
  handle: HttpRoute["handle"],
  more: Partial<HttpRoute> = {},
): HttpRoute {
  return { methods: [method], path, name: "Test", api: state, handle, ...more };
}

/** Answers with what the route saw. */
const show = (count: number) => (exchange: HttpExchange) =>
  exchange.respond(
    200,
    JSON.stringify({
      params: Array.from({ length: count }, (_, index) => exchange.param(index)),
      metadata: { ...exchange.metadata() },
    }),
  );

const length = async (exchange: HttpExchange): Promise<void> => {
  const body = await exchange.body();
  exchange.respond(200, String(body.length));
};

const noAppId =
  '{"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}';

describe("routes", () => {
  const block = {
    http: [
      route("GET", "/v1.0/state/{store}/{key}", show(2)),
      route("GET", "/v1.0/state/{store}/bulk", (exchange) => exchange.respond(200, "fixed")),
      route("POST", "/v1.0/publish/{pubsub}/{topic...}", show(2)),
      route("POST", "/v1.0/publish/bulk/{pubsub}/{topic...}", (exchange) =>
        exchange.respond(200, `bulk ${exchange.param(0)} ${exchange.param(1)}`),
      ),
    ],
    grpc: [],
  };

  test.each([
    ["GET", "/v1.0/state/s/k", '{"params":["s","k"],"metadata":{}}'],
    ["GET", "/v1.0//state/./s/x/../k/", '{"params":["s","k"],"metadata":{}}'],
    ["GET", "/v1.0/state/s/a%2Fb%20c+d", '{"params":["s","a/b c d"],"metadata":{}}'],
    ["GET", "/v1.0/state/s/bulk", "fixed"],
    [
      "GET",
      "/v1.0/state/s/k?metadata.a=1&metadata.b=x%20y+z&metadata.a=2&other=3&metadata.=e&metadata.c",
      '{"params":["s","k"],"metadata":{"a":"1","b":"x y z","":"e","c":""}}',
    ],
    [
      "GET",
      "/v1.0/state/s/k?metadata.a=%zz&metadata.b=1;2&metadata.c=%E9",
      '{"params":["s","k"],"metadata":{"c":"\ufffd"}}',
    ],
    ["GET", "/v1.0/state/s/k?metadata.__proto__=x", '{"params":["s","k"],"metadata":{"__proto__":"x"}}'],
    ["POST", "/v1.0/publish/p/a/b/c", '{"params":["p","a/b/c"],"metadata":{}}'],
    ["POST", "/v1.0/publish/bulk/p/t", "bulk p t"],
    ["POST", "/v1.0/publish/bulk/t", '{"params":["bulk","t"],"metadata":{}}'],
  ])("%s %s", async (method, path, body) => {
    apis = await openApis({ blocks: [block] });
    expect(await apis.http(method, path)).toMatchObject({ status: 200, body });
  });

  test.each([
    ["GET", "/"],
    ["GET", "/v1.0/state/s"],
    ["GET", "/v1.0/state/s/k/x"],
    ["PATCH", "/v1.0/state/s/k"],
    ["OPTIONS", "/v1.0/state/s/k"],
    ["POST", "/v1.0/publish/p"],
  ])("%s %s is taken for an invocation of nobody", async (method, path) => {
    apis = await openApis({ blocks: [block] });
    const answer = await apis.http(method, path);
    expect(answer).toMatchObject({ status: 404, body: noAppId });
    expect(answer.headers["content-type"]).toBe("application/json");
  });

  test("an escape that is broken", async () => {
    apis = await openApis({ blocks: [block] });
    expect(await apis.http("GET", "/v1.0/state/s/%zz")).toMatchObject({ status: 400, body: "400 Bad Request" });
  });
});

describe("answers", () => {
  test("a route that throws or says nothing ends with an error, and the next request is served", async () => {
    const http = [
      route("GET", "/throws", () => {
        throw new Error("<a bug>");
      }),
      route("GET", "/rejects", () => Promise.reject(new Error("a bug"))),
      route("GET", "/silent", () => {}),
      route("GET", "/twice", (exchange) => {
        exchange.respond(200, "first");
        exchange.respond(200, "second");
      }),
    ];
    apis = await openApis({ blocks: [{ http, grpc: [] }] });
    expect(await apis.http("GET", "/throws")).toMatchObject({
      status: 500,
      body: '{"errorCode":"ERROR","message":"\\u003ca bug\\u003e"}',
    });
    expect(await apis.http("GET", "/rejects")).toMatchObject({
      status: 500,
      body: '{"errorCode":"ERROR","message":"a bug"}',
    });
    expect(await apis.http("GET", "/silent")).toMatchObject({
      status: 500,
      body: '{"errorCode":"ERROR","message":"Test gave no answer"}',
    });
    expect(await apis.http("GET", "/twice")).toMatchObject({ status: 200, body: "first" });
    expect(apis.lines.filter(({ level }) => level === "error")).toHaveLength(4);
  });

  test("headers that would break the response do not", async () => {
    const http = [
      route("GET", "/x", (exchange) => {
        exchange.setHeader("metadata.bad name\r\nx", "1");
        exchange.setHeader("", "1");
        exchange.setHeader("metadata.é", "1");
        exchange.setHeader("metadata.good", "ü\r\nx-injected: 1");
        exchange.respond(200, "x", "text/plain\r\nx-injected: 1");
      }),
    ];
    apis = await openApis({ blocks: [{ http, grpc: [] }] });
    const { status, headers } = await apis.http("GET", "/x");
    expect(status).toBe(200);
    expect(headers["x-injected"]).toBeUndefined();
    expect(Object.keys(headers).filter((name) => name.startsWith("metadata."))).toEqual(["metadata.good"]);
    expect(Buffer.from(headers["metadata.good"] as string, "latin1").toString()).toBe("ü  x-injected: 1");
  });

  test("a client that is gone harms nobody", async () => {
    const gone = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const http = [
      route("GET", "/late", async (exchange) => {
        exchange.signal.addEventListener("abort", () => gone.resolve());
        await gone.promise;
        exchange.respond(200, Buffer.alloc(100_000));
        answered.resolve();
      }),
      route("GET", "/x", (exchange) => exchange.respond(200, "x")),
    ];
    apis = await openApis({ blocks: [{ http, grpc: [] }] });
    const socket = connect(apis.httpPort);
    socket.write("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    setTimeout(() => socket.resetAndDestroy(), 30);
    const session = connectHttp2(`http://127.0.0.1:${apis.httpPort}`);
    const stream = session.request({ ":path": "/late" });
    stream.on("error", () => {});
    setTimeout(() => stream.close(8), 30);
    await answered.promise;
    expect(await apis.http("GET", "/x")).toMatchObject({ status: 200 });
    session.close();
  });

  test("the signal aborts when the client goes away, and only then", async () => {
    const aborted = Promise.withResolvers<void>();
    let later: AbortSignal | undefined;
    const http = [
      route(
        "GET",
        "/waits",
        (exchange) =>
          new Promise<void>((resolve) =>
            exchange.signal.addEventListener("abort", () => (aborted.resolve(), resolve())),
          ),
      ),
      route("GET", "/answers", (exchange) => {
        later = exchange.signal;
        exchange.respond(200, "x");
      }),
    ];
    apis = await openApis({ blocks: [{ http, grpc: [] }] });
    await apis.http("GET", "/answers");
    const waiting = request({ port: apis.httpPort, path: "/waits" });
    waiting.on("error", () => {});
    waiting.end();
    await once(waiting, "socket");
    setTimeout(() => waiting.destroy(), 50);
    await aborted.promise;
    expect(later?.aborted).toBe(false);
  });
});

describe("the API token", () => {
  const blocks = [
    {
      http: [
        route("GET", "/v1.0/healthz", (exchange) => exchange.respond(204), { open: true }),
        route("GET", "/headers", (exchange) =>
          exchange.json(200, {
            header: exchange.header("dapr-api-token") ?? "gone",
            all: "dapr-api-token" in exchange.headers(),
          }),
        ),
      ],
      grpc: [],
    },
  ];

  test("is asked for everywhere but on open routes, and goes no further", async () => {
    apis = await openApis({ blocks, options: { token: "secret" } });
    for (const headers of [{}, { "dapr-api-token": "wrong!" }, { "dapr-api-token": "longer than it" }]) {
      const answer = await apis.http("GET", "/headers", { headers });
      expect(answer).toMatchObject({ status: 401, body: "invalid api token\n" });
      expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    }
    expect(await apis.http("GET", "/nowhere")).toMatchObject({ status: 401 });
    expect(await apis.http("POST", "/v1.0/healthz")).toMatchObject({ status: 401 });
    expect(await apis.http("GET", "/v1.0/healthz")).toMatchObject({ status: 204 });
    expect(await apis.http("GET", "/headers", { headers: { "dapr-api-token": "secret" } })).toMatchObject({
      status: 200,
      body: '{"header":"gone","all":false}\n',
    });
  });
});

describe("CORS", () => {
  const blocks = [{ http: [route("GET", "/x", (exchange) => exchange.respond(200, "x"))], grpc: [] }];
  const preflight = {
    origin: "http://a.example",
    "access-control-request-method": "put",
    "access-control-request-headers": "content-type, X-y",
  };

  test("is not there without origins", async () => {
    apis = await openApis({ blocks });
    const { headers, status } = await apis.http("OPTIONS", "/x", { headers: preflight });
    expect(status).toBe(404);
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("answers preflights before the token is looked at", async () => {
    apis = await openApis({
      blocks,
      options: { allowedOrigins: ["http://a.example", "http://*.b.example"], token: "secret" },
    });
    expect(await apis.http("OPTIONS", "/x", { headers: preflight })).toMatchObject({
      status: 200,
      body: "",
      headers: {
        "access-control-allow-origin": "http://a.example",
        "access-control-allow-methods": "PUT",
        "access-control-allow-headers": "Content-Type, X-Y",
        vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
      },
    });
    for (const headers of [
      { ...preflight, origin: "http://c.example" },
      { ...preflight, "access-control-request-method": "TRACE" },
    ]) {
      const answer = await apis.http("OPTIONS", "/x", { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
    const got = await apis.http("GET", "/x", {
      headers: { origin: "http://sub.b.example", "dapr-api-token": "secret" },
    });
    expect(got).toMatchObject({
      status: 200,
      headers: { "access-control-allow-origin": "http://sub.b.example", vary: "Origin" },
    });
    expect((await apis.http("GET", "/x", { headers: { origin: "http://a.example" } })).status).toBe(401);
  });

  test("allows every origin with *", async () => {
    apis = await openApis({ blocks, options: { allowedOrigins: ["*"] } });
    expect(await apis.http("GET", "/x", { headers: { origin: "http://any" } })).toMatchObject({
      status: 200,
      headers: { "access-control-allow-origin": "*" },
    });
  });
});

describe("limits", () => {
  const blocks = [{ http: [route("POST", "/length", length)], grpc: [] }];

  test("a body may be as large as the limit and no larger, and the connection goes on", async () => {
    apis = await openApis({ blocks, options: { maxBodyBytes: 100_000 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const post = (body: Buffer): Promise<[number | undefined, string]> =>
      new Promise((resolve, reject) => {
        const sent = request({ port: apis!.httpPort, path: "/length", method: "POST", agent }, (response) => {
          let text = "";
          response.on("data", (chunk) => (text += chunk));
          response.on("end", () => resolve([response.statusCode, text]));
        });
        sent.on("error", reject);
        sent.end(body);
      });
    expect(await post(Buffer.alloc(100_000))).toEqual([200, "100000"]);
    expect(await post(Buffer.alloc(5_000_000))).toEqual([
      400,
      '{"errorCode":"ERR_BODY_READ","message":"failed to read request body: stream too large"}',
    ]);
    expect(await post(Buffer.alloc(3))).toEqual([200, "3"]);
    agent.destroy();
  });

  test("there is none at zero", async () => {
    apis = await openApis({ blocks, options: { maxBodyBytes: 0 } });
    expect(await apis.http("POST", "/length", { body: Buffer.alloc(6_000_000) })).toMatchObject({
      status: 200,
      body: "6000000",
    });
  });

  test("headers beyond the limit", async () => {
    apis = await openApis({ blocks, options: { maxHeaderBytes: 4096 } });
    expect((await apis.http("POST", "/length", { headers: { "x-long": "x".repeat(4000) } })).status).toBe(200);
    expect((await apis.http("POST", "/length", { headers: { "x-long": "x".repeat(9000) } })).status).toBe(431);
  });

  test("a body that breaks off ends its request alone", async () => {
    const ended = Promise.withResolvers<unknown>();
    const broken = route("POST", "/broken", async (exchange) => {
      await exchange.body().catch((error: unknown) => ended.resolve((error as Error).message));
      exchange.respond(200);
    });
    apis = await openApis({ blocks: [{ http: [broken, ...blocks[0]!.http], grpc: [] }] });
    const socket = connect(apis.httpPort);
    socket.write("POST /broken HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    setTimeout(() => socket.destroy(), 50);
    expect(await ended.promise).toBe("failed to read request body: unexpected EOF");
    expect(await apis.http("POST", "/length", { body: "abc" })).toMatchObject({ status: 200, body: "3" });
  });

  test.each([
    "GARBAGE\r\n\r\n",
    "\x00\x01\x02\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET /v1.0 HTTP/9.9\r\nHost: x\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
  ])("bytes that are no HTTP: %j", async (bytes) => {
    apis = await openApis({ blocks });
    const socket = connect(apis.httpPort);
    socket.write(bytes);
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(await apis.http("POST", "/length")).toMatchObject({ status: 200 });
  });
});

describe("HTTP/2 without TLS", () => {
  const blocks = [{ http: [route("POST", "/length", length), route("GET", "/state/{key}", show(1))], grpc: [] }];

  const fetch2 = async (
    port: number,
    headers: Record<string, string>,
    body?: Buffer,
  ): Promise<{ status: unknown; text: string; type: unknown }> => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    try {
      const stream = session.request(headers, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      let text = "";
      stream.on("data", (chunk) => (text += chunk));
      const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
      await once(stream, "end");
      return { status: answer[":status"], text, type: answer["content-type"] };
    } finally {
      session.close();
    }
  };

  test("is served to clients that begin with it, on the same port", async () => {
    apis = await openApis({ blocks, options: { token: "secret", maxBodyBytes: 100_000 } });
    const headers = { "dapr-api-token": "secret" };
    expect(await fetch2(apis.httpPort, { ":path": "/state/a%2Fb?metadata.x=y", ...headers })).toMatchObject({
      status: 200,
      text: '{"params":["a/b"],"metadata":{"x":"y"}}',
    });
    expect(
      await fetch2(apis.httpPort, { ":path": "/length", ":method": "POST", ...headers }, Buffer.alloc(50_000)),
    ).toMatchObject({ status: 200, text: "50000" });
    expect(
      await fetch2(apis.httpPort, { ":path": "/length", ":method": "POST", ...headers }, Buffer.alloc(200_000)),
    ).toMatchObject({ status: 400 });
    expect(await fetch2(apis.httpPort, { ":path": "/length" })).toMatchObject({
      status: 401,
      text: "invalid api token\n",
    });
    expect(await fetch2(apis.httpPort, { ":path": "/nowhere", ...headers })).toMatchObject({
      status: 404,
      text: noAppId,
      type: "application/json",
    });
    expect(await apis.http("GET", "/state/k", { headers })).toMatchObject({ status: 200 });
  });

  test("asks clients for their body that wait for that", async () => {
    apis = await openApis({ blocks });
    const session = connectHttp2(`http://127.0.0.1:${apis.httpPort}`);
    const stream = session.request({ ":path": "/length", ":method": "POST", expect: "100-continue" });
    await once(stream, "continue");
    stream.end("abc");
    let text = "";
    for await (const chunk of stream) text += chunk;
    expect(text).toBe("3");
    session.close();
  });

  test("also when its first bytes come one by one", async () => {
    apis = await openApis({ blocks });
    const relay = createServer((client) => {
      const server = connect(apis!.httpPort);
      client.on("data", async (chunk: Buffer) => {
        client.pause();
        for (const byte of chunk.subarray(0, 24))
          await new Promise<void>((resolve) => server.write(Buffer.from([byte]), () => setImmediate(resolve)));
        server.write(chunk.subarray(24));
        client.removeAllListeners("data");
        client.pipe(server);
      });
      server.pipe(client);
      for (const socket of [client, server]) socket.on("error", () => {});
    });
    relay.listen(0);
    const { port } = relay.address() as { port: number };
    expect(await fetch2(port, { ":path": "/state/k" })).toMatchObject({ status: 200 });
    relay.close();
  });

  /** Asks for HTTP/2 as a client of HTTP/1.1 does, then for two streams more. Resolves to the first line and the bodies by stream. */
  const upgraded = async (port: number, head: string, begin: Buffer[]): Promise<[string, Record<number, string>]> => {
    const socket = connect(port);
    const frame = (type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer => {
      const start = Buffer.alloc(9);
      start.writeUIntBE(payload.length, 0, 3);
      start[3] = type;
      start[4] = flags;
      start.writeUInt32BE(stream, 5);
      return Buffer.concat([start, payload]);
    };
    socket.write(`${head}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`);
    const [first] = (await once(socket, "data")) as [Buffer];
    const at = first.indexOf("\r\n\r\n") + 4;
    let seen = first.subarray(at);
    const bodies: Record<number, string> = {};
    const done = new Promise<void>((resolve, reject) => {
      const read = (): void => {
        while (seen.length >= 9 && seen.length >= 9 + seen.readUIntBE(0, 3)) {
          const length = seen.readUIntBE(0, 3);
          const [type, flags, stream] = [seen[3], seen[4]!, seen.readUInt32BE(5)];
          if (type === 0) bodies[stream] = (bodies[stream] ?? "") + seen.subarray(9, 9 + length).toString();
          if (type === 7 && seen.readUInt32BE(13) !== 0) reject(new Error(`GOAWAY ${seen.readUInt32BE(13)}`));
          // The server acknowledges settings once: the client sent them once.
          if (type === 0 && (flags & 1) === 1 && stream === 3) resolve();
          seen = seen.subarray(9 + length);
        }
      };
      socket.on("data", (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        read();
      });
      socket.on("close", () => reject(new Error("closed")));
      read();
    });
    done.catch(() => {});
    for (const bytes of begin) await new Promise((resolve) => socket.write(bytes, () => setTimeout(resolve, 5)));
    // :method GET, :scheme http, :authority x, :path /state/z, from HPACK's static table and literals.
    const path = Buffer.from("/state/z");
    const fields = Buffer.concat([Buffer.from([0x82, 0x86, 0x01, 1, 0x78, 0x04, path.length]), path]);
    socket.write(frame(1, 5, 3, fields));
    await done;
    socket.destroy();
    return [first.toString("latin1", 0, at).split("\r\n")[0]!, bodies];
  };
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const settings = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]);

  test.each([
    ["at once", [Buffer.concat([preface, settings])]],
    ["in pieces", [preface.subarray(0, 5), preface.subarray(5), settings.subarray(0, 3), settings.subarray(3)]],
  ])("a client of HTTP/1.1 that asks for it gets its answer over it, when it begins %s", async (_, begin) => {
    apis = await openApis({ blocks, options: { token: "secret" } });
    const long = "x".repeat(3000);
    const head = `GET /state/k?metadata.a=${long} HTTP/1.1\r\nHost: x\r\ndapr-api-token: secret`;
    const [line, bodies] = await upgraded(apis.httpPort, head, begin);
    expect(line).toBe("HTTP/1.1 101 Switching Protocols");
    expect(JSON.parse(bodies[1]!)).toEqual({ params: ["k"], metadata: { a: long } });
    // The connection goes on; the second request has no token of its own.
    expect(bodies[3]).toBe("invalid api token\n");
  });

  test("a client that ends its half of the connection leaves none of it behind", async () => {
    apis = await openApis({ blocks });
    const socket = connect({ port: apis.httpPort, allowHalfOpen: true });
    socket.write(Buffer.concat([preface, settings]));
    await once(socket, "data");
    socket.end();
    await once(socket.resume(), "end");
    socket.destroy();
  });

  test("what follows the upgrade and is no HTTP/2 ends the connection alone", async () => {
    apis = await openApis({ blocks });
    const socket = connect(apis.httpPort);
    socket.write(
      "GET /state/k HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n",
    );
    await once(socket, "data");
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await once(socket, "close");
    expect(await apis.http("GET", "/state/k")).toMatchObject({ status: 200 });
  });

  test.each([
    ["another protocol", "GET", { upgrade: "websocket" }, ""],
    ["a request with a body", "POST", { upgrade: "h2c", "http2-settings": "AAMAAABk" }, "abc"],
    ["no settings", "GET", { upgrade: "h2c" }, ""],
  ])("an upgrade is ignored, as HTTP allows: %s", async (_, method, upgrade, body) => {
    apis = await openApis({ blocks });
    const headers = { connection: "Upgrade, HTTP2-Settings", ...upgrade };
    const path = method === "GET" ? "/state/k" : "/length";
    expect(await apis.http(method, path, { headers, ...(body === "" ? {} : { body }) })).toMatchObject({ status: 200 });
  });
});

describe("API rules", () => {
  const blocks = [
    {
      http: [
        route("GET", "/v1.0/state/{store}/{key}", show(2)),
        route("GET", "/v1.0/metadata", (exchange) => exchange.respond(200, "m"), {
          api: { group: "metadata", version: "v1" },
        }),
        route("GET", "/v1.0/healthz", (exchange) => exchange.respond(204), {
          api: { group: "healthz", version: "v1" },
          always: true,
        }),
      ],
      grpc: [],
    },
  ];
  const rule = (name: string, version = "v1", protocol = "http") => ({ name, version, protocol });

  test.each([
    ["an allowed name", { allowed: [rule("state")], denied: [] }, [200, 404, 204]],
    ["a denied name", { allowed: [], denied: [rule("state")] }, [404, 200, 204]],
    ["a denial of what is allowed", { allowed: [rule("state")], denied: [rule("state")] }, [404, 404, 204]],
    ["the old style", { allowed: [rule("state", "v1.0")], denied: [] }, [200, 404, 204]],
    [
      "rules of the other protocol",
      { allowed: [rule("state", "v1", "grpc")], denied: [rule("metadata", "v1", "grpc")] },
      [200, 200, 204],
    ],
    ["another version", { allowed: [rule("state", "v1alpha1")], denied: [] }, [404, 404, 204]],
  ])("with %s", async (_, access, statuses) => {
    apis = await openApis({ blocks, access });
    const paths = ["/v1.0/state/s/k", "/v1.0/metadata", "/v1.0/healthz"];
    expect(await Promise.all(paths.map(async (path) => (await apis!.http("GET", path)).status))).toEqual(statuses);
  });
});

describe("the API log", () => {
  const blocks = [
    {
      http: [
        route("GET", "/v1.0/state/{store}/{key}", (exchange) => exchange.respond(200, "12345"), { name: "GetState" }),
        route("GET", "/v1.0/healthz", (exchange) => exchange.respond(204), { name: "Healthz", always: true }),
      ],
      grpc: [],
    },
  ];
  const logged = () => apis!.lines.filter(({ scope }) => scope === "dapr.runtime.http-info");

  test("has a line a call", async () => {
    apis = await openApis({ blocks, apiLogging: { obfuscateUrls: false, omitHealthChecks: false } });
    await apis.http("GET", "/v1.0/state/s/k?a=b", { headers: { "user-agent": "tester" } });
    await apis.http("GET", "/v1.0/healthz");
    expect(logged()).toMatchObject([
      {
        level: "info",
        message: "HTTP API Called",
        fields: {
          method: "GET /v1.0/state/s/k",
          code: 200,
          size: 5,
          useragent: "tester",
          duration: expect.any(Number),
        },
      },
      { fields: { method: "GET /v1.0/healthz", code: 204, size: 0 } },
    ]);
  });

  test("can hide paths and health checks", async () => {
    apis = await openApis({ blocks, apiLogging: { obfuscateUrls: true, omitHealthChecks: true } });
    await apis.http("GET", "/v1.0/state/s/secret");
    await apis.http("GET", "/v1.0/healthz");
    expect(logged().map(({ fields }) => fields!["method"])).toEqual(["GetState"]);
  });
});

test("the public port serves public routes alone, and asks for no token", async () => {
  const http = [
    route("GET", "/v1.0/metadata", (exchange) => exchange.respond(200, "m"), { public: true }),
    route("GET", "/v1.0/state/{store}/{key}", show(2)),
  ];
  apis = await openApis({ blocks: [{ http, grpc: [] }], options: { token: "secret", publicPort: 0 } });
  const port = apis.publicPort!;
  expect(await apis.http("GET", "/v1.0/metadata", { port })).toMatchObject({ status: 200, body: "m" });
  expect(await apis.http("GET", "/v1.0/state/s/k", { port })).toMatchObject({ status: 404 });
  expect(await apis.http("GET", "/v1.0/metadata")).toMatchObject({ status: 401 });
});

describe("listening", () => {
  const open = (options: Partial<typeof apiOptions>) =>
    openHttpApi({
      appId: "app",
      options: { ...apiOptions, ...options },
      blocks: [{ http: [route("GET", "/x", (exchange) => exchange.respond(200, "x"))], grpc: [] }],
      fallback: invokeRoute,
      access: { allowed: [], denied: [] },
      apiLogging: undefined,
      metrics: noMetrics,
      log: recordingLog().log,
    });

  test("on a socket that is nobody else's, in place of one that a crash left", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trilby-http-"));
    const socketPath = join(folder, "dapr-app-http.socket");
    const left = createServer().listen(socketPath);
    await once(left, "listening");
    // Closing removes the file; out of sight it stays, as after a crash.
    const aside = join(folder, "aside");
    renameSync(socketPath, aside);
    left.close();
    await once(left, "close");
    renameSync(aside, socketPath);
    chmodSync(socketPath, 0o777);

    const api = await open({ unixDomainSocket: folder });
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(await call({ socketPath, method: "GET", path: "/x" })).toMatchObject({ status: 200, body: "x" });
    await expect(open({ unixDomainSocket: folder })).rejects.toThrow("could not listen on any endpoint");
    await api.close(100);
    expect(() => statSync(socketPath)).toThrow("ENOENT");
    rmSync(folder, { recursive: true });
  });

  test("does not remove a file that is no socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trilby-http-"));
    writeFileSync(join(folder, "dapr-app-http.socket"), "precious");
    await expect(open({ unixDomainSocket: folder })).rejects.toThrow("could not listen on any endpoint");
    rmSync(folder, { recursive: true });
  });

  test("on several addresses with one port; one that fails does not matter, none is an error", async () => {
    const api = await open({ listenAddresses: ["127.0.0.1", "127.0.0.2", "203.0.113.1"] });
    expect(api.addresses).toHaveLength(2);
    const { port } = api.addresses[0] as { port: number };
    expect(api.addresses[1]).toEqual({ host: "127.0.0.2", port });
    await expect(open({ httpPort: port })).rejects.toThrow(
      `Is another process using port ${port}? Choose one with --dapr-http-port`,
    );
    await api.close(100);
  });
});

describe("stopping", () => {
  const waiting = (): { block: { http: HttpRoute[]; grpc: [] }; started: Promise<void>; release: () => void } => {
    const started = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const slow = route("GET", "/slow", async (exchange) => {
      started.resolve();
      await released.promise;
      exchange.respond(200, "done");
    });
    return { block: { http: [slow], grpc: [] }, started: started.promise, release: released.resolve };
  };

  const openOne = (block: { http: HttpRoute[]; grpc: [] }) =>
    openHttpApi({
      appId: "app",
      options: apiOptions,
      blocks: [block],
      fallback: invokeRoute,
      access: { allowed: [], denied: [] },
      apiLogging: undefined,
      metrics: noMetrics,
      log: recordingLog().log,
    });

  test("finishes what is under way, takes nothing new and closes idle connections", async () => {
    const { block, started, release } = waiting();
    const api = await openOne(block);
    const { port } = api.addresses[0] as { port: number };
    const silent: Socket = connect(port);
    await once(silent, "connect");
    const answer = call({ port, method: "GET", path: "/slow" });
    await started;
    const closed = api.close(10_000);
    await once(silent, "close");
    await expect(call({ port, method: "GET", path: "/slow" })).rejects.toThrow("ECONNREFUSED");
    release();
    expect(await answer).toMatchObject({ status: 200, body: "done", headers: { connection: "close" } });
    await closed;
  });

  test("ends what takes too long", async () => {
    const { block, started } = waiting();
    const api = await openOne(block);
    const { port } = api.addresses[0] as { port: number };
    const answer = call({ port, method: "GET", path: "/slow" }).catch((error: Error) => error.message);
    await started;
    const began = performance.now();
    await api.close(100);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await answer).toMatch(/socket hang up|ECONNRESET/);
  });
});
