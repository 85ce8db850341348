import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ComponentDefinition } from "@trilby/kit";
import type { Verdict } from "../core/verdict.ts";
import type { PlacementName } from "../core/world.ts";
import { certificateFile, certificateText, createCertificate, type Certificate } from "./certificate.ts";
import { isCertified, shownFacts, suiteFacts } from "./report.ts";

/** Verdicts that come one by one out of a test runner, until they make a certificate. */
export interface CertificateCollector {
  keep(placement: PlacementName, verdict: Verdict): void;
  /** Writes the package's `certificate.json`, with the other certificates of this process; nothing when a case is missing or failed. */
  write(): void;
}

export interface Collected {
  readonly folder: string;
  readonly definition: ComponentDefinition;
  readonly variant: string | undefined;
  readonly features: readonly string[];
  readonly facts: object;
  /** What each placement has to run, in order; `skipped` verdicts stand for what does not apply. */
  readonly expected: readonly { readonly name: PlacementName; readonly cases: readonly (string | Verdict)[] }[];
}

export function collectCertificate({
  folder,
  definition,
  variant,
  features,
  facts,
  expected,
}: Collected): CertificateCollector {
  const started = new Date();
  const verdicts = new Map<string, Verdict>();
  return {
    keep: (placement, verdict) => void verdicts.set(`${placement} ${verdict.id}`, verdict),
    write() {
      const placements = expected.map(({ name, cases }) => ({
        name,
        verdicts: cases.flatMap((each) => (typeof each === "string" ? (verdicts.get(`${name} ${each}`) ?? []) : each)),
      }));
      const complete = placements.every((each, index) => each.verdicts.length === expected[index]!.cases.length);
      const { type, version, kind, title, description, status } = definition;
      const report = {
        component: {
          type,
          version,
          kind,
          ...(variant === undefined ? {} : { variant }),
          title,
          description,
          status,
          features,
        },
        package: packageFacts(folder),
        suite: suiteFacts(),
        startedAt: started.toISOString(),
        durationMs: Date.now() - started.getTime(),
        facts: shownFacts(facts),
        placements,
      };
      if (!complete || !isCertified(report)) return;
      const certificates = [...(written.get(folder) ?? []), createCertificate(report)];
      written.set(folder, certificates);
      writeFileSync(join(folder, certificateFile), certificateText(certificates));
    },
  };
}

/** One file holds all certificates of a package; those of earlier runs are replaced. */
const written = new Map<string, readonly Certificate[]>();

function packageFacts(folder: string): { name: string; version: string } {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { name, version };
}
