import { expect, test } from "vitest";
import { isUnreached, limits, withoutLimits } from "../src/limits.ts";
import { readCases } from "../src/results.ts";

const printed = `=== RUN   TestConformance
=== RUN   TestConformance/suite
=== RUN   TestConformance/suite/get
=== RUN   TestConformance/suite/bulk_get
=== RUN   TestConformance/suite/bulk_get/two_keys
    state.go:12: not what was wanted
--- FAIL: TestConformance (1.20s)
    --- FAIL: TestConformance/suite (1.20s)
        --- PASS: TestConformance/suite/get (0.10s)
        --- FAIL: TestConformance/suite/bulk_get (1.00s)
            --- FAIL: TestConformance/suite/bulk_get/two_keys (0.90s)
FAIL`;

test("the innermost cases are verdicts, with what they said", () => {
  expect(readCases(printed.split("\n"))).toEqual([
    { name: "suite/get", passed: true, seconds: 0.1, output: "" },
    { name: "suite/bulk get/two keys", passed: false, seconds: 0.9, output: "    state.go:12: not what was wanted" },
  ]);
});

test("a case that fails beside its parts, all passed, is a verdict too", () => {
  const text = printed.replace(
    "--- FAIL: TestConformance/suite/bulk_get/two",
    "--- PASS: TestConformance/suite/bulk_get/two",
  );
  expect(
    readCases(text.split("\n"))
      .filter(({ passed }) => !passed)
      .map(({ name }) => name),
  ).toEqual(["suite/bulk get"]);
});

test("a skipped case has no verdict", () => {
  expect(
    readCases(["--- SKIP: TestConformance/suite/ping (0.00s)", "--- PASS: TestConformance/suite (0.00s)"]),
  ).toEqual([]);
});

test("a program that ends before its verdicts has none", () => {
  expect(readCases(["=== RUN   TestConformance", "panic: no"])).toEqual([]);
});

test("every limit has a reason, and takes away what it says", () => {
  for (const { reason } of limits) expect(reason).toMatch(/\.$/);
  expect(withoutLimits(["etag", "keyslike", "delete-with-prefix"])).toEqual(["etag"]);
  expect(isUnreached("matching/%key1")).toBe(true);
  expect(isUnreached("etag")).toBe(false);
});
