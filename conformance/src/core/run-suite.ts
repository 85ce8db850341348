import type { Kind } from "@trilby/kit";
import { belongsTo, whyNot } from "./applies.ts";
import { runsAlone, type Case } from "./case.ts";
import { runCase, type Surroundings } from "./run-case.ts";
import type { Verdict } from "./verdict.ts";
import type { BackendControl, Placement, Session } from "./world.ts";

export interface SuiteSettings<K extends Kind> extends Omit<Surroundings<K>, "placement" | "abilities"> {
  readonly cases: readonly Case<K>[];
  readonly placement: Placement<K>;
  /** Cases at once, of those that may share a session. Default 16. */
  readonly concurrency?: number;
  readonly onVerdict?: (verdict: Verdict) => void;
  /** Called once, with the features that the component names. */
  readonly onStart?: (features: readonly string[]) => void;
}

/**
 * Runs every case that belongs to the placement, and gives the verdicts in the order of the cases. Rejects only when the
 * component could not be started.
 */
export async function runSuite<K extends Kind>({
  cases,
  placement,
  concurrency = 16,
  onVerdict = () => {},
  onStart = () => {},
  ...rest
}: SuiteSettings<K>): Promise<Verdict[]> {
  const surroundings = { ...rest, placement: placement.name, abilities: abilitiesOf(placement, rest.backend) };
  const listed = cases.filter((each) => belongsTo(each, placement.name));
  const verdicts = new Map<string, Verdict>();
  const keep = (verdict: Verdict): void => {
    verdicts.set(verdict.id, verdict);
    onVerdict(verdict);
  };

  const session = await placement.start();
  const { features } = session;
  onStart(features);
  try {
    const waiting = listed.filter((each) => !runsAlone(each)).values();
    const worker = async (): Promise<void> => {
      for (const each of waiting) keep(await runCase(each, session, surroundings));
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    await session.close();
  }
  for (const each of listed.filter(runsAlone)) keep(await runAlone(each, placement, features, surroundings));
  return listed.map(({ id }) => verdicts.get(id)!);
}

/** In a session of its own; the backend is put right afterwards. */
export async function runAlone<K extends Kind>(
  testCase: Case<K>,
  placement: Placement<K>,
  features: readonly string[],
  surroundings: Surroundings<K>,
): Promise<Verdict> {
  const idle = { features } as Session<K>;
  if (whyNot(testCase, features, surroundings.abilities, surroundings.facts) !== undefined) {
    return runCase(testCase, idle, surroundings);
  }
  const session = await placement.start();
  try {
    return await runCase(testCase, session, surroundings);
  } finally {
    await putRight(testCase, surroundings.backend);
    await session.close();
  }
}

export function abilitiesOf(
  placement: Pick<Placement, "abilities">,
  backend: BackendControl | undefined,
): ReadonlySet<string> {
  return new Set([...placement.abilities, ...(backend ? ["stop-backend", "slow-backend"] : [])]);
}

async function putRight(
  testCase: Pick<Case, "class" | "abilities">,
  backend: BackendControl | undefined,
): Promise<void> {
  if (!backend || testCase.class !== "fault") return;
  if (testCase.abilities?.includes("slow-backend")) await backend.resume();
  if (testCase.abilities?.includes("stop-backend")) await backend.restart();
}
