import { describe, expect, test } from "vitest";

import {
  beginTrace,
  beginTraceFromRpc,
  binaryTraceContext,
  childTraceparent,
  newTraceparent,
} from "../../src/observability/trace-context.ts";

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const shape = /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/;

describe("a step of this host", () => {
  test("is a new span in the caller's trace", () => {
    const { traceparent, tracestate } = beginTrace(parent, "a=b");
    expect(traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(traceparent).not.toBe(parent);
    expect(tracestate).toBe("a=b");
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
  ])("begins a trace of its own for %s", (traceparent) => {
    const begun = beginTrace(traceparent, "a=b");
    expect(begun.traceparent).toMatch(shape);
    expect(begun.traceparent).not.toContain("0af7651916cd43dd8448eb211c80319c");
    expect(begun.tracestate).toBe("");
  });

  test("takes what a later version of the format adds", () => {
    expect(childTraceparent(`01${parent.slice(2)}-more`)).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
  });

  test("leaves out a trace state that is too long", () => {
    expect(beginTrace(parent, "a".repeat(512)).tracestate).toHaveLength(512);
    expect(beginTrace(parent, "a".repeat(513)).tracestate).toBe("");
  });

  test("ids do not repeat", () => {
    expect(new Set(Array.from({ length: 2000 }, newTraceparent)).size).toBe(2000);
  });
});

test("the binary form goes there and back, and before the text", () => {
  const binary = binaryTraceContext(parent)!;
  expect(Buffer.from(binary).toString("hex")).toBe("00000af7651916cd43dd8448eb211c80319c01b7ad6b71692033310201");
  const other = "00-11111111111111111111111111111111-2222222222222222-00";
  expect(
    beginTraceFromRpc([
      ["traceparent", other],
      ["grpc-trace-bin", binary],
      ["tracestate", "a=b"],
    ]),
  ).toEqual({
    traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/),
    tracestate: "a=b",
  });
  for (const bad of [binary.subarray(1), Buffer.alloc(29), Buffer.alloc(0)]) {
    expect(
      beginTraceFromRpc([
        ["grpc-trace-bin", bad],
        ["traceparent", other],
      ]).traceparent,
    ).toMatch(/^00-1{32}-/);
  }
  expect(binaryTraceContext("nonsense")).toBeUndefined();
});
