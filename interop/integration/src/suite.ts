import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { basename } from "node:path";

import type { Binaries } from "./build.ts";
import { ownNetwork } from "./own-network.ts";
import { type CaseResult, readSuite } from "./stream.ts";

export interface SuiteRun {
  readonly binaries: Binaries;
  /** The daemon under test; the suite starts one a case. */
  readonly daemon: string;
  /** Where the suite and its daemons run: the host finds packages from there. */
  readonly cwd: string;
  readonly parallel: number;
  readonly onResult: (result: CaseResult) => void;
}

/** Every case the suite has, in its order. */
export async function listCases({ binaries, cwd }: Pick<SuiteRun, "binaries" | "cwd">): Promise<string[]> {
  const names: string[] = [];
  const code = await suite(binaries.suite, ["-test.run", "^TestList$"], cwd, {}, (line) => {
    const name = /^case\t(.+)$/.exec(line)?.[1];
    if (name) names.push(name);
  });
  if (code !== 0 || names.length === 0) throw new Error(`${binaries.suite} lists no cases (exit code ${code})`);
  return names;
}

/**
 * Runs cases; a panic in one ends the suite's process, so those it took with it are run again, each in a process of its own.
 */
export async function runCases(names: readonly string[], run: SuiteRun): Promise<ReadonlyMap<string, CaseResult>> {
  const results = new Map<string, CaseResult>();
  // Some dozens a process: its log stays small, and a panic takes few along.
  for (let at = 0; at < names.length; at += batchSize) {
    const batch = names.slice(at, at + batchSize);
    await runBatch(batch, run, results);
    const lost = batch.filter((name) => !results.has(name));
    for (const name of lost) {
      await runBatch([name], run, results);
      if (results.has(name)) continue;
      const result = {
        name,
        passed: false,
        seconds: 0,
        usedDaemon: false,
        output: ["the suite ended in the middle of it"],
      };
      results.set(name, result);
      run.onResult(result);
    }
  }
  return results;
}

const batchSize = 60;

async function runBatch(names: readonly string[], run: SuiteRun, results: Map<string, CaseResult>): Promise<void> {
  const stream = readSuite(basename(run.daemon), (result) => {
    results.set(result.name, result);
    run.onResult(result);
  });
  const focus = `^(${names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})$`;
  const words = ["-test.run", "^TestIntegration$", "-test.v=test2json", "-test.timeout", "60m", "-focus", focus];
  await suite(
    run.binaries.suite,
    [...words, "-test.parallel", String(run.parallel)],
    run.cwd,
    places(run),
    stream.line,
  );
}

/** The programs of suites that are not run here may be any file. */
function places({ binaries, daemon }: SuiteRun): Record<string, string> {
  const programs = { daprd: daemon, ...binaries.neighbours };
  const absent = ["operator", "injector", "helmtemplate", "mcpstdioserver", "controllergen"];
  return Object.fromEntries([
    ...Object.entries(programs).map(([name, path]) => [`DAPR_INTEGRATION_${name.toUpperCase()}_PATH`, path]),
    ...absent.map((name) => [`DAPR_INTEGRATION_${name.toUpperCase()}_PATH`, "/bin/true"]),
  ]);
}

const longestSilenceMs = 120_000;

/** Asked once. */
let entered: readonly string[] | undefined;
function network(): readonly string[] {
  return (entered ??= ownNetwork() ?? []);
}

async function suite(
  program: string,
  words: readonly string[],
  cwd: string,
  environment: Record<string, string>,
  onLine: (line: string) => void,
): Promise<number> {
  const [command, ...rest] = [...network(), program, ...words];
  const child = spawn(command!, rest, {
    cwd,
    // Dapr's programs look for the machine's address, and find none in a network of their own.
    env: { ...process.env, NODE_OPTIONS: "", DAPR_HOST_IP: "127.0.0.1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: whatever happens, no daemon stays behind.
    detached: true,
  });
  const killGroup = (): void => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // Nobody is left.
    }
  };
  const interrupted = (): void => {
    killGroup();
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  // A case that waits for what never comes would hold up all the others: it has no time limit of its own.
  let watchdog: NodeJS.Timeout | undefined;
  const heard = (line: string): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(killGroup, longestSilenceMs);
    onLine(line);
  };
  createInterface({ input: child.stderr }).on("line", heard);
  createInterface({ input: child.stdout }).on("line", heard);
  try {
    return await ended;
  } finally {
    clearTimeout(watchdog);
    killGroup();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, interrupted);
  }
}
