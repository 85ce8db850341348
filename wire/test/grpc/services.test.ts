import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { ServingStatus, serveHealth } from "../../src/grpc/services/health.ts";
import type { Health } from "../../src/grpc/services/health.ts";
import { readFields, textField, writeBytes, writeNumber, writeText } from "../../src/grpc/services/protobuf.ts";
import { serveReflection } from "../../src/grpc/services/reflection.ts";
import { GrpcJs, serve } from "./server-fixture.ts";

const check = "/grpc.health.v1.Health/Check";
const watch = "/grpc.health.v1.Health/Watch";

test("health is told when it is asked for, by service", async () => {
  let health: Health | undefined;
  const { path } = await serve((server) => (health = serveHealth(server)));
  const client = new GrpcJs(path);
  const ask = async (service: string) => (await client.unary(check, writeText(1, service))).response;
  expect([...(await client.unary(check, Buffer.alloc(0))).response!]).toEqual([8, 1]);
  health!.set("a.Service", ServingStatus.NOT_SERVING);
  expect([...(await ask("a.Service"))!]).toEqual([8, 2]);
  expect((await client.unary(check, writeText(1, "b"))).error?.code).toBe(status.NOT_FOUND);
  expect((await client.unary(check, Buffer.from([10, 200]))).error?.code).toBe(status.INTERNAL);
});

test("watchers hear of every change, until they leave", async () => {
  let health: Health | undefined;
  const { path, server } = await serve((each) => (health = serveHealth(each)));
  const stream = new GrpcJs(path).stream(watch);
  const heard: number[] = [];
  stream.on("data", (message: Buffer) => heard.push(message[1]!));
  stream.on("error", () => undefined);
  stream.end(Buffer.from(writeText(1, "a")));
  await expect.poll(() => heard).toEqual([ServingStatus.SERVICE_UNKNOWN]);
  health!.set("a", ServingStatus.SERVING);
  await expect.poll(() => heard).toEqual([3, 1]);
  health!.set("other", ServingStatus.SERVING);
  health!.set("a", ServingStatus.SERVING);
  health!.set("a", ServingStatus.NOT_SERVING);
  await expect.poll(() => heard).toEqual([3, 1, 2]);
  const ended = new Promise((resolve) => stream.on("status", resolve));
  stream.cancel();
  await ended;
  // The handler has ended: nothing holds the server's end back.
  await server.close(10_000);
});

test("reflection lists services and gives files, by both names", async () => {
  const file = new Uint8Array([1, 2, 3]);
  const { path } = await serve((server) =>
    serveReflection(server, {
      services: ["a.Service"],
      fileByName: (name) => (name === "a.proto" ? [file, new Uint8Array([4])] : []),
      fileContainingSymbol: (symbol) => (symbol === "a.Service.Method" ? [file] : []),
    }),
  );
  const client = new GrpcJs(path);
  for (const version of ["v1", "v1alpha"]) {
    const stream = client.stream(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
    const ask = async (request: Uint8Array) => {
      stream.write(Buffer.concat([writeText(1, "host"), request]));
      const [answer] = (await once(stream, "data")) as [Buffer];
      const fields = readFields(answer);
      expect(textField(fields, 1)).toBe("host");
      expect(textField(fields, 2)).toBe(Buffer.concat([writeText(1, "host"), request]).toString());
      const { number, value } = fields[2]!;
      return { number, fields: readFields(value as Uint8Array) };
    };
    const listed = await ask(writeText(7, ""));
    expect(listed.number).toBe(6);
    expect(listed.fields.map(({ value }) => textField(readFields(value as Uint8Array), 1))).toEqual([
      "a.Service",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    const named = await ask(writeText(3, "a.proto"));
    expect(named.number).toBe(4);
    expect(named.fields.map(({ value }) => [...(value as Uint8Array)])).toEqual([[1, 2, 3], [4]]);
    expect((await ask(writeText(4, "a.Service.Method"))).fields).toHaveLength(1);
    for (const unknown of [writeText(3, "b.proto"), writeText(4, "b"), writeText(5, ""), writeText(6, "b")]) {
      const { number, fields } = await ask(unknown);
      expect([number, fields[0]]).toEqual([7, { number: 1, value: status.NOT_FOUND }]);
    }
    expect((await ask(Buffer.alloc(0))).fields[0]).toEqual({ number: 1, value: status.INVALID_ARGUMENT });
    stream.end();
    await once(stream, "status");
  }
});

test("protobuf fields of every kind are read or passed over, and rubbish is an error", () => {
  const message = Buffer.concat([
    writeNumber(1, 300),
    Buffer.from([0x11, 1, 2, 3, 4, 5, 6, 7, 8]),
    Buffer.from([0x1d, 1, 2, 3, 4]),
    writeBytes(4, new Uint8Array(200)),
    writeText(2000, "text"),
    writeNumber(5, 2 ** 40),
  ]);
  expect(
    readFields(message).map(({ number, value }) => [number, typeof value === "number" ? value : value.length]),
  ).toEqual([
    [1, 300],
    [4, 200],
    [2000, 4],
    [5, 2 ** 40],
  ]);
  for (const rubbish of [[8], [10, 5, 1], [0, 1], [0x0b], [8, ...Array<number>(11).fill(255)], [0x11, 1]]) {
    expect(() => readFields(Uint8Array.from(rubbish))).toThrow("no protobuf message");
  }
});
