import type { Entry, Ledger } from "./ledger.ts";
import type { CaseResult } from "./stream.ts";

/**
 * The ledger with what was measured. A case that passes is said to; one that no longer does needs a person's word, and stays
 * as it stood.
 */
export function updated(
  ledger: Ledger,
  results: ReadonlyMap<string, CaseResult>,
  against: "trilbyd" | "daprd",
  today: string,
): Ledger {
  const entries = ledger.entries.map((entry): Entry => {
    const result = results.get(entry.name);
    if (!result) return entry;
    if (against === "daprd") return { ...entry, stock: result.passed ? "pass" : "fail" };
    if (!result.passed) return { ...entry, seconds: entry.seconds ?? result.seconds };
    if (!result.usedDaemon) return { ...entry, expected: "control-plane", seconds: result.seconds };
    return { ...entry, expected: "pass", seconds: result.seconds, note: "" };
  });
  return { ...ledger, measured: today, entries };
}
