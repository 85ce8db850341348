import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export type Kind = "state" | "pubsub" | "bindings" | "secretstores";

/** What components-contrib says its suite asks of one of its own components. */
export interface UpstreamRow {
  readonly operations: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

/** The row of a component in the matrix that comes with the suites, in the folder of Go's module cache. Throws when there is none. */
export function upstreamRow(module: string, kind: Kind, component: string, profile?: string): UpstreamRow {
  const file = join(module, "tests", "config", kind, "tests.yml");
  const { components } = parse(readFileSync(file, "utf8")) as { components: readonly Row[] };
  const row = components.find((each) => each.component === component && each.profile === profile);
  if (row === undefined) throw new Error(`${file} has no row ${component} ${profile ?? ""}`);
  return { operations: row.operations ?? [], config: row.config ?? {} };
}

interface Row extends Partial<UpstreamRow> {
  readonly component: string;
  readonly profile?: string;
}
