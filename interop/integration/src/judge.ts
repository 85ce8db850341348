import type { Entry } from "./ledger.ts";
import type { CaseResult } from "./stream.ts";

export interface Verdict {
  readonly name: string;
  readonly verdict: "pass" | "missing" | "known" | "fail";
  /** One line: what to do about it, when it is a failure. */
  readonly message: string;
}

/** What a result means beside what the ledger expects. A ledger that says too little is as red as one that says too much. */
export function judge({ name, expected, note }: Entry, { passed, usedDaemon, seconds }: CaseResult): Verdict {
  if (passed && !usedDaemon) {
    // Dapr's own programs judged by themselves: no word about the daemon.
    if (expected === "control-plane") return { name, verdict: "missing", message: "control-plane" };
    return { name, verdict: "fail", message: "passed without starting the daemon: the ledger must say control-plane" };
  }
  if (expected === "pass") {
    return passed
      ? { name, verdict: "pass", message: "" }
      : { name, verdict: "fail", message: `the ledger expects a pass; it failed after ${seconds} s` };
  }
  if (passed) return { name, verdict: "fail", message: `passes, but the ledger says ${expected}: it must say pass` };
  return expected === "known"
    ? { name, verdict: "known", message: note }
    : { name, verdict: "missing", message: expected };
}

/** The suite and the ledger list the same cases. One line for each that stands in one alone. */
export function differences(cases: readonly string[], entries: readonly Entry[]): string[] {
  const listed = new Set(entries.map(({ name }) => name));
  const real = new Set(cases);
  return [
    ...cases.filter((name) => !listed.has(name)).map((name) => `${name}: the suite has it, the ledger does not`),
    ...[...listed].filter((name) => !real.has(name)).map((name) => `${name}: the ledger has it, the suite does not`),
  ];
}
