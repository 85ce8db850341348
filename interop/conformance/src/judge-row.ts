import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servePackage, startProcess, until, type Verdicts } from "@trilby/interop-judging";
import { ServiceNotRun } from "@trilby/services";
import { limits, withoutLimits } from "./limits.ts";
import { rowName, type JudgedRow } from "./rows.ts";
import { readCases, type CaseResult } from "./results.ts";
import { upstreamRow } from "./upstream.ts";

export interface Suites {
  /** The test program. */
  readonly program: string;
  /** Folder of components-contrib. */
  readonly module: string;
}

/** Serves one component on a folder of sockets of its own and holds it to the suite. */
export async function judgeRow(row: JudgedRow, suites: Suites, verdicts: Verdicts): Promise<void> {
  const name = rowName(row);
  const folder = mkdtempSync(join(tmpdir(), "judge-"));
  try {
    const prepared = await row.prepare(folder);
    try {
      report(name, await runSuite(row, prepared.properties, folder, suites), verdicts);
    } finally {
      await prepared.stop();
    }
  } catch (error) {
    if (error instanceof ServiceNotRun) verdicts.notRun(name, error.message);
    else verdicts.fail(name, error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface SuiteOutcome {
  readonly cases: readonly CaseResult[];
  readonly exit: string;
  readonly log: string;
}

async function runSuite(
  row: JudgedRow,
  properties: Readonly<Record<string, string>>,
  socketsFolder: string,
  { program, module }: Suites,
): Promise<SuiteOutcome> {
  const { only, environment } = row;
  const served = await servePackage(row.package, { socketsFolder, only, ...(environment && { environment }) });
  try {
    const { operations, config } = upstreamRow(module, row.kind, ...row.upstream);
    const judged = {
      kind: row.kind,
      name: row.upstream[0],
      socket: served.socketName,
      properties,
      operations: withoutLimits(operations),
      config,
    };
    const lines: string[] = [];
    const suite = startProcess(program, ["-test.v", "-test.timeout=5m"], {
      cwd: socketsFolder,
      environment: { ROW: JSON.stringify(judged), DAPR_COMPONENTS_SOCKETS_FOLDER: socketsFolder },
      onLine: (line) => lines.push(line),
    });
    const exit = await until("the suite", () => suite.ended(), 310_000);
    if (served.process.ended() !== undefined)
      lines.push(`the component ended with ${served.process.ended()}`, served.process.log());
    return { cases: readCases(lines), exit, log: lines.join("\n") };
  } finally {
    await served.process.stop();
  }
}

function report(name: string, { cases, exit, log }: SuiteOutcome, verdicts: Verdicts): void {
  const before = { failed: 0 };
  for (const { name: path, passed, seconds, output } of cases) {
    const limit = /^limits\/(.+)$/.exec(path)?.[1];
    if (limit === undefined) {
      const full = `${name}: ${path.replace(/^suite\//, "")}`;
      if (passed) verdicts.pass(full, seconds);
      else verdicts.fail(full, output);
      if (!passed) before.failed++;
      continue;
    }
    const known = limits.find((each) => each.case === limit);
    if (known && passed) verdicts.known(`${name}: ${limit}`, known.reason);
    else
      verdicts.fail(`${name}: ${limit}`, known ? `limits.json is stale:\n${output}` : "limits.json does not say why");
    if (!passed) before.failed++;
  }
  // A panic, or a failure before the first case.
  if (cases.length === 0 || (exit !== "0" && before.failed === 0))
    verdicts.fail(name, `ended with ${exit}:\n${log.slice(-4_000)}`);
}
