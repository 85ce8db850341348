import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, dirname, join } from "node:path";
import { daprd, root } from "@trilby/interop-judging";
import type { Verdict } from "../marks.ts";
import type { Pace, RowResult } from "../rounds.ts";

/** All that is published. */
export interface Report {
  /** Year, month and day. */
  readonly date: string;
  readonly machine: { readonly cores: number; readonly cpu: string };
  readonly versions: Readonly<Record<string, string>>;
  readonly pace: Pace;
  readonly groups: readonly { readonly title: string; readonly rows: readonly RowResult[] }[];
  readonly verdicts: readonly Verdict[];
}

export function createReport(measured: Pick<Report, "pace" | "groups" | "verdicts">): Report {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { cores: processors.length, cpu: processors[0]?.model ?? "unknown" },
    versions: versions(),
    ...measured,
  };
}

/** Its rows in one list. */
export function rowsOf({ groups }: Report): readonly RowResult[] {
  return groups.flatMap(({ rows }) => rows);
}

function versions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(join(root, "host", "package.json"), "utf8")) as { version: string };
  const commit = firstLine("git", ["-C", root, "rev-parse", "--short=10", "HEAD"]);
  return {
    trilbyd: commit === undefined ? version : `${version} (${commit})`,
    // Its folder in the cache has the version; what it says of itself depends on how it was built.
    daprd: basename(dirname(daprd().program)).replace("daprd-", ""),
    node: process.versions.node,
    redis: /v=(\S+)/.exec(firstLine("redis-server", ["--version"]) ?? "")?.[1] ?? "unknown",
    go: /go(\d\S*)/.exec(firstLine("go", ["version"]) ?? "")?.[1] ?? "unknown",
  };
}

function firstLine(program: string, words: readonly string[]): string | undefined {
  const { stdout, error } = spawnSync(program, words, {
    encoding: "utf8",
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/local/go/bin` },
  });
  return error ? undefined : stdout.split("\n")[0]?.trim();
}
