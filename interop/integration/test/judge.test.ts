import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, test } from "vitest";

import { differences, judge } from "../src/judge.ts";
import { type Entry, formatLedger, parseLedger } from "../src/ledger.ts";
import { areas } from "../src/scoreboard.ts";
import { withinBudget } from "../src/select.ts";
import { type CaseResult, readSuite } from "../src/stream.ts";
import { updated } from "../src/update.ts";
import { daprVersion } from "../src/versions.ts";
import { between, scoreboardFiles } from "../src/write-scoreboard.ts";

const folder = join(import.meta.dirname, "..");
const head = "# dapr 1.18.2, measured 2026-11-23\ncase\texpected\tseconds\tstock\tnote\n";
const entry = (name: string, expected: string, seconds?: number): Entry => ({
  name,
  expected,
  seconds,
  stock: undefined,
  note: expected === "known" ? "why" : "",
});
const result = (name: string, passed: boolean, usedDaemon = true): CaseResult => ({
  name,
  passed,
  seconds: 2,
  usedDaemon,
  output: [],
});

describe("the ledger", () => {
  test("in the repository can be read, is written as it stands, and is of the suite's version", () => {
    const text = readFileSync(join(folder, "ledger.tsv"), "utf8");
    const ledger = parseLedger(text);
    assert.equal(ledger.suite, daprVersion);
    assert.ok(ledger.entries.length > 1200);
    assert.equal(formatLedger(ledger), text);
    assert.match(readFileSync(join(folder, "go.mod"), "utf8"), new RegExp(`dapr/dapr v${daprVersion}\\b`));
  });

  test.each([
    ["a word that is none", "a\tlater\t\t\t\n", /line 3: later is neither/],
    ["known without a reason", "a\tknown\t\t\t\n", /known without a reason/],
    ["a case twice", "a\tpass\t\t\t\na\tpass\t\t\t\n", /stands twice/],
    ["a column too many", "a\tpass\t\t\t\tx\n", /five columns/],
    ["a time that is none", "a\tpass\tlong\t\t\n", /number of seconds/],
  ])("is refused with %s", (_, lines, why) => {
    assert.throws(() => parseLedger(head + lines), why);
  });

  test("and the suite list the same cases", () => {
    assert.deepEqual(differences(["a", "b"], [entry("b", "pass"), entry("c", "pass")]), [
      "a: the suite has it, the ledger does not",
      "c: the ledger has it, the suite does not",
    ]);
  });
});

describe("a verdict", () => {
  test.each([
    ["pass", true, true, "pass"],
    ["pass", false, true, "fail"],
    ["workflow", false, true, "missing"],
    ["workflow", true, true, "fail"],
    ["known", false, true, "known"],
    ["known", true, true, "fail"],
    ["control-plane", true, false, "missing"],
    ["pass", true, false, "fail"],
  ])("of a case expected %s, passed %s, daemon started %s is %s", (expected, passed, usedDaemon, verdict) => {
    assert.equal(judge(entry("a", expected), result("a", passed, usedDaemon)).verdict, verdict);
  });
});

test("what was measured becomes the ledger, but a failure needs a person's word", () => {
  const ledger = parseLedger(`${head}a\tworkflow\t\t\t\nb\tpass\t1\t\t\nc\tknown\t1\t\twhy\n`);
  const results = new Map([result("a", true), result("b", false), result("c", true)].map((one) => [one.name, one]));
  assert.deepEqual(
    updated(ledger, results, "trilbyd", "2026-12-01").entries.map(({ expected, seconds, note }) => [
      expected,
      seconds,
      note,
    ]),
    [
      ["pass", 2, ""],
      ["pass", 1, ""],
      ["pass", 2, ""],
    ],
  );
  const stock = updated(ledger, results, "daprd", "2026-12-01").entries;
  assert.deepEqual(
    stock.map((each) => [each.expected, each.stock]),
    [
      ["workflow", "pass"],
      ["pass", "fail"],
      ["known", "pass"],
    ],
  );
});

describe("within a budget", () => {
  const entries = [
    entry("short", "pass", 1),
    ...["a", "b", "c", "d"].map((name) => entry(name, "pass", 30)),
    entry("other", "workflow", 1),
  ];
  const names = (day: number): string[] => withinBudget(entries, 61, 1, day).selected.map(({ name }) => name);

  test("everything runs when it fits", () => {
    assert.equal(withinBudget(entries, 121, 1, 0).selected.length, 5);
    assert.deepEqual(withinBudget(entries, 121, 1, 0).later, []);
  });

  test("short cases run always, each long one in its turn", () => {
    assert.deepEqual(names(0), ["short", "a", "c"]);
    assert.deepEqual(names(1), ["short", "b", "d"]);
    assert.deepEqual(names(2), names(0));
  });
});

describe("what the suite writes", () => {
  const lines = [
    "\u0016=== RUN   TestIntegration",
    "\u0016=== RUN   TestIntegration/build_binaries",
    "\u0016--- PASS: TestIntegration/build_binaries (0.00s)",
    "\u0016=== RUN   TestIntegration/daprd/state/a",
    "\u0016=== PAUSE TestIntegration/daprd/state/a",
    "\u0016=== RUN   TestIntegration/daprd/state/b",
    '    daprd.go:1: Running "trilbyd" with args: x',
    "\u0016=== CONT  TestIntegration/daprd/state/a",
    "\u0016=== RUN   TestIntegration/daprd/state/a/run",
    "    a.go:7: the reason",
    "    iowriter.go:88: TestIntegration/daprd/state/a/trilbyd: a line of the log",
    "\u0016--- FAIL: TestIntegration/daprd/state/a/run (0.50s)",
    "\u0016--- FAIL: TestIntegration/daprd/state/a (0.60s)",
    "\u0016=== NAME  TestIntegration/daprd/state/b",
    "\u0016--- PASS: TestIntegration/daprd/state/b (1.25s)",
    "\u0016=== RUN   TestIntegration/daprd/state/c",
  ];

  test("is read case by case, each with its own lines", () => {
    const stream = readSuite("trilbyd");
    for (const line of lines) stream.line(line);
    assert.deepEqual([...stream.results.keys()], ["daprd/state/a", "daprd/state/b"]);
    const [a, b] = [...stream.results.values()];
    assert.deepEqual([a!.passed, a!.seconds, a!.usedDaemon], [false, 0.6, false]);
    assert.equal(a!.output[0], "    a.go:7: the reason");
    assert.deepEqual([b!.passed, b!.seconds, b!.usedDaemon, b!.output], [true, 1.25, true, []]);
    assert.deepEqual(stream.unfinished(), ["daprd/state/c"]);
  });
});

test("areas count what passes and what is waited for", () => {
  const list = areas([entry("actors/x", "actors"), entry("daprd/state/a", "pass"), entry("daprd/state/b/c", "known")]);
  assert.deepEqual(
    list.map(({ name, cases, pass, known, missing }) => [name, cases, pass, known, [...missing]]),
    [
      ["actors", 1, 0, 0, [["actors", 1]]],
      ["daprd/state", 2, 1, 1, []],
    ],
  );
});

test("the scoreboard and the README say what the ledger says; --scoreboard writes them", () => {
  const ledger = parseLedger(readFileSync(join(folder, "ledger.tsv"), "utf8"));
  for (const [file, text] of scoreboardFiles(join(folder, "..", ".."), ledger))
    assert.equal(readFileSync(file, "utf8"), text);
});

test("the table goes between its markers, again and again", () => {
  const text = "a\n<!-- scoreboard: begin -->\nold\n<!-- scoreboard: end -->\nb\n";
  const once = between(text, "new");
  assert.equal(once, "a\n<!-- scoreboard: begin -->\nnew\n<!-- scoreboard: end -->\nb\n");
  assert.equal(between(once, "new"), once);
  assert.throws(() => between("nothing", "new"), /lacks/);
});
