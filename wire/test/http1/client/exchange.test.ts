import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { open, serveHttp, serveRaw, text } from "./peers.ts";

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const sizes = [0, 1, 1024, 16_383, 16_384, 16_385, 40_000, 65_536, 1_000_000, 3_000_000];

test.each(sizes)("a body of %i bytes arrives whole, both ways, with and without a length", async (size) => {
  const body = randomBytes(size);
  const port = await serveHttp(async (request, response) => {
    const got = await bodyOf(request);
    response.setHeader("hash", createHash("sha1").update(got).digest("hex"));
    if (request.url === "/known") response.setHeader("content-length", got.length);
    for (let at = 0; at < got.length; at += 7777) response.write(got.subarray(at, at + 7777));
    response.end();
  });
  const client = open(port);
  for (const path of ["/known", "/chunked"]) {
    const answer = await client.send(client.prepare("POST", path), { body });
    expect(answer.status).toBe(200);
    expect(answer.headers["hash"]).toBe(createHash("sha1").update(body).digest("hex"));
    expect(Buffer.compare(answer.body, body)).toBe(0);
  }
});

test("a request is written as it should be", async () => {
  const peer = await serveRaw((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  const client = open(peer.port);
  const prepared = client.prepare("POST", "/a?b=c", { token: "secret" });
  const body = Buffer.from("hello");
  await client.send(prepared, { body, headers: { "content-type": "text/plain", token: "guess", host: "evil" } });
  await client.send(prepared, {});
  await client.send(client.prepare("GET", "/"), {});
  const host = `host: 127.0.0.1:${peer.port}\r\nconnection: keep-alive\r\n`;
  expect(peer.requests).toEqual([
    `POST /a?b=c HTTP/1.1\r\n${host}token: secret\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello`,
    `POST /a?b=c HTTP/1.1\r\n${host}token: secret\r\ncontent-length: 0\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}\r\n`,
  ]);
});

test("what would break a request's head is refused", async () => {
  const client = open(1);
  for (const [method, path, headers] of [
    ["GET ", "/", {}],
    ["", "/", {}],
    ["CONNECT", "/", {}],
    ["GET", "", {}],
    ["GET", "/a b", {}],
    ["GET", "/a\r\nx: y", {}],
    ["GET", "/é", {}],
    ["GET", "/a#b", {}],
    ["GET", "http://other/", {}],
    ["GET", "/", { "a b": "" }],
    ["GET", "/", { "": "" }],
    ["GET", "/", { Upper: "" }],
    ["GET", "/", { host: "other" }],
    ["GET", "/", { "transfer-encoding": "chunked" }],
    ["GET", "/", { a: "b\r\nc: d" }],
    ["GET", "/", { a: "b\0" }],
    ["GET", "/", { a: "\u0100" }],
  ] as const) {
    expect(() => client.prepare(method, path, headers as Record<string, string>)).toThrow(TypeError);
  }
  const prepared = client.prepare("GET", "/");
  for (const headers of [{ a: "b\nc" }, { "a\n": "b" }, { "a:": "b" }])
    await expect(client.send(prepared, { headers })).rejects.toThrow(TypeError);
});

test("bytes above ASCII in a header's value travel as they are", async () => {
  const port = await serveHttp((request, response) => response.setHeader("back", request.headers["out"]!).end());
  const client = open(port);
  const value = Buffer.from("grüß", "utf8").toString("latin1");
  const answer = await client.send(client.prepare("GET", "/"), { headers: { out: value } });
  expect(answer.headers["back"]).toBe(value);
});

test("headers of one name are joined, cookies are a list", async () => {
  const port = await serveHttp((_request, response) =>
    response.writeHead(200, ["A", "1", "a", "2", "Set-Cookie", "x=1", "set-cookie", "y=2", "__proto__", "odd"]).end(),
  );
  const client = open(port);
  const { headers } = await client.send(client.prepare("GET", "/"), {});
  expect(headers).toMatchObject({ a: "1, 2", "set-cookie": ["x=1", "y=2"] });
  expect(Object.hasOwn(headers, "__proto__")).toBe(true);
});

test("answers without a body have none, whatever they announce", async () => {
  const port = await serveHttp((request, response) => {
    const status = Number(request.url!.slice(1));
    response.writeHead(status, { "content-length": 10_000_000, etag: "x" }).end();
  });
  const client = open(port, { maxBodyBytes: 100 });
  for (const [method, status] of [
    ["HEAD", 200],
    ["GET", 304],
    ["HEAD", 404],
  ] as const) {
    const answer = await client.send(client.prepare(method, `/${status}`), {});
    expect([answer.status, answer.body.length, answer.headers["etag"]]).toEqual([status, 0, "x"]);
  }
});

test("interim answers are passed over", async () => {
  const port = await serveHttp((_request, response) => {
    response.writeContinue();
    response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
    response.writeProcessing();
    response.end("real");
  });
  const client = open(port);
  for (let round = 0; round < 3; round++) {
    const answer = await client.send(client.prepare("GET", "/"), {});
    expect([answer.status, text(answer.body), answer.headers["link"]]).toEqual([200, "real", undefined]);
  }
});

test("over a unix socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "http1-"));
  try {
    const path = join(folder, "app.sock");
    const server = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`)).listen(
      path,
    );
    await once(server, "listening");
    const client = open({ path });
    expect(text((await client.send(client.prepare("GET", "/x"), {})).body)).toBe("localhost /x");
    client.close();
    server.close();
    await once(server, "close");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const fixtures = join(import.meta.dirname, "../../fixtures");
const certificate = readFileSync(join(fixtures, "tls-certificate.pem"), "utf8");

test("over TLS, with a certificate that is known, any, or the wrong one", async () => {
  const key = readFileSync(join(fixtures, "tls-key.pem"), "utf8");
  const server = createSecureServer({ cert: certificate, key });
  const resumed: boolean[] = [];
  server.on("secureConnection", (socket) => resumed.push(socket.isSessionReused()));
  const port = await serveHttp(async (request, response) => response.end(await bodyOf(request)), server);
  const body = randomBytes(200_000);

  for (const tls of [{ insecureSkipVerify: true }, { ca: certificate }, { ca: certificate, serverName: "wire.test" }]) {
    const client = open(port, { tls });
    const prepared = client.prepare("POST", "/");
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.send(prepared, { body })));
    for (const answer of answers) expect(Buffer.compare(answer.body, body)).toBe(0);
    expect(text((await client.send(prepared, { body: Buffer.from("small") })).body)).toBe("small");
    resumed.length = 0;
    for (let round = 0; round < 5; round++) await client.send(prepared, { body });
    expect(resumed).toEqual([]);
  }
  for (const tls of [{}, { ca: certificate, serverName: "other.test" }]) {
    const client = open(port, { tls });
    await expect(client.send(client.prepare("GET", "/"), {})).rejects.toMatchObject({ code: "unreachable" });
  }
  // One after the other, on connections of their own: the second takes up the session of the first.
  resumed.length = 0;
  const client = open(port, { tls: { ca: certificate }, maxIdleConnections: 0 });
  for (let round = 0; round < 3; round++) await client.send(client.prepare("POST", "/"), { body: Buffer.from("x") });
  expect(resumed).toEqual([false, true, true]);
});

test("a peer that speaks no TLS, and one that speaks nothing else, are errors", async () => {
  const plain = open(await serveHttp((_request, response) => response.end()), { tls: { insecureSkipVerify: true } });
  await expect(plain.send(plain.prepare("GET", "/"), {})).rejects.toMatchObject({ name: "Http1CallError" });
  const key = readFileSync(join(fixtures, "tls-key.pem"), "utf8");
  const secure = createSecureServer({ cert: certificate, key });
  const port = await serveHttp((_request, response) => response.end(), secure);
  const client = open(port);
  await expect(client.send(client.prepare("GET", "/"), {})).rejects.toMatchObject({ name: "Http1CallError" });
});

test("nobody listens", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const client = open(port);
  await expect(client.send(client.prepare("GET", "/"), { repeatable: true })).rejects.toMatchObject({
    code: "unreachable",
    message: `connect ECONNREFUSED 127.0.0.1:${port}`,
  });
  const nowhere = open({ path: "/nowhere/at.all" });
  await expect(nowhere.send(nowhere.prepare("GET", "/"), {})).rejects.toMatchObject({ code: "unreachable" });
  const impossible = open({ host: "127.0.0.1", port: 70_000 });
  await expect(impossible.send(impossible.prepare("GET", "/"), {})).rejects.toMatchObject({ code: "unreachable" });
});

test("a name with several addresses, of which one answers", async () => {
  const port = await serveHttp((_request, response) => response.end("here"));
  const client = open({ host: "localhost", port });
  for (let round = 0; round < 3; round++)
    expect(text((await client.send(client.prepare("GET", "/"), {})).body)).toBe("here");
});
