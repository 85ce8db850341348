import type { Outcome } from "../core/verdict.ts";
import type { PlacementName } from "../core/world.ts";
import { isCertified, type ComponentFacts, type Report } from "./report.ts";

/** What a certified package ships: who was certified, by which suite, when, and what became of every case. */
export interface Certificate {
  readonly component: ComponentFacts;
  readonly package?: Report["package"];
  readonly suite: Report["suite"];
  readonly date: string;
  readonly certified: boolean;
  readonly facts: object;
  readonly placements: Readonly<Partial<Record<PlacementName, CertifiedPlacement>>>;
}

export interface CertifiedPlacement {
  /** By id: the outcome, with its reason where it has one. */
  readonly cases: Readonly<Record<string, string>>;
  readonly figures: Readonly<Record<string, number>>;
}

/** The file holds one for each component of the package, and each way it was certified in. */
export interface CertificateFile {
  readonly certificates: readonly Certificate[];
}

export const certificateFile = "certificate.json";

export function createCertificate(report: Report): Certificate {
  const { component, suite, startedAt, facts, placements } = report;
  return {
    component,
    ...(report.package && { package: report.package }),
    suite,
    date: startedAt.slice(0, 10),
    certified: isCertified(report),
    facts,
    placements: Object.fromEntries(
      placements.map(({ name, verdicts }) => [
        name,
        {
          cases: Object.fromEntries(
            verdicts.map(({ id, outcome, reason }) => [id, reason === undefined ? outcome : `${outcome}: ${reason}`]),
          ),
          figures: Object.assign({}, ...verdicts.map(({ figures }) => figures ?? {})),
        },
      ]),
    ),
  };
}

export function certificateText(certificates: readonly Certificate[]): string {
  return `${JSON.stringify({ certificates } satisfies CertificateFile, null, 2)}\n`;
}

/** How many cases ended how, in one placement of a certificate. */
export function countCases({ cases }: CertifiedPlacement): Record<Outcome, number> {
  const count = { passed: 0, failed: 0, skipped: 0, known: 0, fixed: 0 };
  for (const verdict of Object.values(cases)) count[verdict.split(":")[0] as Outcome]++;
  return count;
}
