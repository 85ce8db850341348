import assert from "node:assert/strict";
import { test } from "vitest";
import { type Expected, expectedAnswers } from "../src/expected.ts";
import { judgeLines } from "../src/judge-lines.ts";
import { readLine } from "../src/line.ts";

const expected = new Map<string, Expected>([
  ["save", { result: true }],
  ["conflict", { code: "ABORTED", says: "etag mismatch", after: { n: 2 } }],
  ["stream", { result: { count: 1 } }],
  ["set", "unsupported"],
]);
const missing = new Map([["stream", { capability: "streams", says: "no streams" }]]);
const refusal = { code: "ABORTED", message: "possible etag mismatch" };
const right = [
  { step: "save", result: true },
  { step: "conflict", error: refusal, after: { n: 2 } },
  { step: "stream", error: { code: "UNIMPLEMENTED", message: "this has no streams" } },
  { step: "set", unsupported: "no such call" },
  { step: "done" },
];
const verdictsOf = (lines: Parameters<typeof judgeLines>[0]) =>
  judgeLines(lines, expected, missing).map(({ step, verdict }) => `${step} ${verdict}`);
const changed = (step: string, line: object) => right.map((each) => (each.step === step ? { step, ...line } : each));

test("what is as expected passes, what is known to be missing is known", () => {
  assert.deepEqual(verdictsOf(right), ["save passed", "conflict passed", "stream known", "set passed", "done passed"]);
});

test.each<[string, string, object]>([
  ["another result", "save", { result: false }],
  ["a failure", "save", { error: refusal }],
  ["a call that it should have", "save", { unsupported: "no such call" }],
  ["no refusal", "conflict", { result: "not refused", after: { n: 2 } }],
  ["another code", "conflict", { error: { ...refusal, code: "UNKNOWN" }, after: { n: 2 } }],
  ["other words", "conflict", { error: { ...refusal, message: "no" }, after: { n: 2 } }],
  ["a write that was refused and done", "conflict", { error: refusal, after: { n: 3 } }],
  ["nothing of what is there then", "conflict", { error: refusal }],
  ["what was missing and is there", "stream", { result: { count: 1 } }],
  ["what is missing, refused in other words", "stream", { error: refusal }],
  ["a call that it should not have", "set", { result: true }],
])("%s fails", (_, step, line) => {
  assert.deepEqual(
    judgeLines(changed(step, line), expected, missing).filter(({ verdict }) => verdict === "failed").length,
    1,
  );
});

test("steps that are left out, doubled, unknown or in another order fail", () => {
  assert.deepEqual(verdictsOf(right.slice(0, 2)).slice(2), ["stream failed", "set failed", "done failed"]);
  assert.deepEqual(verdictsOf([right[0]!, ...right]).slice(0, 2), ["save passed", "save failed"]);
  assert.equal(verdictsOf([{ step: "else", result: 1 }, ...right])[0], "else failed");
  assert.deepEqual(verdictsOf([right[1]!, right[0]!, ...right.slice(2)]).slice(0, 2), [
    "conflict passed",
    "save failed",
  ]);
});

test("what else a program prints is no line", () => {
  for (const text of ["", "started", "{", '{"level":"info"}', '{"step":1}', "null"])
    assert.equal(readLine(text), undefined);
  assert.deepEqual(readLine('{"result":1,"step":"save"}'), { step: "save", result: 1 });
});

test("every language is asked the same steps", () => {
  const run = { client: "grpc", app: "http", broker: "kafka", appId: "a", runId: "a-1" } as const;
  const steps = ["javascript", "python", "go", "java"].map((language) => [
    ...expectedAnswers({ language, ...run }).keys(),
  ]);
  for (const each of steps) assert.deepEqual(each, steps[0]);
  assert.ok(steps[0]!.length > 30);
});
