import assert from "node:assert/strict";
import type { Kind } from "@trilby/kit";
import { describe, test } from "vitest";
import type { Case } from "../../src/core/case.ts";
import type { FactsOf } from "../../src/core/facts.ts";
import type { BackendControl } from "../../src/core/world.ts";
import { runAgainst, type Mutant, type Reference } from "./mutant.ts";

/**
 * Proves three things: a right component passes every case, every mutant is caught by each case it names, and every case
 * catches at least one mutant.
 */
export function prove<K extends Kind, B extends BackendControl>(
  all: readonly Case<K>[],
  reference: Reference<K, B>,
  mutants: readonly Mutant<K, B>[],
  /** Other facts of a component without features. */
  plainFacts: Partial<FactsOf[K]> = {},
): void {
  const cases = all.filter(({ abilities = [] }) => !abilities.includes("wire"));
  const byId = new Map(cases.map((each) => [each.id, each]));

  describe.concurrent("a right component", () => {
    for (const testCase of cases) {
      test(`passes ${testCase.id}`, { timeout: 60_000 }, async () => {
        const { outcome, error } = await runAgainst(testCase, reference, plainFor(testCase));
        assert.equal(outcome, "passed", error?.stack ?? outcome);
      });
    }
  });

  describe.concurrent("a component that", () => {
    for (const mutant of mutants) {
      test(`${mutant.name} is caught`, { timeout: 60_000 }, async () => {
        assert.ok(mutant.caughtBy.length > 0, "no case is named");
        await Promise.all(
          mutant.caughtBy.map(async (id) => {
            const testCase = byId.get(id);
            assert.ok(testCase, `there is no case ${id}`);
            const { outcome, error } = await runAgainst(testCase, reference, mutant);
            assert.equal(outcome, "failed", `${id} did not catch it (${outcome})`);
            assert.doesNotMatch(
              error!.message,
              /is not a function|is not defined|of undefined/,
              "the mutant itself is broken",
            );
          }),
        );
      });
    }
  });

  test("every case catches a mutant", () => {
    const caught = new Set(mutants.flatMap(({ caughtBy }) => caughtBy));
    const idle = cases.map(({ id }) => id).filter((id) => !caught.has(id));
    assert.deepEqual(idle, [], "these cases catch nothing, so nobody knows whether they can fail");
  });

  test("every id is a sentence, and stands once", () => {
    const ids = all.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, "an id stands twice");
    for (const id of ids) assert.match(id, /^[a-z]+\/[a-z0-9.-]+$/);
  });

  test("every feature that a case needs has an opposite", () => {
    const needed = new Set(all.flatMap(({ needs = [] }) => needs));
    const opposed = new Set(all.flatMap(({ lacks = [] }) => lacks));
    assert.deepEqual(
      [...needed].filter((feature) => !opposed.has(feature)),
      [],
    );
  });

  /** A case about an undeclared feature is passed by a component without that feature. */
  function plainFor({ lacks }: Case<K>): Mutant<K, B> | undefined {
    if (!lacks) return undefined;
    const features = reference.features.filter((feature) => !lacks.includes(feature));
    return { name: "", caughtBy: [], features, facts: plainFacts };
  }
}
