import { servePackage, startProcess, temporaryFolder, until, type Verdicts } from "@trilby/interop-judging";
import { ServiceNotRun } from "@trilby/services";
import { isUnreached, limits, withoutLimits } from "./limits.ts";
import { rowName, type JudgedRow, type Prepared } from "./rows.ts";
import { readCases, type CaseResult } from "./results.ts";
import { type Kind, upstreamCases, upstreamRow } from "./upstream.ts";

export interface Suites {
  /** The test program. */
  readonly program: string;
  /** Folder of components-contrib. */
  readonly module: string;
}

/** Serves one component on a folder of sockets of its own and holds it to the suite, and to what Dapr's own passes. */
export async function judgeRow(row: JudgedRow, suites: Suites, verdicts: Verdicts): Promise<void> {
  const name = rowName(row);
  try {
    const outcome = await withBackend(row, async (properties, folder) => {
      const { only, environment } = row;
      const served = await servePackage(row.package, {
        socketsFolder: folder,
        only,
        ...(environment && { environment }),
      });
      try {
        const asked = { ...upstream(row, suites), socket: served.socketName, properties };
        const operations = withoutLimits(asked.operations);
        const result = await runSuite("^TestConformance$", { ...asked, operations }, folder, {}, suites);
        const ended = served.process.ended();
        return ended === undefined ? result : { ...result, exit: `${result.exit}; the component: ${ended}` };
      } finally {
        await served.process.stop();
      }
    });
    report(name, outcome, verdicts);
    const judged = new Set(outcome.cases.map(({ name }) => name.replace(/^suite\//, "")));
    const missing = upstreamCases(row).filter((each) => !judged.has(each) && !isUnreached(each));
    for (const each of missing) verdicts.fail(`${name}: ${each}`, "Dapr's own component passes it, ours was not asked");
  } catch (error) {
    if (error instanceof ServiceNotRun) verdicts.notRun(name, error.message);
    else verdicts.fail(name, error instanceof Error ? error.message : String(error));
  }
}

/** The cases that Dapr's own component passes here, with all of its operations. */
export async function measureUpstream(row: JudgedRow, suites: Suites): Promise<string[]> {
  const { cases, log } = await withBackend(row, (properties, folder) =>
    runSuite("^TestBuiltIn$", { ...upstream(row, suites), properties }, folder, row.environment ?? {}, suites),
  );
  if (cases.length === 0) throw new Error(`${rowName(row)}: no case ran:\n${log.slice(-4_000)}`);
  return cases.filter(({ passed }) => passed).map(({ name }) => name.replace(/^suite\//, ""));
}

interface Asked {
  readonly kind: Kind;
  readonly name: string;
  readonly socket?: string;
  readonly properties: Prepared["properties"];
  readonly operations: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

function upstream(row: JudgedRow, { module }: Suites): Omit<Asked, "properties"> {
  return { kind: row.kind, name: row.upstream[0], ...upstreamRow(module, row.kind, ...row.upstream) };
}

async function withBackend<T>(
  row: JudgedRow,
  use: (properties: Prepared["properties"], folder: string) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder();
  try {
    const prepared = await row.prepare(folder.path);
    try {
      return await use(prepared.properties, folder.path);
    } finally {
      await prepared.stop();
    }
  } finally {
    folder.remove();
  }
}

interface SuiteOutcome {
  readonly cases: readonly CaseResult[];
  readonly exit: string;
  readonly log: string;
}

async function runSuite(
  test: string,
  asked: Asked,
  folder: string,
  environment: Readonly<Record<string, string>>,
  { program }: Suites,
): Promise<SuiteOutcome> {
  const lines: string[] = [];
  const suite = startProcess(program, ["-test.v", "-test.timeout=5m", `-test.run=${test}`], {
    cwd: folder,
    environment: { ...environment, ROW: JSON.stringify(asked), DAPR_COMPONENTS_SOCKETS_FOLDER: folder },
    onLine: (line) => lines.push(line),
  });
  const exit = await until("the suite", () => suite.ended(), 310_000);
  return { cases: readCases(lines), exit, log: lines.join("\n") };
}

function report(name: string, { cases, exit, log }: SuiteOutcome, verdicts: Verdicts): void {
  let failed = 0;
  for (const { name: path, passed, seconds, output } of cases) {
    const limit = /^limits\/(.+)$/.exec(path)?.[1];
    if (limit === undefined) {
      const full = `${name}: ${path.replace(/^suite\//, "")}`;
      if (passed) verdicts.pass(full, seconds);
      else verdicts.fail(full, output);
      if (!passed) failed++;
      continue;
    }
    const known = limits.find((each) => each.case === limit);
    if (known && passed) verdicts.known(`${name}: ${limit}`, known.reason);
    else
      verdicts.fail(`${name}: ${limit}`, known ? `limits.json is stale:\n${output}` : "limits.json does not say why");
    if (!passed) failed++;
  }
  // A panic, or a failure before the first case.
  if (cases.length === 0 || (exit !== "0" && failed === 0))
    verdicts.fail(name, `ended with ${exit}:\n${log.slice(-4_000)}`);
}
