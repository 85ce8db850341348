/**
 * What became of one case.
 * - passed, failed: it ran;
 * - skipped: it does not apply (`reason` names the feature or ability); its opposite ran;
 * - known: it failed, and a written reason says why that is accepted;
 * - fixed: a written reason says it fails, and yet it passed. Counts as a failure: the reason must go.
 */
export type Outcome = "passed" | "failed" | "skipped" | "known" | "fixed";

export interface Verdict {
  readonly id: string;
  readonly class: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly reason?: string;
  readonly error?: { readonly message: string; readonly stack?: string };
  /** Measured values of a `figure` case, with units in their names. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** True when a certificate may be written. */
export function certified(verdicts: readonly Verdict[]): boolean {
  return verdicts.length > 0 && verdicts.every(({ outcome }) => outcome !== "failed" && outcome !== "fixed");
}
