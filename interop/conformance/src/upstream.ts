import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { JudgedRow } from "./rows.ts";

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

const measuredFile = new URL("../upstream.json", import.meta.url);

type Measured = Readonly<Record<string, readonly string[]>>;

/** The cases that Dapr's own component was seen to pass, as measured with --upstream. */
export function upstreamCases({ kind, upstream }: Pick<JudgedRow, "kind" | "upstream">): readonly string[] {
  const cases = readMeasured()[nameOf(kind, upstream)];
  if (cases === undefined) throw new Error(`upstream.json does not know ${nameOf(kind, upstream)}: run.ts --upstream`);
  return cases;
}

export function writeUpstreamCases({ kind, upstream }: Pick<JudgedRow, "kind" | "upstream">, cases: string[]): void {
  const next = { ...readMeasured(), [nameOf(kind, upstream)]: cases };
  const sorted = Object.fromEntries(Object.entries(next).sort(([one], [other]) => (one < other ? -1 : 1)));
  writeFileSync(measuredFile, `${JSON.stringify(sorted, null, 2)}\n`);
}

function readMeasured(): Measured {
  return existsSync(measuredFile) ? (JSON.parse(readFileSync(measuredFile, "utf8")) as Measured) : {};
}

function nameOf(kind: Kind, [component, profile]: JudgedRow["upstream"]): string {
  return [kind, component, profile].filter(Boolean).join("/");
}
