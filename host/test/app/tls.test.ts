import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";

import { createServer } from "@trilby/kit/transport";
import { expect, onTestFinished, test } from "vitest";

import type { AppChannel } from "../../src/app/channel.ts";
import { createAppChannel } from "../../src/app/create-app-channel.ts";
import { recordingLog, recordingMetrics } from "./recorders.ts";

// For app.test, its own authority: an application beside its host needs no more, and Dapr does not look either.
const certificate = await readFile(new URL("fixtures/tls-certificate.pem", import.meta.url), "utf8");
const privateKey = await readFile(new URL("fixtures/tls-key.pem", import.meta.url), "utf8");

async function open(protocol: "http" | "https" | "grpc" | "grpcs", port: number): Promise<AppChannel> {
  const channel = (await createAppChannel(
    {
      port,
      protocol,
      host: "127.0.0.1",
      token: "secret",
      maxConcurrency: 0,
      health: undefined,
      bindingOptionsTimeoutMs: 1000,
    },
    { log: recordingLog(), metrics: recordingMetrics(), maxBodyBytes: 1000, maxHeaderBytes: 4096 },
  ))!;
  onTestFinished(async () => {
    await channel.stop();
    channel.close();
  });
  await channel.start();
  return channel;
}

test("https: any certificate is accepted, plain HTTP is not", async () => {
  const server = createHttpsServer({ cert: certificate, key: privateKey }, (request, response) => {
    response.end(`${request.method} ${String(request.headers["dapr-api-token"])}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const request = { contentType: "text/plain", body: Buffer.from("x") };
  const secure = await open("https", port);
  if (secure.kind !== "http") throw new Error("not HTTP");
  const { status, body } = await secure.route("POST", "/a").call(request);
  expect([status, Buffer.from(body).toString()]).toEqual([200, "POST secret"]);
  const plain = await open("http", port);
  if (plain.kind !== "http") throw new Error("not HTTP");
  await expect(plain.route("POST", "/a").call(request)).rejects.toMatchObject({ code: "unreachable" });
});

test("grpcs: any certificate is accepted, plain gRPC is not", async () => {
  const server = await createServer({ tls: { certificate, privateKey } });
  server.unary("/a.B/C", (request, call) => Buffer.concat([request, Buffer.from(call.header("dapr-api-token")!)]));
  const { port } = (await server.listen({ host: "127.0.0.1", port: 0 })) as { port: number };
  onTestFinished(() => server.close(0));
  const secure = await open("grpcs", port);
  if (secure.kind !== "grpc") throw new Error("not gRPC");
  expect(Buffer.from(await secure.method("/a.B/C").call(Buffer.from("x"))).toString()).toBe("xsecret");
  const plain = await open("grpc", port);
  if (plain.kind !== "grpc") throw new Error("not gRPC");
  await expect(plain.method("/a.B/C").call(Buffer.from("x"))).rejects.toMatchObject({ name: "RpcError" });
});
