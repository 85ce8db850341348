import { describe, expect, test } from "vitest";

import {
  binaryTraceContext,
  noTraceparent,
  passTrace,
  passTraceFromRpc,
  passTraceparent,
} from "../../src/observability/trace-context.ts";

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("a step of this host", () => {
  test("hands on the caller's trace as it is", () => {
    expect(passTrace(parent, "a=b")).toEqual({ traceparent: parent, tracestate: "a=b" });
  });

  test.each([
    undefined,
    "",
    "nonsense",
    parent.toUpperCase(),
    parent.slice(0, -1),
    `ff${parent.slice(2)}`,
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    `${parent}0`,
  ])("has no trace for %s", (traceparent) => {
    expect(passTrace(traceparent, "a=b")).toEqual({ traceparent: noTraceparent, tracestate: "" });
  });

  test("takes what a later version of the format adds", () => {
    expect(passTraceparent(`01${parent.slice(2)}-more`)).toBe(parent);
  });

  test("leaves out a trace state that is too long", () => {
    expect(passTrace(parent, "a".repeat(512)).tracestate).toHaveLength(512);
    expect(passTrace(parent, "a".repeat(513)).tracestate).toBe("");
  });
});

test("the binary form goes there and back, and before the text", () => {
  const binary = binaryTraceContext(parent)!;
  expect(Buffer.from(binary).toString("hex")).toBe("00000af7651916cd43dd8448eb211c80319c01b7ad6b71692033310201");
  const other = "00-11111111111111111111111111111111-2222222222222222-00";
  expect(
    passTraceFromRpc([
      ["traceparent", other],
      ["grpc-trace-bin", binary],
      ["tracestate", "a=b"],
    ]),
  ).toEqual({
    traceparent: parent,
    tracestate: "a=b",
  });
  for (const bad of [binary.subarray(1), Buffer.alloc(29), Buffer.alloc(0)]) {
    expect(
      passTraceFromRpc([
        ["grpc-trace-bin", bad],
        ["traceparent", other],
      ]).traceparent,
    ).toMatch(/^00-1{32}-/);
  }
  expect(binaryTraceContext("nonsense")).toBeUndefined();
});
