import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import type { Kind, Status } from "@trilby/kit";
import { certified, type Outcome, type Verdict } from "../core/verdict.ts";
import type { PlacementName } from "../core/world.ts";

/** All that is known after a run: what was run, and every verdict. */
export interface Report {
  readonly component: ComponentFacts;
  readonly package?: { readonly name: string; readonly version: string };
  readonly suite: { readonly name: string; readonly version: string };
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Facts of the backend that the cases were given. */
  readonly facts: object;
  readonly placements: readonly PlacementReport[];
}

export interface ComponentFacts {
  readonly type: string;
  readonly version: string;
  readonly kind: Kind;
  /** Where one component is certified in several ways, which one this is. */
  readonly variant?: string;
  readonly title?: string;
  readonly description?: string;
  readonly status?: Status;
  readonly features: readonly string[];
}

export interface PlacementReport {
  readonly name: PlacementName;
  readonly verdicts: readonly Verdict[];
}

export function isCertified({ placements }: Pick<Report, "placements">): boolean {
  return placements.length > 0 && placements.every(({ verdicts }) => certified(verdicts));
}

export function countOutcomes(verdicts: readonly Verdict[]): Record<Outcome, number> {
  const count = { passed: 0, failed: 0, skipped: 0, known: 0, fixed: 0 };
  for (const { outcome } of verdicts) count[outcome]++;
  return count;
}

/** Facts as anybody may see them: of secrets, only their names. */
export function shownFacts(facts: object): object {
  const { secrets } = facts as { readonly secrets?: Readonly<Record<string, object>> };
  if (secrets === undefined) return facts;
  return {
    ...facts,
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, Object.keys(secret)])),
  };
}

/** Name and version of this package. */
export function suiteFacts(): Report["suite"] {
  const { name, version } = JSON.parse(readFileSync(findPackageJSON(import.meta.url)!, "utf8"));
  return { name, version };
}

/** As in "12 passed, 3 skipped"; outcomes that did not happen are left out. */
export function countsInWords(verdicts: readonly Verdict[]): string {
  const count = countOutcomes(verdicts);
  return (Object.keys(count) as Outcome[])
    .filter((outcome) => count[outcome] > 0 || outcome === "passed")
    .map((outcome) => `${count[outcome]} ${outcome}`)
    .join(", ");
}
