import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { daprVersion, neighbours } from "./versions.ts";

export interface Binaries {
  readonly suite: string;
  readonly neighbours: Readonly<Record<(typeof neighbours)[number], string>>;
}

/**
 * The suite and the programs it needs, built into the cache by the first run: five CPU minutes from nothing.
 * Throws when Go is missing or fails.
 */
export function buildBinaries(module: string, say: (line: string) => void): Binaries {
  const programs = cacheFolder(`dapr-suite-${daprVersion}`);
  // A change of our own test file must not be judged by the binary of before.
  const suites = cacheFolder(join(`dapr-suite-${daprVersion}`, `suite-${moduleHash(module)}`));
  const build = (target: string, command: readonly string[], what: string): string => {
    if (existsSync(target)) return target;
    say(`building ${target}`);
    const began = performance.now();
    const part = `${target}.part-${process.pid}`;
    go([...command, "-o", part, what], module);
    renameSync(part, target);
    say(`built ${target} in ${Math.round((performance.now() - began) / 1000)} s`);
    return target;
  };
  const suite = build(join(suites, "integration.test"), ["test", "-c", "-tags", "integration"], ".");
  const program = (name: string): string => build(join(programs, name), ["build"], `github.com/dapr/dapr/cmd/${name}`);
  return {
    suite,
    neighbours: { placement: program("placement"), scheduler: program("scheduler"), sentry: program("sentry") },
  };
}

export function cacheFolder(name: string): string {
  const folder = join(process.env.TRILBY_CACHE ?? join(homedir(), ".cache", "trilby"), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function moduleHash(module: string): string {
  const hash = createHash("sha256");
  for (const name of ["go.mod", "go.sum", "integration_test.go"]) hash.update(readFileSync(join(module, name)));
  return hash.digest("hex").slice(0, 12);
}

function go(words: readonly string[], cwd: string): void {
  const { status, error } = spawnSync("nice", ["go", ...words], {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-buildvcs=false" },
  });
  if (error) throw new Error("go could not be started; install Go 1.26", { cause: error });
  if (status !== 0) throw new Error(`go ${words.join(" ")} ended with ${status}`);
}
