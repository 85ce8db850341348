export interface CaseResult {
  /** Path below the test: `suite/get`. */
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** The verdicts of the innermost cases in what a Go test prints with -test.v, with what each one said. Skipped ones have none. */
export function readCases(lines: readonly string[]): CaseResult[] {
  const said = new Map<string, string[]>();
  const ended: { name: string; verdict: string; seconds: number }[] = [];
  let current = "";
  for (const line of lines) {
    const turn = /^=== (?:RUN|CONT|NAME|PAUSE)\s+(\S+)/.exec(line);
    const end = /^\s*--- (PASS|FAIL|SKIP): (\S+) \(([\d.]+)s\)/.exec(line);
    if (turn) current = turn[1]!;
    else if (end) ended.push({ verdict: end[1]!, name: end[2]!, seconds: Number(end[3]) });
    else if (line !== "PASS" && line !== "FAIL") said.set(current, [...(said.get(current) ?? []), line]);
  }
  const skipped = new Set(ended.filter(({ verdict }) => verdict === "SKIP").map(({ name }) => name));
  const isParent = (name: string): boolean => ended.some((other) => other.name.startsWith(`${name}/`));
  return ended
    .filter(({ name }) => !skipped.has(name))
    .filter(
      ({ name, verdict }) =>
        !isParent(name) ||
        (verdict === "FAIL" && !ended.some((each) => each.verdict === "FAIL" && each.name.startsWith(`${name}/`))),
    )
    .map(({ name, verdict, seconds }) => ({
      // Go writes spaces of names as underscores.
      name: name.split("/").slice(1).join("/").replaceAll("_", " "),
      passed: verdict === "PASS",
      seconds,
      output: (said.get(name) ?? []).slice(-60).join("\n"),
    }))
    .filter(({ name }) => name !== "");
}
