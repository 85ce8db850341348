import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, NotBuilt } from "./cache.ts";

/**
 * The program that the Go module in `folder` builds, from the cache when the module did not change. `words` go between `go` and
 * `-o`: `["build"]` or `["test", "-c"]`. `path` is another package that the module requires, as a tool.
 */
export function buildGo(name: string, folder: string, words: readonly string[], path = "."): string {
  const versions = cacheFolder(`judge-${name}`);
  const key = hashOf(folder);
  const target = join(versions, key);
  if (existsSync(target)) return target;
  console.log(`     building ${name} with Go, which takes minutes the first time`);
  const started = performance.now();
  const part = join(versions, `part-${process.pid}`);
  go([...words, "-o", part, path], folder);
  for (const old of readdirSync(versions).filter((each) => !each.startsWith("part-"))) rmSync(join(versions, old));
  renameSync(part, target);
  console.log(`     built ${name} in ${Math.round((performance.now() - started) / 1_000)} s`);
  return target;
}

/** Runs the go tool to its end, politely, and hands out what it printed. Throws `NotBuilt` where there is none. */
export function go(words: readonly string[], folder: string): string {
  const { status, error, stdout } = spawnSync("nice", ["go", ...words], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PATH: `${process.env["PATH"]}:/usr/local/go/bin`,
      CGO_ENABLED: "0",
      GOTOOLCHAIN: "local",
      GOFLAGS: "-buildvcs=false",
    },
  });
  // 127: nice found no such program.
  if (error || status === 127) throw new NotBuilt("there is no go in PATH: install Go 1.26");
  if (status !== 0) throw new Error(`go ${words.join(" ")} in ${folder} ended with ${status}`);
  return stdout.trim();
}

function hashOf(folder: string): string {
  const hash = createHash("sha256").update(process.arch);
  const names = readdirSync(folder).filter((name) => name.endsWith(".go") || name === "go.mod" || name === "go.sum");
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 16);
}
