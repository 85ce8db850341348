import { randomBytes } from "node:crypto";
import type { Kind } from "@trilby/kit";
import { whyNot } from "./applies.ts";
import type { Case } from "./case.ts";
import type { FactsOf } from "./facts.ts";
import type { Verdict } from "./verdict.ts";
import type { BackendControl, Opened, PlacementName, Session, World } from "./world.ts";

export interface Surroundings<K extends Kind> {
  readonly placement: PlacementName;
  readonly abilities: ReadonlySet<string>;
  readonly facts: FactsOf[K];
  readonly backend?: BackendControl | undefined;
  /** Why a case is accepted to fail, by its id. */
  readonly known?: Readonly<Record<string, string>> | undefined;
}

/** Runs one case once. Never rejects: whatever happens is the verdict. */
export async function runCase<K extends Kind>(
  testCase: Case<K>,
  session: Session<K>,
  surroundings: Surroundings<K>,
): Promise<Verdict> {
  const { id, class: caseClass } = testCase;
  const skip = whyNot(testCase, session.features, surroundings.abilities, surroundings.facts);
  if (skip !== undefined) return { id, class: caseClass, outcome: "skipped", durationMs: 0, reason: skip };

  const figures: Record<string, number> = {};
  const opened: Opened<K>[] = [];
  const world = createWorld(session, surroundings, figures, opened);
  const started = performance.now();
  const error = await withinTime(testCase, world);
  await Promise.allSettled(opened.map((each) => each.close()));
  const durationMs = Math.round(performance.now() - started);

  const measured = Object.keys(figures).length > 0 ? { figures } : {};
  const reason = surroundings.known?.[id];
  const base = { id, class: caseClass, durationMs, ...(reason === undefined ? {} : { reason }), ...measured };
  if (error === undefined) return { ...base, outcome: reason === undefined ? "passed" : "fixed" };
  return { ...base, outcome: reason === undefined ? "failed" : "known", error: describe(error) };
}

function createWorld<K extends Kind>(
  { instance, features, properties, process, wire, open }: Session<K>,
  { placement, facts, backend }: Surroundings<K>,
  figures: Record<string, number>,
  opened: Opened<K>[],
): World<K> {
  return {
    placement,
    instance,
    features,
    facts,
    properties,
    backend,
    process,
    wire,
    unique: (word) => `${word}-${randomBytes(6).toString("hex")}`,
    async open(settings) {
      const one = await open(settings);
      opened.push(one);
      return one;
    },
    measured(name, value) {
      figures[name] = value;
    },
  };
}

async function withinTime<K extends Kind>(testCase: Case<K>, world: World<K>): Promise<unknown> {
  const timeoutMs = testCase.timeoutMs ?? 30_000;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Error>((resolve) => {
    timer = setTimeout(() => resolve(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
  });
  const done = async (): Promise<undefined> => {
    await testCase.run(world);
    return undefined;
  };
  try {
    return await Promise.race([done(), late]);
  } catch (error) {
    return error ?? new Error("the case threw nothing");
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): { message: string; stack?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  return error.stack === undefined ? { message: error.message } : { message: error.message, stack: error.stack };
}
