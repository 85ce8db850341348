import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ComponentDefinition, Kind } from "@trilby/kit";
import { afterAll, beforeAll, describe, test, type TestContext } from "vitest";
import { featuresOf } from "./core/binding-halves.ts";
import { belongsTo, whyNot } from "./core/applies.ts";
import { runsAlone, type Case } from "./core/case.ts";
import { defaultFacts, type FactsOf } from "./core/facts.ts";
import { runCase, type Surroundings } from "./core/run-case.ts";
import { abilitiesOf, runAlone } from "./core/run-suite.ts";
import type { Verdict } from "./core/verdict.ts";
import type { BackendControl, Placement, PlacementName, Session } from "./core/world.ts";
import { childProcess } from "./placements/child-process.ts";
import { inProcess } from "./placements/in-process.ts";
import { readSettings } from "./settings.ts";
import { casesOf } from "./suites.ts";

export interface ConformSettings<K extends Kind> {
  /** The component's folder, as `new URL("..", import.meta.url)`: it holds `src/main.ts` and, if any, `conformance.yaml`. */
  readonly package: URL;
  /** The component's metadata, as in its YAML. */
  readonly properties: Readonly<Record<string, string>>;
  /** Features with this backend, where they depend on it. Default: those of the declaration. */
  readonly features?: readonly string[];
  /** Facts that are known only now, over those of `conformance.yaml`. */
  readonly facts?: Partial<FactsOf[K]>;
  /** The backend, when the suite may break it. */
  readonly backend?: BackendControl;
  /** Environment of the component's process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: both. */
  readonly placements?: readonly PlacementName[];
}

/** Registers one test for each case and placement. */
export function conform<D extends ComponentDefinition>(definition: D, settings: ConformSettings<D["kind"]>): void {
  type K = D["kind"];
  const { properties, backend, environment = {}, placements = ["in-process", "socket"] } = settings;
  const kind: K = definition.kind;
  const folder = fileURLToPath(settings.package);
  const written = readSettings(
    folder,
    kind,
    casesOf(kind).map(({ id }) => id),
  );
  const features = settings.features ?? featuresOf(definition);
  const facts = { ...defaultFacts[kind], ...written.facts, ...settings.facts } as FactsOf[K];
  const only = `${definition.type}/${definition.version}`;
  const main = [process.execPath, "--conditions=@trilby/source", join(folder, "src", "main.ts")];
  const command = [...main, "--only", only, "--socket", "{socket}"];
  const made: { readonly [Name in PlacementName]: () => Placement<K> } = {
    "in-process": () => inProcess<K>(definition as never, properties),
    socket: () => childProcess<K>({ kind, properties, command, environment }),
  };
  for (const name of placements) {
    describe(`${definition.type} ${name === "socket" ? "over its socket" : "in-process"}`, () => {
      register(casesOf(kind), made[name](), { facts, features, backend, known: written.known });
    });
  }
}

function register<K extends Kind>(
  cases: readonly Case<K>[],
  placement: Placement<K>,
  {
    features,
    ...settings
  }: Omit<Surroundings<K>, "placement" | "abilities"> & { readonly features: readonly string[] },
): void {
  const abilities = abilitiesOf(placement, settings.backend);
  const surroundings = { ...settings, placement: placement.name, abilities };
  // What does not apply is not registered; a certificate lists it with its reason.
  const listed = cases
    .filter((each) => belongsTo(each, placement.name))
    .filter((each) => whyNot(each, features, abilities, settings.facts) === undefined);

  describe.concurrent("side by side", () => {
    let session: Session<K>;
    beforeAll(async () => {
      session = await placement.start();
    });
    afterAll(() => session?.close());
    test("names the features that are checked", () => {
      assert.deepEqual([...session.features].sort(), [...features].sort());
    });
    for (const each of listed.filter((one) => !runsAlone(one))) {
      test(each.id, { timeout: testTimeoutMs(each) }, async (context) => {
        report(await runCase(each, session, surroundings), context);
      });
    }
  });
  const alone = listed.filter(runsAlone);
  if (alone.length === 0) return;
  describe("alone", () => {
    for (const each of alone) {
      test(each.id, { timeout: testTimeoutMs(each) }, async (context) => {
        report(await runAlone(each, placement, features, surroundings), context);
      });
    }
  });
}

/** The case's own time, and some for the component to start and the backend to come back. */
function testTimeoutMs({ timeoutMs = 30_000 }: Pick<Case, "timeoutMs">): number {
  return timeoutMs + 60_000;
}

function report({ outcome, reason, error, figures }: Verdict, { annotate, skip }: TestContext): void {
  if (figures) void annotate(JSON.stringify(figures), "figures");
  if (outcome === "skipped") skip(reason);
  if (outcome === "known") void annotate(`${reason} (${error?.message})`, "known");
  if (outcome === "fixed")
    throw new Error(`passes now, though it is listed as known: "${reason}". Take it off the list.`);
  if (outcome === "failed") {
    throw Object.assign(new Error(error?.message), error?.stack === undefined ? {} : { stack: error.stack });
  }
}
