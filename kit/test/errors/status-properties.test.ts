import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromRpcError, toRpcError } from "../../src/errors/status.ts";
import { ComponentError } from "../../src/index.ts";
import { RpcError } from "../../src/transport/index.ts";

const text = fc.string({ unit: "grapheme" });

test("whatever a peer sends as details, there is an error with its message", () => {
  fc.assert(
    fc.property(fc.integer(), text, fc.uint8Array({ maxLength: 64 }), (code, message, details) => {
      const error = fromRpcError(new RpcError(code, message, { details }));
      expect(ComponentError.is(error)).toBe(true);
      expect(typeof error.message).toBe("string");
    }),
    { numRuns: 1000 },
  );
});

test("problems of metadata survive the wire", () => {
  const problem = fc.record(
    { field: text.filter((each) => each !== ""), message: text, suggestion: text.filter((each) => each !== "") },
    { requiredKeys: ["message"] },
  );
  fc.assert(
    fc.property(fc.array(problem), text, (problems, message) => {
      const received = fromRpcError(toRpcError(new ComponentError("invalid-metadata", message, { problems })));
      expect(received).toMatchObject({ code: "invalid-metadata", message, problems });
    }),
  );
});

test("errors of Dapr's API survive the wire", () => {
  const api = fc.record({
    httpStatus: fc.integer({ min: 100, max: 599 }),
    tag: text,
    reason: text,
    domain: text,
    metadata: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/).filter((key) => key !== "tag"),
      text,
    ),
  });
  fc.assert(
    fc.property(api, text, (details, message) => {
      const received = fromRpcError(toRpcError(new ComponentError("not-found", message, { api: details })));
      expect(received).toMatchObject({ code: "not-found", message, api: details });
    }),
  );
});
