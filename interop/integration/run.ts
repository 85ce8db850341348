// Dapr's own integration suite drives trilbyd: see README.md here.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { cacheFolder, NotBuilt } from "@trilby/interop-judging/cache";

import { type Arguments, readArguments, usage } from "./src/arguments.ts";
import { type Binaries, buildBinaries } from "./src/build.ts";
import { differences, judge, type Verdict } from "./src/judge.ts";
import { writeLauncher } from "./src/launcher.ts";
import { type Entry, formatLedger, type Ledger, parseLedger } from "./src/ledger.ts";
import { withinBudget } from "./src/select.ts";
import type { CaseResult } from "./src/stream.ts";
import { listCases, runCases } from "./src/suite.ts";
import { updated } from "./src/update.ts";
import { daprVersion } from "./src/versions.ts";
import { writeScoreboard } from "./src/write-scoreboard.ts";

const here = import.meta.dirname;
const root = join(here, "..", "..");
const ledgerFile = join(here, "ledger.tsv");
const today = new Date().toISOString().slice(0, 10);

if (process.argv.includes("--help")) console.log(usage);
else process.exitCode = await main(readArguments(process.argv.slice(2)));

async function main(words: Arguments): Promise<number> {
  const ledger = parseLedger(readFileSync(ledgerFile, "utf8"));
  if (words.scoreboard) {
    writeScoreboard(root, ledger);
    return 0;
  }
  let binaries: Binaries;
  try {
    binaries = buildBinaries(here);
  } catch (error) {
    if (!(error instanceof NotBuilt)) throw error;
    return notRun(error.message);
  }
  const gaps = differences(await listCases({ binaries, cwd: here }), ledger.entries);
  for (const gap of gaps) console.log(`FAIL ${gap}`);

  const { selected, later } = select(ledger, words);
  console.log(`${selected.length} cases of Dapr ${daprVersion}, ${words.parallel} at once, against ${words.against}`);
  const results = await run(binaries, selected, words);

  const next = words.update ? updated(ledger, results, words.against, today) : ledger;
  if (words.update) {
    writeFileSync(ledgerFile, formatLedger(next));
    writeScoreboard(root, next);
  }
  const verdicts = words.against === "daprd" ? stockVerdicts(results) : trilbyVerdicts(next.entries, results);
  return conclude(verdicts, gaps, later, results);
}

function select(
  { entries }: Ledger,
  { focus, against, budgetSeconds, parallel }: Arguments,
): ReturnType<typeof withinBudget> {
  if (focus) return { selected: entries.filter(({ name }) => focus.test(name)), later: [] };
  if (against === "daprd") return { selected: entries.filter(({ stock }) => stock === undefined), later: [] };
  return withinBudget(entries, budgetSeconds, parallel, Math.floor(Date.now() / 86_400_000));
}

async function run(
  binaries: Binaries,
  selected: readonly Entry[],
  { against, parallel, update, verbose }: Arguments,
): Promise<ReadonlyMap<string, CaseResult>> {
  const launcher = against === "trilbyd" ? writeLauncher(builtHost()) : undefined;
  try {
    const daemon = launcher?.path ?? stockDaprd();
    const byName = new Map(selected.map((entry) => [entry.name, entry]));
    const onResult = (result: CaseResult): void => {
      const entry = byName.get(result.name);
      if (!entry) return;
      const { verdict, message } = judge(entry, result);
      // Where nothing is judged, but measured.
      const measured = result.passed ? "pass" : "fail";
      const isMeasured = update || against === "daprd";
      const line = `${(isMeasured ? measured : verdict).padEnd(7)} ${result.name} (${result.seconds} s)`;
      console.log(isMeasured || message === "" ? line : `${line} ${message}`);
      if (verbose || (verdict === "fail" && !isMeasured))
        for (const said of result.output) console.log(`     | ${said}`);
    };
    return await runCases([...byName.keys()], { binaries, daemon, cwd: here, parallel, onResult });
  } finally {
    launcher?.remove();
  }
}

/** What users get is what is judged: the compiled packages. */
function builtHost(): string {
  const { status } = spawnSync(process.execPath, [join(root, "tools", "build.mjs")], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH}` },
  });
  if (status !== 0) throw new Error("the packages do not build");
  return join(here, "node_modules", "@trilby", "host", "dist", "main.js");
}

function stockDaprd(): string {
  const path = join(cacheFolder(`daprd-${daprVersion}`), "daprd");
  if (!existsSync(path))
    throw new Error(`no stock daprd at ${path}: go build -tags allcomponents github.com/dapr/dapr/cmd/daprd`);
  return path;
}

function trilbyVerdicts(entries: readonly Entry[], results: ReadonlyMap<string, CaseResult>): Verdict[] {
  return entries.flatMap((entry) => {
    const result = results.get(entry.name);
    return result ? [judge(entry, result)] : [];
  });
}

function stockVerdicts(results: ReadonlyMap<string, CaseResult>): Verdict[] {
  return [...results.values()].map(({ name, passed }) => ({ name, verdict: passed ? "pass" : "fail", message: "" }));
}

function conclude(
  verdicts: readonly Verdict[],
  gaps: readonly string[],
  later: readonly Entry[],
  results: ReadonlyMap<string, CaseResult>,
): number {
  const count = (word: Verdict["verdict"]): number => verdicts.filter(({ verdict }) => verdict === word).length;
  const failed = count("fail") + gaps.length;
  const skipped = count("missing") + count("known");
  mkdirSync(join(root, "reports"), { recursive: true });
  writeFileSync(
    join(root, "reports", "interop-integration.json"),
    JSON.stringify({ dapr: daprVersion, date: today, verdicts, gaps, results: [...results.values()] }, undefined, 2),
  );
  if (later.length > 0) console.log(`${later.length} long cases have their turn on other days`);
  for (const { name, message } of verdicts.filter(({ verdict }) => verdict === "fail"))
    console.log(`FAIL ${name}: ${message}`);
  console.log(`${count("pass")} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : 0;
}

/** Where CI is set everything must be run. */
function notRun(why: string): number {
  const isCi = (process.env.CI ?? "") !== "";
  console.log(`NOT RUN integration: ${why}`);
  console.log(isCi ? "0 passed, 1 failed, 0 skipped" : "0 passed, 0 failed, 1 skipped");
  return isCi ? 1 : 0;
}
