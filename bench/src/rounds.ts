import type { Group, Row } from "./row.ts";
import { type MetricName, metricNames, type Sample } from "./sample.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { createWorld } from "./world.ts";

export interface Pace {
  readonly rounds: number;
  /** Of each subject in each round. */
  readonly seconds: number;
  readonly warmSeconds: number;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly baseline: string;
  readonly subjects: Readonly<Record<string, SubjectResult>>;
}

export interface SubjectResult {
  readonly figures: Partial<Record<MetricName, Spread>>;
  /** Of each round's figure to the baseline's in the same round. */
  readonly ratios: Partial<Record<MetricName, Spread>>;
  /** Round by round. */
  readonly samples: readonly Sample[];
  /** Why there are no figures. */
  readonly failed?: string;
}

/** Measures a group's rows, one after the other; hands each out when it is done. */
export async function measureGroup(group: Group, pace: Pace, done: (result: RowResult) => void): Promise<void> {
  const world = createWorld();
  try {
    for (const row of group.rows) {
      const samples = new Map<string, Sample[]>();
      const failures = new Map<string, string>();
      const measure = async (name: string, seconds: number, warmSeconds: number): Promise<Sample | undefined> => {
        if (failures.has(name)) return undefined;
        try {
          return await row.subjects[name]!(world, { seconds, warmSeconds });
        } catch (error) {
          failures.set(name, inWords(error));
          return undefined;
        }
      };
      const names = Object.keys(row.subjects);
      // Starts everything, compiles the hot paths, fills the caches: of no account.
      if (row.cold !== true) for (const name of names) await measure(name, pace.seconds / 2, pace.seconds / 2);
      const { rounds, warmSeconds } = paceOf(row, pace);
      for (let round = 0; round < rounds; round++) {
        // Each round goes the other way round, so that nobody is always measured after the same neighbour.
        for (const name of round % 2 === 0 ? names : names.toReversed()) {
          const sample = await measure(name, pace.seconds, warmSeconds);
          if (sample !== undefined) samples.set(name, [...(samples.get(name) ?? []), sample]);
        }
      }
      done(resultOf(row, samples, failures));
    }
  } finally {
    await world.close();
  }
}

function paceOf({ noise }: Row, { rounds, seconds, warmSeconds }: Pace): Pick<Pace, "rounds" | "warmSeconds"> {
  if (noise === "chance") return { rounds: rounds * 2, warmSeconds: Math.max(warmSeconds, seconds / 2) };
  return { rounds: noise === "none" ? Math.ceil(rounds / 3) : rounds, warmSeconds };
}

function resultOf(
  { id, title, about, baseline, subjects }: Row,
  samples: ReadonlyMap<string, readonly Sample[]>,
  failures: ReadonlyMap<string, string>,
): RowResult {
  const base = failures.has(baseline) ? [] : (samples.get(baseline) ?? []);
  const results: Record<string, SubjectResult> = {};
  for (const name of Object.keys(subjects)) {
    const failed = failures.get(name);
    const own = samples.get(name) ?? [];
    results[name] =
      failed === undefined
        ? {
            samples: own,
            figures: overRounds((metric) => own.map((sample) => sample[metric])),
            ratios: overRounds((metric) => own.map((sample, round) => ratio(sample[metric], base[round]?.[metric]))),
          }
        : { samples: [], figures: {}, ratios: {}, failed };
  }
  return { id, title, about, baseline, subjects: results };
}

function overRounds(
  valuesOf: (metric: MetricName) => readonly (number | undefined)[],
): Partial<Record<MetricName, Spread>> {
  const all: Partial<Record<MetricName, Spread>> = {};
  for (const metric of metricNames) {
    const values = valuesOf(metric).filter((value) => value !== undefined);
    if (values.length > 0) all[metric] = spreadOf(values);
  }
  return all;
}

export function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined || other === 0 ? undefined : one / other;
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${inWords(error.cause)})`;
}
