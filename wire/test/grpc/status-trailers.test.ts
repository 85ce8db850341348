import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RpcCode, RpcError } from "../../src/grpc/status.ts";
import { decodeStatusMessage, encodeStatusMessage } from "../../src/grpc/status-message.ts";
import { errorTrailers, trailersError } from "../../src/grpc/status-trailers.ts";
import { HeaderList } from "../../src/http2/header-list.ts";

test("messages are percent-encoded", () => {
  expect(encodeStatusMessage("plain, ~ and spaces")).toBe("plain, ~ and spaces");
  expect(encodeStatusMessage("100 %\n\u00fc\u20ac")).toBe("100 %25%0A%C3%BC%E2%82%AC");
  expect(encodeStatusMessage("\ud800")).toBe("%EF%BF%BD");
});

test("messages come back as they were", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (message) => {
      const encoded = encodeStatusMessage(message);
      expect(encoded).toMatch(/^[ -~]*$/);
      expect(decodeStatusMessage(encoded)).toBe(message.toWellFormed());
    }),
  );
});

test("what is no escape stays", () => {
  expect(["%", "%4", "%zz", "a%41b%", "%e2%82%ac", "50%25"].map(decodeStatusMessage)).toEqual([
    "%",
    "%4",
    "%zz",
    "aAb%",
    "\u20ac",
    "50%",
  ]);
});

const back = (error: unknown) => trailersError(new HeaderList(errorTrailers(error)));

test("an error travels in trailers with all it has", () => {
  const error = new RpcError(RpcCode.NOT_FOUND, "no \u00fc", {
    details: new Uint8Array([1, 2, 3, 255]),
    trailers: [
      ["reason", "absent"],
      ["trace-bin", new Uint8Array([0])],
    ],
  });
  const received = back(error)!;
  expect(received).toMatchObject({ code: RpcCode.NOT_FOUND, message: "no \u00fc" });
  expect([...received.details!]).toEqual([1, 2, 3, 255]);
  expect(received.trailers.map(([name, value]) => [name, typeof value === "string" ? value : [...value]])).toEqual([
    ["reason", "absent"],
    ["trace-bin", [0]],
  ]);
});

test("what is thrown and no RpcError is UNKNOWN, and no status is OK by accident", () => {
  expect(back(new Error("boom"))).toMatchObject({ code: RpcCode.UNKNOWN, message: "boom" });
  expect(back("text")).toMatchObject({ code: RpcCode.UNKNOWN, message: "text" });
  expect(back(undefined)).toMatchObject({ code: RpcCode.UNKNOWN, message: "undefined" });
  expect(back(new RpcError(0, "fine?"))).toMatchObject({ code: RpcCode.UNKNOWN });
  expect(back(new RpcError(Number.NaN, "odd"))).toMatchObject({ code: RpcCode.UNKNOWN });
  expect(back(new RpcError(77, "own"))).toMatchObject({ code: 77 });
});

test("trailers that cannot be carried, and details that are too large, do not cost the status", () => {
  const trailers = [["bad name", "x"]] as const;
  expect(back(new RpcError(RpcCode.ABORTED, "told", { trailers }))).toMatchObject({ code: 10, message: "told" });
  const details = new Uint8Array(32 * 1024 + 1);
  expect(back(new RpcError(RpcCode.ABORTED, "told", { details }))?.details).toBeUndefined();
});

test("the longest status fits into 64 KiB of headers", () => {
  const error = new RpcError(RpcCode.INTERNAL, "\u20ac".repeat(9999), { details: new Uint8Array(32 * 1024) });
  const bytes = errorTrailers(error).reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  expect(bytes).toBeLessThan(64 * 1024);
});

test("trailers without a status, or with one that is no number, are an error", () => {
  expect(trailersError(new HeaderList([]))).toMatchObject({ code: RpcCode.UNKNOWN });
  expect(trailersError(new HeaderList([["grpc-status", "x"]]))).toMatchObject({ code: RpcCode.UNKNOWN });
  expect(trailersError(new HeaderList([["grpc-status", "0"]]))).toBeUndefined();
});
