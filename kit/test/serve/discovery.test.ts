import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { v1, v1alpha } from "@trilby/proto/reflection";
import { HealthCheckRequest, HealthCheckResponse } from "@trilby/proto/health";
import { listServices, remoteStateStore } from "@trilby/kit/client";
import { RpcCode, connect, createServer } from "@trilby/kit/transport";
import type { Channel } from "@trilby/kit/transport";
import { temporaryFolder } from "../transport/fixture.ts";
import { bell, drawer, puppet, shelf } from "./components.ts";
import { served } from "./fixture.ts";

const service = (name: string) => `dapr.proto.components.v1.${name}`;

test("all kinds on one socket are listed, by either version of reflection", async () => {
  const { channel } = await served([shelf().definition, puppet().definition, bell().definition, drawer]);
  const listed = await listServices(channel, 5000);
  expect(listed.toSorted()).toEqual(
    [
      ...["StateStore", "TransactionalStateStore", "TransactionalStoreMultiMaxSize", "QueriableStateStore"].map(
        service,
      ),
      ...["PubSub", "InputBinding", "OutputBinding", "SecretStore"].map(service),
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ].toSorted(),
  );
  for (const version of [v1, v1alpha]) {
    const names = (await reflect(channel, version.ServerReflectionDefinition.fullName, {
      $case: "listServices",
      value: "",
    })) as any;
    expect(names.value.service.map(({ name }: { name: string }) => name)).toEqual(listed);
  }
});

test("optional services are listed when the declaration or an instance has the feature", async () => {
  const { definition } = shelf();
  const few = { ...definition, features: ["ETAG"] } as const;
  const { channel } = await served([
    {
      ...few,
      open: async (options: { label: string }, context: never) => {
        const { query, transact: _, multiMaxSize: __, ...store } = await definition.open(options, context);
        return options.label === "large" ? { ...store, query: query!, features: ["ETAG", "QUERY_API"] } : store;
      },
    },
  ]);
  expect(await listServices(channel, 5000)).not.toContain(service("QueriableStateStore"));
  await remoteStateStore(channel, "small").init({});
  expect(await listServices(channel, 5000)).not.toContain(service("QueriableStateStore"));
  const { instance } = await remoteStateStore(channel, "large").init({ label: "large" });
  expect(instance.query).toBeDefined();
  const listed = await listServices(channel, 5000);
  expect(listed).toContain(service("QueriableStateStore"));
  expect(listed).not.toContain(service("TransactionalStateStore"));
});

async function reflect(
  channel: Channel,
  fullName: string,
  messageRequest: v1.ServerReflectionRequest["messageRequest"],
) {
  const stream = channel.stream(`/${fullName}/ServerReflectionInfo`);
  await stream.send(v1.ServerReflectionRequest.encode({ host: "h", messageRequest }).finish());
  stream.end();
  for await (const bytes of stream.messages) return v1.ServerReflectionResponse.decode(bytes).messageResponse;
  return undefined;
}

test("reflection describes files and symbols, and knows what it does not have", async () => {
  const { channel } = await served([shelf().definition]);
  const ask = (request: v1.ServerReflectionRequest["messageRequest"]): Promise<any> =>
    reflect(channel, v1.ServerReflectionDefinition.fullName, request);
  const file = await ask({ $case: "fileContainingSymbol", value: service("StateStore") });
  expect(file.value.fileDescriptorProto.length).toBeGreaterThan(1);
  expect(Buffer.from(file.value.fileDescriptorProto[0]).toString("latin1")).toContain(
    "dapr/proto/components/v1/state.proto",
  );
  expect((await ask({ $case: "fileByFilename", value: "dapr/proto/components/v1/state.proto" })).$case).toBe(
    "fileDescriptorResponse",
  );
  expect(await ask({ $case: "fileByFilename", value: "nothing.proto" })).toMatchObject({
    $case: "errorResponse",
    value: { errorCode: RpcCode.NOT_FOUND },
  });
  expect(await ask(undefined)).toMatchObject({
    $case: "errorResponse",
    value: { errorCode: RpcCode.INVALID_ARGUMENT },
  });
});

test("a server that has v1 of reflection alone is found too", async () => {
  const path = join(await temporaryFolder(), "other.sock");
  const server = await createServer();
  server.stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", async (stream) => {
    for await (const bytes of stream.messages) {
      const originalRequest = v1.ServerReflectionRequest.decode(bytes);
      const messageResponse: v1.ServerReflectionResponse["messageResponse"] = {
        $case: "listServicesResponse",
        value: { service: [{ name: "one" }] },
      };
      await stream.send(
        v1.ServerReflectionResponse.encode({ validHost: "", originalRequest, messageResponse }).finish(),
      );
    }
  });
  await server.listen({ path });
  const channel = await connect({ path });
  onTestFinished(async () => {
    channel.close();
    await server.close(0);
  });
  expect(await listServices(channel, 5000)).toEqual(["one"]);
});

test("discovery of a socket that nobody serves, or without reflection, ends in time", async () => {
  const path = join(await temporaryFolder(), "nobody.sock");
  const channel = await connect({ path });
  onTestFinished(() => channel.close());
  await expect(listServices(channel, 200)).rejects.toMatchObject({ code: "unavailable" });
  const server = await createServer();
  onTestFinished(() => server.close(0));
  await server.listen({ path });
  await expect(listServices(channel, 5000)).rejects.toMatchObject({ code: "unimplemented" });
});

test("discovery of a server that never answers ends in time", async () => {
  const path = join(await temporaryFolder(), "mute.sock");
  const server = await createServer();
  server.fallback(() => new Promise(() => undefined));
  await server.listen({ path });
  const channel = await connect({ path });
  onTestFinished(async () => {
    channel.close();
    await server.close(0);
  });
  await expect(listServices(channel, 200)).rejects.toMatchObject({ code: "deadline-exceeded" });
});

test("health knows the services, and that the process is stopping", async () => {
  const { channel, serving } = await served([shelf().definition]);
  const check = async (name: string) =>
    HealthCheckResponse.decode(
      await channel.unary("/grpc.health.v1.Health/Check", HealthCheckRequest.encode({ service: name }).finish()),
    ).status;
  expect(await check("")).toBe(1);
  expect(await check(service("StateStore"))).toBe(1);
  await expect(check(service("PubSub"))).rejects.toMatchObject({ code: RpcCode.NOT_FOUND });
  const watch = channel.stream("/grpc.health.v1.Health/Watch");
  await watch.send(HealthCheckRequest.encode({ service: "" }).finish());
  const statuses: number[] = [];
  for await (const bytes of watch.messages) {
    if (statuses.push(HealthCheckResponse.decode(bytes).status) === 1) void serving.close(1000);
  }
  expect(statuses).toEqual([1, 2]);
});
