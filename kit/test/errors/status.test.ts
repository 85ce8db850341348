import { BadRequest, ErrorInfo, Status } from "@trilby/proto/rpc";
import { describe, expect, test } from "vitest";
import { fromRpcError, toRpcError } from "../../src/errors/status.ts";
import { BulkError, ComponentError, type ErrorCode } from "../../src/index.ts";
import { RpcCode, RpcError } from "../../src/transport/index.ts";

const everyCode: readonly (readonly [ErrorCode, number])[] = [
  ["etag-mismatch", 9],
  ["etag-invalid", 3],
  ["row-mismatch", 13],
  ["invalid-argument", 3],
  ["invalid-metadata", 3],
  ["not-found", 5],
  ["already-exists", 6],
  ["failed-precondition", 9],
  ["permission-denied", 7],
  ["unauthenticated", 16],
  ["resource-exhausted", 8],
  ["unimplemented", 12],
  ["unavailable", 14],
  ["deadline-exceeded", 4],
  ["cancelled", 1],
  ["closed", 14],
  ["internal", 13],
];

test.each(everyCode)("%s is status %i and comes back", (code, status) => {
  const sent = new ComponentError(
    code,
    "what happened",
    code === "row-mismatch" ? { rows: { expected: 3, affected: 2 } } : {},
  );
  const onWire = toRpcError(sent);
  expect(onWire).toMatchObject({ code: status, message: "what happened" });
  const received = fromRpcError(onWire);
  expect(received).toMatchObject({ code, message: "what happened", rows: sent.rows, cause: onWire });
  if (onWire.details) expect(Status.decode(onWire.details)).toMatchObject({ code: status, message: "what happened" });
});

describe("as Dapr's client reads it", () => {
  const soleDetail = (error: unknown) => {
    const { details } = Status.decode(toRpcError(error).details!);
    expect(details).toHaveLength(1);
    return details[0]!;
  };

  test("an etag error is one BadRequest with one violation of etag", () => {
    const detail = soleDetail(new ComponentError("etag-mismatch", "possible etag mismatch"));
    expect(detail.typeUrl).toBe("type.googleapis.com/google.rpc.BadRequest");
    expect(BadRequest.decode(detail.value).fieldViolations).toMatchObject([
      { field: "etag", description: "possible etag mismatch" },
    ]);
  });

  test("a row mismatch counts in decimal text", () => {
    const detail = soleDetail(new ComponentError("row-mismatch", "rows", { rows: { expected: 3, affected: 2 } }));
    expect(detail.typeUrl).toBe("type.googleapis.com/google.rpc.ErrorInfo");
    expect(ErrorInfo.decode(detail.value).metadata).toEqual({ expected: "3", affected: "2" });
  });

  test("an error of the API keeps status, tag, reason and domain both ways", () => {
    const api = {
      httpStatus: 404,
      tag: "ERR_STATE_STORE_NOT_FOUND",
      reason: "DAPR_STATE_NOT_FOUND",
      domain: "dapr.io",
      metadata: { a: "b" },
    };
    const sent = new ComponentError("not-found", "no such store", { api });
    expect(ErrorInfo.decode(soleDetail(sent).value)).toEqual({
      reason: api.reason,
      domain: api.domain,
      metadata: { a: "b", kit_error: "true", http_code: "404", tag: api.tag },
    });
    expect(fromRpcError(toRpcError(sent))).toMatchObject({ code: "not-found", message: "no such store", api });
  });

  test("a bulk error becomes its first etag error", () => {
    const failures = [
      { key: "a", error: new ComponentError("unavailable", "gone") },
      { key: "b", error: new ComponentError("etag-mismatch", "etag of b") },
      { key: "c", error: new ComponentError("etag-invalid", "etag of c") },
    ];
    expect(fromRpcError(toRpcError(new BulkError(failures)))).toMatchObject({
      code: "etag-mismatch",
      message: "etag of b",
    });
    expect(toRpcError(new BulkError(failures.slice(0, 1)))).toMatchObject({ code: 14, message: "gone" });
  });
});

test("problems of metadata come back one by one", () => {
  const problems = [
    { field: "hots", message: "hots is unknown", suggestion: "host" },
    { field: "port", message: "port is required" },
    { message: "they disagree" },
  ];
  const received = fromRpcError(toRpcError(new ComponentError("invalid-metadata", "3 problems", { problems })));
  expect(received).toMatchObject({ code: "invalid-metadata", message: "3 problems" });
  expect(received.problems).toEqual(problems);
  const etagField = new ComponentError("invalid-metadata", "bad", {
    problems: [{ field: "etag", message: "a field that is called etag" }],
  });
  expect(fromRpcError(toRpcError(etagField)).code).toBe("invalid-metadata");
});

describe("what others send", () => {
  const violation = (field: string) => ({ field, description: "d", reason: "", localizedMessage: undefined });
  const bad = (...fields: string[]) => ({
    typeUrl: "type.googleapis.com/google.rpc.BadRequest",
    value: BadRequest.encode({ fieldViolations: fields.map(violation) }).finish(),
  });
  const info = (metadata: Record<string, string>) => ({
    typeUrl: "type.googleapis.com/google.rpc.ErrorInfo",
    value: ErrorInfo.encode({ reason: "R", domain: "D", metadata }).finish(),
  });
  const received = (code: number, ...details: ReturnType<typeof bad>[]) =>
    fromRpcError(new RpcError(code, "m", { details: Status.encode({ code, message: "m", details }).finish() })).code;

  test.each([
    ["one violation of etag", received(9, bad("etag")), "etag-mismatch"],
    ["another field", received(9, bad("key")), "failed-precondition"],
    ["two violations", received(9, bad("etag", "etag")), "failed-precondition"],
    ["no violation", received(3, bad()), "invalid-argument"],
    ["two details", received(3, bad("etag"), bad("etag")), "invalid-argument"],
    ["an etag violation under another status", received(5, bad("etag")), "not-found"],
    ["a kit error without a status", received(13, info({ kit_error: "true", tag: "T" })), "internal"],
    ["rows that are no numbers", received(13, info({ expected: "three", affected: "2" })), "internal"],
    ["rows under another status", received(2, info({ expected: "3", affected: "2" })), "internal"],
    ["ABORTED", received(RpcCode.ABORTED), "failed-precondition"],
    ["UNKNOWN", received(RpcCode.UNKNOWN), "internal"],
    ["a status that does not exist", received(99), "internal"],
    [
      "details of another type",
      received(9, { typeUrl: "x/y.Z", value: new Uint8Array([1, 2]) }),
      "failed-precondition",
    ],
  ])("%s", (_, code, wanted) => expect(code).toBe(wanted));

  test.each([[new Uint8Array([255, 255, 255])], [new Uint8Array([0x1a, 0x7f, 0x01])]])(
    "details that cannot be read %#",
    (details) => expect(fromRpcError(new RpcError(9, "m", { details })).code).toBe("failed-precondition"),
  );
});

test.each([
  [new RpcError(5, "as it is"), 5],
  [new Error("plain"), 2],
  ["text", 2],
  [undefined, 2],
  [new DOMException("stop", "AbortError"), 1],
  [new DOMException("late", "TimeoutError"), 4],
])("any other error %# gets a status", (error, code) => expect(toRpcError(error).code).toBe(code));
