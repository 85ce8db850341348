import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ComponentError } from "@trilby/kit";
import type { Case } from "../core/case.ts";
import { runSuite } from "../core/run-suite.ts";
import type { Verdict } from "../core/verdict.ts";
import { certificateText, createCertificate } from "../reports/certificate.ts";
import { htmlReport } from "../reports/html.ts";
import { junitReport } from "../reports/junit.ts";
import {
  countsInWords,
  isCertified,
  shownFacts,
  suiteFacts,
  type PlacementReport,
  type Report,
} from "../reports/report.ts";
import { casesOf } from "../suites.ts";
import { helpText, parseArguments, type Arguments } from "./arguments.ts";
import { readComponentFile, type ComponentFile } from "./component-file.ts";
import { planRun, type Plan } from "./plan.ts";
import { verdictLines } from "./verdict-lines.ts";

export type ExitCode = 0 | 1 | 2;

/** The whole command. Never rejects: what goes wrong before the first case is said, and is exit code 2. */
export async function run(
  words: readonly string[],
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<ExitCode> {
  let component: ComponentFile | undefined;
  try {
    const args = parseArguments(words);
    if (args.show === "help") print(helpText.trimEnd());
    if (args.show === "version") print(`${suiteFacts().name} ${suiteFacts().version}`);
    if (args.show !== undefined) return 0;
    component = readComponentFile(args.file!, args.name);
    const cases = casesOf(component.kind).filter(({ id }) => args.only === undefined || id.includes(args.only));
    if (cases.length === 0) throw new Error(`no case of ${component.kind} contains ${args.only}`);
    if (args.list) {
      for (const { id } of cases) print(id);
      return 0;
    }
    const report = await runAll(await planRun(component, args), cases, args, print);
    await writeReports(report, args, print);
    return isCertified(report) ? 0 : 1;
  } catch (error) {
    for (const line of explain(error, component)) complain(line);
    return 2;
  }
}

async function runAll(
  plan: Plan,
  cases: readonly Case[],
  args: Arguments,
  print: (line: string) => void,
): Promise<Report> {
  const started = new Date();
  const { component, facts, known } = plan;
  const packed = plan.package ? ` (${plan.package.name} ${plan.package.version})` : "";
  print(`${component.type} ${component.version}${packed}`);
  let features: readonly string[] = [];
  const placements: PlacementReport[] = [];
  for (const placement of plan.placements) {
    print(placement.name === "socket" ? "over a socket" : "in-process");
    const onVerdict = (verdict: Verdict): void => verdictLines(verdict, args.verbose).forEach((line) => print(line));
    const onStart = (found: readonly string[]): void => void (features = found);
    const verdicts = await runSuite({ cases, placement, facts, known, onVerdict, onStart });
    placements.push({ name: placement.name, verdicts });
    print(`  ${countsInWords(verdicts)}`);
    if (!args.verbose) for (const line of skipReasons(verdicts)) print(`    ${line}`);
  }
  const report: Report = {
    component: { ...component, features },
    ...(plan.package && { package: plan.package }),
    suite: suiteFacts(),
    startedAt: started.toISOString(),
    durationMs: Date.now() - started.getTime(),
    facts: shownFacts(facts),
    placements,
  };
  const all = placements.flatMap(({ verdicts }) => verdicts);
  const verdict = isCertified(report) ? (args.only === undefined ? "certified" : "all passed") : "NOT certified";
  print(
    `${component.type} ${component.version} ${verdict}: ${countsInWords(all)} in ${(report.durationMs / 1_000).toFixed(1)} s`,
  );
  return report;
}

/** Each reason once, with how many cases it keeps from running. */
function skipReasons(verdicts: readonly Verdict[]): string[] {
  const count = new Map<string, number>();
  for (const { outcome, reason = "" } of verdicts)
    if (outcome === "skipped") count.set(reason, (count.get(reason) ?? 0) + 1);
  return [...count].map(([reason, times]) => `${times} skipped: ${reason}`);
}

async function writeReports(report: Report, args: Arguments, print: (line: string) => void): Promise<void> {
  const write = async (file: string | undefined, text: () => string): Promise<void> => {
    if (file === undefined) return;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text());
    print(`wrote ${file}`);
  };
  await write(args.json, () => `${JSON.stringify({ ...report, certified: isCertified(report) }, null, 2)}\n`);
  await write(args.junit, () => junitReport(report));
  await write(args.html, () => htmlReport(report));
  if (args.certificate !== undefined && args.only !== undefined) print(`no certificate: --only leaves cases out`);
  else if (args.certificate !== undefined && !isCertified(report)) print(`no certificate: not certified`);
  else await write(args.certificate, () => certificateText([createCertificate(report)]));
}

/** Metadata that the component refused is said with its lines. */
function explain(error: unknown, component: ComponentFile | undefined): string[] {
  if (ComponentError.is(error) && error.problems && component) {
    return error.problems.map(
      ({ field, message, suggestion }) =>
        `${component.placeOf(field)}: ${message}${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  const place = component && ComponentError.is(error) ? `${component.placeOf()}: ` : "";
  return `${place}${message}`.split("\n");
}
