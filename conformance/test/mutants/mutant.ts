import { openComponent, type ComponentDefinition, type Kind, type OpenedInstanceOf } from "@trilby/kit";
import { ComponentError } from "@trilby/kit";
import { runsAlone, type Case } from "../../src/core/case.ts";
import { defaultFacts, type FactsOf } from "../../src/core/facts.ts";
import { runCase } from "../../src/core/run-case.ts";
import type { Verdict } from "../../src/core/verdict.ts";
import type { BackendControl, Opened, OpenSettings, Session } from "../../src/core/world.ts";

/** A component that is wrong in one way. */
export interface Mutant<K extends Kind, B extends BackendControl> {
  /** What is wrong, as a sentence about the component. */
  readonly name: string;
  /** The cases that must catch it. */
  readonly caughtBy: readonly string[];
  /** Declared features; default: all of the kind. */
  readonly features?: readonly string[];
  readonly facts?: Partial<FactsOf[K]>;
  /** The methods that are wrong, in place of the right ones. */
  readonly methods?: (right: OpenedInstanceOf[K], backend: B) => Partial<OpenedInstanceOf[K]>;
  /** What is wrong with opening. */
  readonly open?: (
    settings: OpenSettings,
    right: (settings: OpenSettings) => Promise<Opened<K>>,
    backend: B,
  ) => Promise<Opened<K>>;
}

export interface Reference<K extends Kind, B extends BackendControl> {
  readonly features: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly facts: Partial<FactsOf[K]>;
  createBackend(): B;
  define(backend: B, features: readonly string[]): Extract<ComponentDefinition, { kind: K }>;
}

/** Runs one case against the reference, or against a mutant of it, with a backend of its own. */
export async function runAgainst<K extends Kind, B extends BackendControl>(
  testCase: Case<K>,
  reference: Reference<K, B>,
  mutant?: Mutant<K, B>,
): Promise<Verdict> {
  const backend = reference.createBackend();
  const features = mutant?.features ?? reference.features;
  const facts = { ...defaultFacts[testCase.id.split("/")[0] as K], ...reference.facts, ...mutant?.facts };
  const session = await startSession(reference, backend, features, mutant);
  const abilities = new Set(["in-process", "kill-component", "stop-backend", "slow-backend"]);
  try {
    return await runCase(testCase, session, { placement: "in-process", abilities, facts, backend });
  } finally {
    if (runsAlone(testCase)) {
      await backend.resume();
      await backend.restart();
    }
    await session.close().catch(() => undefined);
  }
}

async function startSession<K extends Kind, B extends BackendControl>(
  reference: Reference<K, B>,
  backend: B,
  features: readonly string[],
  mutant: Mutant<K, B> | undefined,
): Promise<Session<K>> {
  const { properties } = reference;
  const definition = reference.define(backend, features);
  let killed = false;
  const open = async (settings: OpenSettings = {}): Promise<Opened<K>> => {
    const right = async ({ name = "reference", properties: wanted = properties }: OpenSettings): Promise<Opened<K>> => {
      const opened = (await openComponent(definition as ComponentDefinition, {
        name,
        properties: wanted,
      })) as unknown as Opened<K>;
      const wrong = mutant?.methods?.(opened.instance, backend) ?? {};
      return { ...opened, instance: mortal({ ...opened.instance, ...wrong }) };
    };
    return mutant?.open ? mutant.open(settings, right, backend) : right(settings);
  };
  // Until it is killed, an instance answers; afterwards its calls fail, and those under way are never answered.
  const mortal = (instance: OpenedInstanceOf[K]): OpenedInstanceOf[K] => {
    let dead = false;
    deaths.add(() => (dead = true));
    const gone = (): ComponentError => new ComponentError("unavailable", "the component was killed");
    const methods = Object.entries(instance).map(([name, method]) => {
      if (typeof method !== "function") return [name, method];
      const guarded = async (...words: unknown[]): Promise<unknown> => {
        if (dead) throw gone();
        const result = await method(...words);
        if (dead) throw gone();
        return result;
      };
      return [name, guarded];
    });
    return Object.fromEntries(methods) as OpenedInstanceOf[K];
  };
  const deaths = new Set<() => void>();
  const first = await open();
  return {
    ...first,
    features,
    properties,
    open,
    process: {
      async kill() {
        killed = true;
        for (const die of deaths) die();
        if ("abandonAll" in backend) (backend as unknown as { abandonAll(): void }).abandonAll();
      },
      async restart() {
        killed = false;
      },
      alive: () => !killed,
    },
  };
}
