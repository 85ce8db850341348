import { RpcCode, RpcError, type RpcMetadata } from "@trilby/kit/transport";
import { v1, v1alpha } from "@trilby/proto/reflection";
import { DaprDefinition } from "@trilby/proto/runtime";
import { afterEach, describe, expect, test } from "vitest";

import { ApiError } from "../../src/api/error.ts";
import type { GrpcMethod } from "../../src/api/grpc/method.ts";
import { unaryMethod } from "../../src/api/grpc/unary-method.ts";
import { openApis, type OpenApis } from "./open-apis.ts";
import { failureOf, rpc } from "./rpc.ts";

let apis: OpenApis | undefined;
afterEach(async () => {
  await apis?.close();
  apis = undefined;
});

const state = { group: "state", version: "v1" } as const;
const metadata = { group: "metadata", version: "v1" } as const;
const path = (name: string): string => `/dapr.proto.runtime.v1.Dapr/${name}`;
const seen: RpcMetadata[] = [];

const echo = unaryMethod(DaprDefinition, "getState", state, ({ key }, call) => {
  seen.push(call.metadata);
  return {
    data: new Uint8Array(Buffer.from(`${key} ${call.header("dapr-api-token") ?? "no token"}`)),
    etag: "",
    metadata: {},
  };
});
const getMetadata: GrpcMethod = { path: path("SetMetadata"), api: metadata, unary: () => new Uint8Array(0) };
const get = (key: string, options?: { metadata: RpcMetadata }) =>
  rpc(apis!.grpc, "getState", { storeName: "s", key, consistency: 0, metadata: {} }, options);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function throwing(error: unknown): GrpcMethod {
  return {
    path: path("SaveState"),
    api: state,
    unary: () => {
      throw error;
    },
  };
}

const save = () => failureOf(rpc(apis!.grpc, "saveState", { storeName: "s", states: [] }));

test("messages go in and come out", async () => {
  apis = await openApis({ blocks: [{ http: [], grpc: [echo] }] });
  expect(text((await get("k")).data)).toBe("k no token");
});

describe("errors", () => {
  test("of the API carry their details in order", async () => {
    const error = new ApiError({
      httpStatus: 400,
      grpcCode: RpcCode.ABORTED,
      errorCode: "ERR_X",
      message: "it <broke> é",
      details: [
        { kind: "bad-request", violations: [{ field: "f", description: "d" }] },
        { kind: "help", links: [{ description: "read", url: "http://x" }] },
        { kind: "resource-info", resourceType: "t", resourceName: "n", owner: "o", description: "d" },
        { kind: "error-info", reason: "R", metadata: { a: "b" } },
      ],
    });
    apis = await openApis({ blocks: [{ http: [], grpc: [throwing(error)] }] });
    expect(await save()).toEqual({
      code: RpcCode.ABORTED,
      message: "it <broke> é",
      details: [
        {
          BadRequest: { fieldViolations: [{ field: "f", description: "d", reason: "", localizedMessage: undefined }] },
        },
        { Help: { links: [{ description: "read", url: "http://x" }] } },
        { ResourceInfo: { resourceType: "t", resourceName: "n", owner: "o", description: "d" } },
        { ErrorInfo: { reason: "R", domain: "dapr.io", metadata: { a: "b" } } },
      ],
    });
  });

  test("of gRPC go out as they are, all others without a code", async () => {
    apis = await openApis({ blocks: [{ http: [], grpc: [throwing(new RpcError(RpcCode.DATA_LOSS, "gone"))] }] });
    expect(await save()).toEqual({ code: RpcCode.DATA_LOSS, message: "gone", details: [] });
    await apis.close();
    apis = await openApis({ blocks: [{ http: [], grpc: [throwing(new Error("a bug"))] }] });
    expect(await save()).toEqual({ code: RpcCode.UNKNOWN, message: "a bug", details: [] });
    expect(apis.lines.find(({ level }) => level === "error")?.message).toBe(
      "/dapr.proto.runtime.v1.Dapr/SaveState failed unexpectedly",
    );
  });
});

describe("the API token", () => {
  const refused = (problem: string) => ({
    code: RpcCode.UNAUTHENTICATED,
    message: "Unauthorized",
    details: [
      {
        ErrorInfo: {
          reason: "Unauthorized",
          domain: "dapr.io",
          metadata: { "http.code": "401", "http.error_message": problem },
        },
      },
    ],
  });

  test("is asked for in every call, and goes no further", async () => {
    seen.length = 0;
    apis = await openApis({ blocks: [{ http: [], grpc: [echo] }], options: { token: "secret" } });
    expect(await failureOf(get("k"))).toEqual(refused("missing api token in request metadata"));
    expect(await failureOf(get("k", { metadata: [["dapr-api-token", "wrong!"]] }))).toEqual(
      refused("authentication error: api token mismatch"),
    );
    expect(
      text(
        (
          await get("k", {
            metadata: [
              ["dapr-api-token", "secret"],
              ["x", "y"],
            ],
          })
        ).data,
      ),
    ).toBe("k no token");
    expect(seen).toHaveLength(1);
    expect(seen[0]!.map(([name]) => name)).not.toContain("dapr-api-token");
    expect(seen[0]!).toContainEqual(["x", "y"]);
  });

  test("also for methods that nobody knows, and for reflection", async () => {
    apis = await openApis({ blocks: [], options: { token: "secret" } });
    expect(await failureOf(apis.grpc.unary("/some.Service/Method", new Uint8Array(0)))).toEqual(
      refused("missing api token in request metadata"),
    );
    expect(
      await failureOf(reflect(v1.ServerReflectionDefinition.fullName, { $case: "listServices", value: "" })),
    ).toEqual(refused("missing api token in request metadata"));
  });
});

test("refused calls are told before the token is looked at", async () => {
  apis = await openApis({
    blocks: [{ http: [], grpc: [echo, getMetadata] }],
    options: { token: "secret" },
    access: {
      allowed: [{ name: "metadata", version: "v1", protocol: "grpc" }],
      denied: [{ name: "metadata", version: "v1", protocol: "http" }],
    },
  });
  expect(await failureOf(get("k"))).toEqual({
    code: RpcCode.UNIMPLEMENTED,
    message: "Not Implemented",
    details: [
      {
        ErrorInfo: {
          reason: "Not Implemented",
          domain: "dapr.io",
          metadata: { "http.code": "501", "http.error_message": "requested endpoint is not available" },
        },
      },
    ],
  });
  const allowed = rpc(apis.grpc, "setMetadata", { key: "", value: "" }, { metadata: [["dapr-api-token", "secret"]] });
  expect(await allowed).toEqual({});
});

test("a method that nobody knows is refused as proxying to nobody", async () => {
  apis = await openApis({ blocks: [] });
  expect(await failureOf(apis.grpc.unary("/some.Service/Method", new Uint8Array([1, 2, 3])))).toEqual({
    code: RpcCode.UNKNOWN,
    message: "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found",
    details: [],
  });
});

test("messages have the limit of bodies, both ways", async () => {
  const large: GrpcMethod = {
    path: path("GetState"),
    api: state,
    unary: (request) => (request.length > 10 ? new Uint8Array(1) : new Uint8Array(200_000)),
  };
  apis = await openApis({ blocks: [{ http: [], grpc: [large] }], options: { maxBodyBytes: 100_000 } });
  const call = (bytes: number) => apis!.grpc.unary(path("GetState"), new Uint8Array(bytes));
  expect(await call(99_000)).toHaveLength(1);
  expect(await failureOf(call(101_000))).toMatchObject({ code: RpcCode.RESOURCE_EXHAUSTED });
  expect(await failureOf(call(1))).toMatchObject({ code: RpcCode.RESOURCE_EXHAUSTED });
  expect(await call(50)).toHaveLength(1);
});

test("the API log has a line a call", async () => {
  apis = await openApis({
    blocks: [
      {
        http: [],
        grpc: [echo, throwing(new ApiError({ httpStatus: 400, grpcCode: 10, errorCode: "X", message: "x" }))],
      },
    ],
    apiLogging: { obfuscateUrls: false, omitHealthChecks: false },
  });
  await get("k");
  await save();
  const lines = apis.lines.filter(({ scope }) => scope === "dapr.runtime.grpc.api-info");
  expect(lines).toMatchObject([
    {
      level: "info",
      message: "gRPC API Called",
      fields: {
        method: path("GetState"),
        code: 0,
        duration: expect.any(Number),
        useragent: expect.stringContaining("grpc"),
      },
    },
    { fields: { method: path("SaveState"), code: 10 } },
  ]);
});

type Question = v1.ServerReflectionRequest["messageRequest"];

async function reflect(
  service: string,
  messageRequest: Question,
): Promise<v1.ServerReflectionResponse["messageResponse"]> {
  const stream = apis!.grpc.stream(`/${service}/ServerReflectionInfo`);
  await stream.send(v1.ServerReflectionRequest.encode({ host: "", messageRequest }).finish());
  stream.end();
  for await (const message of stream.messages) return v1.ServerReflectionResponse.decode(message).messageResponse;
  throw new Error("no answer");
}

describe.each([v1.ServerReflectionDefinition.fullName, v1alpha.ServerReflectionDefinition.fullName])(
  "reflection by %s",
  (service) => {
    test("lists the service and describes it", async () => {
      apis = await openApis({ blocks: [] });
      const listed = await reflect(service, { $case: "listServices", value: "" });
      expect(listed).toMatchObject({
        $case: "listServicesResponse",
        value: {
          service: [
            { name: "dapr.proto.runtime.v1.Dapr" },
            { name: "grpc.reflection.v1.ServerReflection" },
            { name: "grpc.reflection.v1alpha.ServerReflection" },
          ],
        },
      });
      const described = await reflect(service, { $case: "fileContainingSymbol", value: "dapr.proto.runtime.v1.Dapr" });
      expect(described).toMatchObject({ $case: "fileDescriptorResponse" });
      const unknown = await reflect(service, { $case: "fileContainingSymbol", value: "no.Such" });
      expect(unknown).toMatchObject({ $case: "errorResponse", value: { errorCode: RpcCode.NOT_FOUND } });
    });
  },
);
