import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./components.ts";
import { NotBuilt } from "./cache.ts";

export interface Verdicts {
  pass(name: string, seconds?: number): void;
  /** `why` may have many lines. */
  fail(name: string, why: string): void;
  /** Not as the judge wants it, for a written reason that was checked. */
  known(name: string, reason: string): void;
  /** Could not be judged here. A failure where CI is set: there, everything must be. */
  notRun(name: string, why: string): void;
  /** A verdict from a function that throws, or does not. Never rejects; says whether it passed. */
  check(name: string, run: () => Promise<void>): Promise<boolean>;
  note(line: string): void;
}

interface Entry {
  readonly name: string;
  readonly verdict: "passed" | "failed" | "known" | "not run";
  readonly seconds?: number;
  readonly note?: string;
}

/**
 * Runs a judge to its last line, `N passed, N failed, N skipped`, with a line a verdict, reports/judge-NAME.json, and exit code 1
 * when something failed.
 */
export async function runJudge(name: string, judge: (verdicts: Verdicts) => Promise<void>): Promise<void> {
  // What it started ends with it, see startProcess.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const entries: Entry[] = [];
  const notes: string[] = [];
  const add = (entry: Entry, mark: string, indented = ""): void => {
    entries.push(entry);
    const seconds = entry.seconds === undefined ? "" : ` (${entry.seconds.toFixed(1)} s)`;
    const note = mark === "NOT RUN" ? `: ${entry.note}` : "";
    console.log(`${mark} ${entry.name}${note}${seconds}`);
    if (indented) console.log(indented.trimEnd().replace(/^/gm, "     | "));
  };
  const verdicts: Verdicts = {
    pass: (name, seconds) => add({ name, verdict: "passed", ...(seconds !== undefined && { seconds }) }, "ok  "),
    fail: (name, why) => add({ name, verdict: "failed", note: why }, "FAIL", why),
    known: (name, reason) => add({ name, verdict: "known", note: reason }, "know"),
    notRun(name, why) {
      if (process.env["CI"]) verdicts.fail(name, `NOT RUN: ${why}`);
      else add({ name, verdict: "not run", note: why }, "NOT RUN");
    },
    async check(name, run) {
      const started = performance.now();
      try {
        await run();
        verdicts.pass(name, (performance.now() - started) / 1_000);
        return true;
      } catch (error) {
        verdicts.fail(name, inWords(error));
        return false;
      }
    },
    note(line) {
      notes.push(line);
      console.log(`     ${line}`);
    },
  };
  try {
    await judge(verdicts);
  } catch (error) {
    if (error instanceof NotBuilt) verdicts.notRun(name, error.message);
    else verdicts.fail(name, inWords(error));
  }
  const count = (verdict: Entry["verdict"]): number => entries.filter((each) => each.verdict === verdict).length;
  const failed = count("failed");
  const reports = join(root, "reports");
  mkdirSync(reports, { recursive: true });
  writeFileSync(join(reports, `judge-${name}.json`), `${JSON.stringify({ judge: name, entries, notes }, null, 2)}\n`);
  for (const reason of new Set(entries.filter(({ verdict }) => verdict === "known").map(({ note }) => note)))
    console.log(`     known: ${reason}`);
  console.log(`\n${count("passed")} passed, ${failed} failed, ${count("known") + count("not run")} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function inWords(error: unknown): string {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? `\ncause: ${inWords(error.cause)}` : "";
  return words + cause;
}
