import type { Verdict } from "../core/verdict.ts";

/** What is printed of a verdict: a line, and what is needed to understand a failure. */
export function verdictLines({ id, outcome, durationMs, reason, error, figures }: Verdict, verbose: boolean): string[] {
  const head = `  ${words[outcome].padEnd(7)} ${id}`;
  switch (outcome) {
    case "passed":
      return [figures === undefined ? `${head} (${durationMs} ms)` : `${head} ${inWords(figures)}`];
    case "skipped":
      return verbose ? [`${head}: ${reason}`] : [];
    case "known":
      return [`${head}: ${reason}`];
    case "fixed":
      return [`${head}: passes now; take its reason off the list of known deviations ("${reason}")`];
    case "failed":
      return [
        head,
        ...((verbose ? error?.stack : undefined) ?? error?.message ?? "")
          .split("\n")
          .map((line) => `          ${line}`),
      ];
  }
}

const words = { passed: "ok", failed: "FAILED", skipped: "skipped", known: "known", fixed: "FIXED" } as const;

function inWords(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
