import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Binding, ComponentDefinition } from "@trilby/kit";
import { remoteBinding } from "@trilby/kit/client";
import { startServing } from "@trilby/kit/serve";
import { connect } from "@trilby/kit/transport";
import { RpcCode, type RpcMetadata, type ServerCall } from "@trilby/kit/transport";
import { InvokeBindingRequest, InvokeBindingResponse } from "@trilby/proto/runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import { createBindingsBlock, type BindingsBlock } from "../../src/blocks/bindings/block.ts";
import { recordingLog, recordingMetrics } from "../app/recorders.ts";
import { createRegistry } from "./broker.ts";
import { openTestApi, type TestApi } from "./http-api.ts";
import { bindingComponent, createLink } from "./links.ts";

const metrics = recordingMetrics();
const log = recordingLog();
const registry = createRegistry();
const link = createLink();
let block: BindingsBlock;
let api: TestApi;

beforeAll(async () => {
  await registry.add(bindingComponent("link", link.binding));
  await registry.add(bindingComponent("input-only", link.binding, { direction: "input" }));
  const { read, ...output } = link.binding;
  await registry.add(bindingComponent("no-invoke", { read: read! }));
  await registry.add(bindingComponent("output-only", output, { direction: " Output " }));
  block = createBindingsBlock({
    registry,
    channel: undefined,
    saveState: () => Promise.reject(new Error("not in this test")),
    probeTimeoutMs: 100,
    metrics,
    log,
  });
  api = await openTestApi([block], log, metrics);
});
afterAll(() => api.close());
beforeEach(() => {
  link.invoked.length = metrics.records.length = 0;
  link.answer = undefined;
});

const post = (name: string, body: string, headers?: Record<string, string>): ReturnType<TestApi["request"]> =>
  api.request("POST", `/v1.0/bindings/${name}`, body, headers);

describe("over HTTP", () => {
  test("data goes as JSON text, with metadata and operation; nothing to answer is 204", async () => {
    const body = '{"operation":"create","data":{"b": 1,"a":"<"},"metadata":{"k":"v"}}';
    expect(await post("link", body)).toMatchObject({ status: 204, text: "" });
    const [request] = link.invoked;
    expect(Buffer.from(request!.data).toString()).toBe('{"a":"\\u003c","b":1}');
    expect(request).toMatchObject({ operation: "create", metadata: { k: "v" } });
    expect(request!.metadata["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(request!.metadata).not.toHaveProperty("tracestate");
    expect(metrics.records).toContain("output_binding link create true");
  });

  test.each([
    ['{"operation":"create","data":"text"}', '"text"'],
    ['{"operation":"create"}', "null"],
    ['{"Operation":"create","DATA":[1,2]}', "[1,2]"],
  ])("%s: data %s", async (body, data) => {
    expect((await post("link", body)).status).toBe(204);
    expect(Buffer.from(link.invoked[0]!.data).toString()).toBe(data);
  });

  test("an answer comes back as it is, its metadata as headers", async () => {
    link.answer = () => ({ data: Buffer.from([1, 255]), metadata: { rows: "2" } });
    const answer = await post("link", '{"operation":"get"}');
    expect(answer.status).toBe(200);
    expect(answer.headers.get("metadata.rows")).toBe("2");
    expect(answer.headers.get("content-type")).toBe("application/json");
    link.answer = () => ({});
    expect(await post("output-only", '{"operation":"get"}')).toMatchObject({ status: 200, text: "" });
  });

  test("nothing to answer is 204 in this process and 200 over a socket, as of Dapr's own and pluggable components", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trilby-binding-"));
    const path = join(folder, "link.sock");
    const far = createLink(["create"]);
    const { operations, invoke, close } = far.binding;
    const serving = await startServing([servedLink({ operations: operations!, invoke: invoke!, close })], {
      sockets: [path],
    });
    const channel = await connect({ path });
    onTestFinished(async () => {
      channel.close();
      await serving.close(0);
      await rm(folder, { recursive: true });
    });
    const { instance } = await remoteBinding(channel, "far-link", ["output"]).init({});
    await registry.add(bindingComponent("far-link", instance));
    expect(await post("link", '{"operation":"create"}')).toMatchObject({ status: 204, text: "" });
    const answer = await post("far-link", '{"operation":"create"}');
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(far.invoked).toHaveLength(1);
  });

  test("the caller's trace and baggage go along", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await post("link", '{"operation":"get","metadata":{"traceparent":"own"}}', {
      traceparent,
      tracestate: "a=b",
      baggage: "k=v;p, x=y",
    });
    expect(link.invoked[0]!.metadata).toMatchObject({ tracestate: "a=b", baggage: "k=v;p, x=y" });
    expect(link.invoked[0]!.metadata["traceparent"]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
  });

  test.each([
    ["link", "", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: EOF"],
    ["link", "{", 400, "ERR_MALFORMED_REQUEST", "failed deserializing HTTP body: unexpected EOF"],
    [
      "link",
      "[]",
      400,
      "ERR_MALFORMED_REQUEST",
      "failed deserializing HTTP body: json: cannot unmarshal array into Go value of type http.OutputBindingRequest",
    ],
    [
      "link",
      '{"metadata":{"k":1}}',
      400,
      "ERR_MALFORMED_REQUEST",
      "failed deserializing HTTP body: json: cannot unmarshal number into Go struct field OutputBindingRequest.metadata of type string",
    ],
    [
      "link",
      "{}",
      500,
      "ERR_INVOKE_OUTPUT_BINDING",
      "error invoking output binding link: operation field is missing from request",
    ],
    [
      "link",
      '{"operation":"fly"}',
      500,
      "ERR_INVOKE_OUTPUT_BINDING",
      "error invoking output binding link: binding link does not support operation fly. supported operations:create get",
    ],
    [
      "nope",
      '{"operation":"get"}',
      500,
      "ERR_INVOKE_OUTPUT_BINDING",
      "error invoking output binding nope: couldn't find output binding nope",
    ],
    [
      "input-only",
      '{"operation":"get"}',
      500,
      "ERR_INVOKE_OUTPUT_BINDING",
      "error invoking output binding input-only: couldn't find output binding input-only",
    ],
    [
      "no-invoke",
      '{"operation":"get"}',
      500,
      "ERR_INVOKE_OUTPUT_BINDING",
      "error invoking output binding no-invoke: couldn't find output binding no-invoke",
    ],
  ])("%s %s: %i %s", async (name, body, status, errorCode, message) => {
    expect(await post(name, body)).toMatchObject({ status, json: { errorCode, message } });
    expect(link.invoked).toEqual([]);
  });

  test("a failing component, and bad baggage", async () => {
    link.answer = () => {
      throw new Error("no connection");
    };
    expect(await post("link", '{"operation":"get"}')).toMatchObject({
      status: 500,
      json: { errorCode: "ERR_INVOKE_OUTPUT_BINDING", message: "error invoking output binding link: no connection" },
    });
    expect(metrics.records).toContain("output_binding link get false");
    expect(await post("link", '{"operation":"get"}', { baggage: "no pair" })).toMatchObject({
      status: 400,
      json: { errorCode: "ERR_MALFORMED_REQUEST", message: expect.stringContaining("invalid baggage header: ") },
    });
  });
});

describe("over gRPC", () => {
  const sentHeaders: RpcMetadata[] = [];
  const invoke = async (
    request: Parameters<typeof InvokeBindingRequest.fromPartial>[0],
    metadata: RpcMetadata = [],
  ): Promise<InvokeBindingResponse> => {
    const [method] = block.grpc;
    if (method === undefined || !("unary" in method)) throw new Error("no method");
    expect(method.path).toBe("/dapr.proto.runtime.v1.Dapr/InvokeBinding");
    const call = {
      metadata,
      sendHeaders: (headers: RpcMetadata) => void sentHeaders.push(headers),
    } as unknown as ServerCall;
    const bytes = InvokeBindingRequest.encode(InvokeBindingRequest.fromPartial(request)).finish();
    return InvokeBindingResponse.decode(await method.unary(bytes, call));
  };

  test("bytes go and come as they are; the call's metadata is added, its own wins", async () => {
    link.answer = () => ({ data: new Uint8Array([9]), metadata: { Rows: "2", umlaut: "ü" } });
    const response = await invoke(
      { name: "link", operation: "create", data: Buffer.from([0, 255]), metadata: { own: "1" } },
      [
        ["own", "2"],
        ["other", "3"],
        ["other", "4"],
        ["grpc-timeout", "5"],
        ["dapr-api-token", "secret"],
        ["raw-bin", Buffer.from([1])],
      ],
    );
    expect(response).toEqual({ data: new Uint8Array([9]), metadata: { Rows: "2", umlaut: "ü" } });
    expect(sentHeaders).toEqual([[["metadata.rows", "2"]]]);
    const [{ data, metadata }] = link.invoked as [(typeof link.invoked)[number]];
    expect([...data]).toEqual([0, 255]);
    expect(metadata).toEqual({
      own: "1",
      other: "3",
      "dapr-grpc-timeout": "5",
      traceparent: expect.stringMatching(/^00-/),
    });
  });

  test("errors", async () => {
    await expect(invoke({ name: "nope", operation: "get" })).rejects.toMatchObject({
      grpcCode: RpcCode.INTERNAL,
      message: "error invoking output binding nope: couldn't find output binding nope",
      details: [{ kind: "error-info", reason: "ERR_INVOKE_OUTPUT_BINDING" }],
    });
    await expect(invoke({ name: "link", operation: "get" }, [["baggage", "no pair"]])).rejects.toMatchObject({
      grpcCode: RpcCode.INVALID_ARGUMENT,
    });
    expect(await invoke({ name: "link", operation: "get" })).toEqual({ data: new Uint8Array(0), metadata: {} });
  });
});

function servedLink(binding: Binding): ComponentDefinition {
  return {
    kind: "bindings",
    type: "bindings.far-link",
    version: "v1",
    status: "development-only",
    title: "Link",
    description: "For this test.",
    placement: "child",
    binding: { input: false, output: true, operations: [{ name: "create", description: "Does nothing." }] },
    metadata: {},
    open: async () => binding,
  };
}
