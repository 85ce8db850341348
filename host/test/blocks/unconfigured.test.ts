import { RpcCode } from "@trilby/kit/transport";
import { DaprDefinition, EncryptRequest } from "@trilby/proto/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createUnconfiguredBlock } from "../../src/blocks/unconfigured/create-unconfigured-block.ts";
import { openApis, type OpenApis } from "../api/open-apis.ts";
import { failureOf, rpc } from "../api/rpc.ts";

let apis: OpenApis;
beforeAll(async () => {
  apis = await openApis({ blocks: [createUnconfiguredBlock({ appId: "app", namespace: undefined })] });
});
afterAll(() => apis.close());

const configuration = [500, "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", "configuration stores not configured"] as const;
const lock = [500, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured"] as const;
const crypto = [500, "ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED", "crypto providers not configured"] as const;
const subtle = [501, "ERR_API_UNIMPLEMENTED", "this API is currently not implemented"] as const;
const actors = [400, "ERR_ACTOR_NO_PLACEMENT", "placement service is not configured"] as const;
const nobody = [
  404,
  "ERR_DIRECT_INVOKE",
  "failed getting app id either from the URL path or the header dapr-app-id",
] as const;
const unparsable = (problem: string) =>
  [400, "ERR_MALFORMED_REQUEST", `failed deserializing HTTP body: ${problem}`] as const;
const noApp = (id: string) =>
  [500, "ERR_DIRECT_INVOKE", `failed to invoke, id: ${id}, err: couldn't find service: ${id}`] as const;
const noConversation = [400, "ERR_CONVERSATION_NOT_FOUND", "failed finding conversation component c"] as const;

test.each<[string, string, string | undefined, readonly [number, string, string], Record<string, string>?]>([
  ...["v1.0", "v1.0-alpha1"].flatMap((version): [string, string, undefined, readonly [number, string, string]][] => [
    ["GET", `/${version}/configuration/s?key=a`, undefined, configuration],
    ["GET", `/${version}/configuration/s/subscribe`, undefined, configuration],
    ["GET", `/${version}/configuration/s/id/unsubscribe`, undefined, configuration],
  ]),
  ["POST", "/v1.0-alpha1/lock/s", '{"resourceId":"r","lockOwner":"o","expiryInSeconds":5}', lock],
  ["POST", "/v1.0-alpha1/lock/s", '{"expiry_in_seconds":"5"}', lock],
  [
    "POST",
    "/v1.0-alpha1/lock/s",
    "{}",
    [400, "ERR_MALFORMED_REQUEST", "ExpiryInSeconds is not positive in lock store s"],
  ],
  ["POST", "/v1.0-alpha1/lock/s", "{", unparsable("proto: unexpected EOF")],
  ["POST", "/v1.0-alpha1/unlock/s", "", lock],
  ["PUT", "/v1.0-alpha1/crypto/c/encrypt", "x", crypto],
  ["PUT", "/v1.0-alpha1/crypto/c/decrypt", "x", crypto],
  ["POST", "/v1.0-alpha1/subtlecrypto/c/wrapkey", "{}", subtle],
  ["POST", "/v1.0/actors/t/i/state", "[]", actors],
  ["POST", "/v1.0/actors/t/i/state", "{", unparsable("unexpected EOF")],
  ["GET", "/v1.0/actors/t/i/state/k", undefined, actors],
  ["PUT", "/v1.0/actors/t/i/method/m", "x", actors],
  ["PATCH", "/v1.0/actors/t/i/method/m", "x", nobody],
  ["POST", "/v1.0/actors/t/i/reminders/r", "", unparsable("EOF")],
  ["DELETE", "/v1.0/actors/t/i/timers/r", undefined, actors],
  ...["v1.0", "v1.0-beta1", "v1.0-alpha1"].flatMap(
    (version): [string, string, string, readonly [number, string, string]][] => [
      ["POST", `/${version}/workflows/dapr/w/start`, "", actors],
      ["POST", `/${version}/workflows/dapr/i/raiseEvent/e`, "", actors],
      ["POST", `/${version}/workflows/dapr/i/purge`, "", actors],
      ["POST", `/${version}/workflows/dapr/i/other`, "", nobody],
    ],
  ),
  ["POST", "/v1.0-alpha2/conversation/c/converse", "{}", noConversation],
  ["GET", "/v1.0/invoke/other/method/a/b", undefined, noApp("other")],
  ["GET", "/v1.0/invoke/other", undefined, nobody],
  ["DELETE", "/anything", undefined, noApp("by-header"), { "dapr-app-id": "by-header" }],
  [
    "GET",
    "/anything",
    undefined,
    noApp("by:basic"),
    { authorization: `Basic ${Buffer.from("Dapr-App-Id:by:basic").toString("base64")}` },
  ],
  ["GET", "/anything", undefined, nobody, { authorization: `Basic ${Buffer.from("someone:else").toString("base64")}` }],
])("%s %s %s", async (method, path, body, [status, code, message], headers = {}) => {
  expect(await apis.http(method, path, { headers, ...(body !== undefined && { body }) })).toMatchObject({
    status,
    body: `{"errorCode":"${code}","message":"${message}"}`,
  });
});

describe("jobs", () => {
  const details = (reason: string, metadata: string): string =>
    `,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":${metadata},"reason":"${reason}"}]}`;
  const both = '{"appID":"app","namespace":"default"}';

  test.each([
    ["POST", '{"name":"n"}', 400, "DAPR_SCHEDULER_JOB_NAME", "Set the job name in the url only", '{"appID":"app"}'],
    ["POST", "", 400, "DAPR_SCHEDULER_SCHEDULE_EMPTY", "Schedule is empty", both],
    [
      "POST",
      '{"schedule":"@daily"}',
      500,
      "DAPR_SCHEDULER_SCHEDULE_JOB",
      "failed to schedule job due to: no scheduler is configured",
      both,
    ],
    ["GET", undefined, 500, "DAPR_SCHEDULER_GET_JOB", "failed to get job due to: no scheduler is configured", both],
    [
      "DELETE",
      undefined,
      500,
      "DAPR_SCHEDULER_DELETE_JOB",
      "failed to delete job due to: no scheduler is configured",
      both,
    ],
  ])("%s %s", async (method, body, status, code, message, metadata) => {
    expect(await apis.http(method, "/v1.0/jobs/j", body === undefined ? {} : { body })).toMatchObject({
      status,
      body: `{"errorCode":"${code}","message":"${message}"${details(code, metadata)}`,
    });
  });
});

describe("over gRPC", () => {
  test("every method of the API is one that some block answers", () => {
    const mine = new Set(
      createUnconfiguredBlock({ appId: "app", namespace: undefined }).grpc.map(({ path }) => path.split("/")[2]!),
    );
    const others = [
      "GetState",
      "GetBulkState",
      "SaveState",
      "DeleteState",
      "DeleteBulkState",
      "ExecuteStateTransaction",
      "QueryStateAlpha1",
      "PublishEvent",
      "BulkPublishEvent",
      "BulkPublishEventAlpha1",
      "SubscribeTopicEventsAlpha1",
      "InvokeBinding",
      "GetSecret",
      "GetBulkSecret",
      "GetMetadata",
      "SetMetadata",
      "Shutdown",
    ];
    const all = Object.values(DaprDefinition.methods).map(({ name }) => name);
    expect([...mine, ...others].sort()).toEqual(all.toSorted());
  });

  test.each<[keyof typeof DaprDefinition.methods, object, number, string]>([
    [
      "tryLockAlpha1",
      { storeName: "s", expiryInSeconds: 5 },
      RpcCode.FAILED_PRECONDITION,
      "lock store is not configured",
    ],
    [
      "tryLockAlpha1",
      { storeName: "s", expiryInSeconds: 0 },
      RpcCode.INVALID_ARGUMENT,
      "ExpiryInSeconds is not positive in lock store s",
    ],
    ["unlockAlpha1", {}, RpcCode.FAILED_PRECONDITION, "lock store is not configured"],
    ["subtleSignAlpha1", {}, RpcCode.UNIMPLEMENTED, "this API is currently not implemented"],
    ["invokeActor", {}, RpcCode.UNAVAILABLE, "placement service is not configured"],
    ["startWorkflowBeta1", {}, RpcCode.UNAVAILABLE, "placement service is not configured"],
    ["converseAlpha2", { name: "c" }, RpcCode.INVALID_ARGUMENT, "failed finding conversation component c"],
    [
      "invokeService",
      { id: "other" },
      RpcCode.INTERNAL,
      "failed to invoke, id: other, err: couldn't find service: other",
    ],
    ["scheduleJob", {}, RpcCode.INVALID_ARGUMENT, "Job is empty"],
    ["listJobs", {}, RpcCode.INTERNAL, "failed to list jobs due to: no scheduler is configured"],
  ])("%s %o", async (method, request, code, message) => {
    const { requestType } = DaprDefinition.methods[method];
    const full = { ...requestType.decode(new Uint8Array(0)), ...request };
    expect(await failureOf(rpc(apis.grpc, method, full as never))).toMatchObject({ code, message });
  });

  test("configuration carries its code as a detail, and has no subscription to end", async () => {
    expect(await failureOf(rpc(apis.grpc, "getConfiguration", { storeName: "s", keys: [], metadata: {} }))).toEqual({
      code: RpcCode.FAILED_PRECONDITION,
      message: "configuration stores not configured",
      details: [{ ErrorInfo: { reason: "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", domain: "dapr.io", metadata: {} } }],
    });
    expect(await rpc(apis.grpc, "unsubscribeConfiguration", { storeName: "s", id: "i" })).toEqual({
      ok: false,
      message: "failed to unsubscribe to configuration request i: subscription does not exist",
    });
  });

  test("a stream is refused by its first message", async () => {
    const encrypt = async (options: object | undefined): Promise<void> => {
      const stream = apis.grpc.stream("/dapr.proto.runtime.v1.Dapr/EncryptAlpha1");
      await stream.send(
        EncryptRequest.encode({
          options: options && { ...EncryptRequest.decode(new Uint8Array([0x0a, 0])).options!, ...options },
          payload: undefined,
        }).finish(),
      );
      for await (const _ of stream.messages);
    };
    expect(await failureOf(encrypt({ componentName: "c" }))).toMatchObject({
      code: RpcCode.INTERNAL,
      message: "crypto providers not configured",
    });
    expect(await failureOf(encrypt(undefined))).toMatchObject({
      code: RpcCode.INVALID_ARGUMENT,
      message: "invalid request: first message does not contain the required options",
    });
  });
});
