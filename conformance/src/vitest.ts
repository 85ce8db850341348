import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
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
import { collectCertificate } from "./reports/collect-certificate.ts";
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
  /** Where one component is certified in several ways, which one this is. */
  readonly variant?: string;
  /** Default: both. */
  readonly placements?: readonly PlacementName[];
}

/**
 * Registers one test for each case and placement. With `TRILBY_CERTIFY=1` in the environment, a run in which all of them passed writes
 * the package's `certificate.json`.
 */
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
  const facts = { ...defaultFacts[kind], ...written.facts, ...settings.facts };
  const only = `${definition.type}/${definition.version}`;
  const command = [process.execPath, ...executableOf(folder), "--only", only, "--socket", "{socket}"];
  const made: { readonly [Name in PlacementName]: () => Placement<K> } = {
    "in-process": () => inProcess<K>(definition as never, properties),
    socket: () => childProcess<K>({ kind, properties, command, environment }),
  };
  const surroundings = { facts, features, backend, known: written.known };
  const planned = placements.map((name) => plan(casesOf(kind), made[name](), surroundings));
  const title = settings.variant === undefined ? definition.type : `${definition.type} (${settings.variant})`;
  const certificate = collectCertificate({
    folder,
    definition,
    features,
    facts,
    variant: settings.variant,
    expected: planned.map(expectedOf),
  });
  for (const [index, each] of planned.entries()) {
    describe(`${title} ${each.placement.name === "socket" ? "over its socket" : "in-process"}`, () => {
      register(each, (verdict) => certificate.keep(each.placement.name, verdict));
      if (process.env["TRILBY_CERTIFY"] === "1" && index === planned.length - 1) afterAll(() => certificate.write());
    });
  }
}

/** The sources where they are, else what is published. */
function executableOf(folder: string): string[] {
  const source = join(folder, "src", "main.ts");
  if (existsSync(source)) return ["--conditions=@trilby/source", source];
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin?: string | Record<string, string>;
  };
  const file = typeof bin === "string" ? bin : Object.values(bin ?? {})[0];
  if (file === undefined)
    throw new Error(`${folder} has neither src/main.ts nor a "bin" in its package.json to serve the component with`);
  return [join(folder, file)];
}

interface PlannedPlacement<K extends Kind> {
  readonly placement: Placement<K>;
  readonly surroundings: Surroundings<K>;
  readonly features: readonly string[];
  /** Cases that apply, and `skipped` verdicts of those that do not. */
  readonly cases: readonly (Case<K> | Verdict)[];
}

function plan<K extends Kind>(
  cases: readonly Case<K>[],
  placement: Placement<K>,
  {
    features,
    ...settings
  }: Omit<Surroundings<K>, "placement" | "abilities"> & { readonly features: readonly string[] },
): PlannedPlacement<K> {
  const abilities = abilitiesOf(placement, settings.backend);
  const applied = cases
    .filter((each) => belongsTo(each, placement.name))
    .map((each): Case<K> | Verdict => {
      const reason = whyNot(each, features, abilities, settings.facts);
      return reason === undefined
        ? each
        : { id: each.id, class: each.class, outcome: "skipped", durationMs: 0, reason };
    });
  return { placement, features, cases: applied, surroundings: { ...settings, placement: placement.name, abilities } };
}

function expectedOf<K extends Kind>({ placement, cases }: PlannedPlacement<K>) {
  return { name: placement.name, cases: cases.map((each) => ("run" in each ? each.id : each)) };
}

/** What does not apply is not registered: a certificate lists it with its reason. */
function register<K extends Kind>(
  { placement, features, cases, surroundings }: PlannedPlacement<K>,
  keep: (verdict: Verdict) => void,
): void {
  const applied = cases.filter((each): each is Case<K> => "run" in each);
  const judge = (verdict: Verdict, context: TestContext): void => {
    keep(verdict);
    report(verdict, context);
  };
  describe.concurrent("side by side", () => {
    let session: Session<K>;
    beforeAll(async () => {
      session = await placement.start();
    });
    afterAll(() => session?.close());
    test("names the features that are checked", () => {
      assert.deepEqual([...session.features].sort(), [...features].sort());
    });
    for (const each of applied.filter((one) => !runsAlone(one))) {
      test(each.id, { timeout: testTimeoutMs(each) }, async (context) => {
        judge(await runCase(each, session, surroundings), context);
      });
    }
  });
  const alone = applied.filter(runsAlone);
  if (alone.length === 0) return;
  describe("alone", () => {
    for (const each of alone) {
      test(each.id, { timeout: testTimeoutMs(each) }, async (context) => {
        judge(await runAlone(each, placement, features, surroundings), context);
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
