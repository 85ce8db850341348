import { expect, test } from "vitest";
import type { Case } from "../src/core/case.ts";
import { defaultFacts } from "../src/core/facts.ts";
import { runSuite } from "../src/core/run-suite.ts";
import { certified, type Verdict } from "../src/core/verdict.ts";
import { inProcess } from "../src/placements/in-process.ts";
import { StateBackend, referenceStateStore } from "./reference/state.ts";

const placement = inProcess<"state">(referenceStateStore(new StateBackend(), ["ETAG"]), {});
const run = (cases: Case<"state">[], known: Record<string, string> = {}, concurrency = 4): Promise<Verdict[]> =>
  runSuite({ cases, placement, facts: defaultFacts.state, known, concurrency });
const of = (id: string, body: Case<"state">["run"], extras: Partial<Case<"state">> = {}): Case<"state"> => ({
  id,
  class: "functional",
  run: body,
  ...extras,
});
const fail = async (): Promise<void> => {
  throw new Error("it is wrong");
};
const pass = async (): Promise<void> => {};

test("every outcome there is", async () => {
  const verdicts = await run(
    [
      of("passed", pass),
      of("failed", fail),
      of("known", fail),
      of("fixed", pass),
      of("needs", fail, { needs: ["TTL"] }),
      of("lacks", fail, { lacks: ["ETAG"] }),
      of("unable", fail, { abilities: ["stop-backend"] }),
      of("unless", fail, { unless: () => "not here" }),
    ],
    { known: "the server has a bug", fixed: "the server had a bug" },
  );
  expect(verdicts.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
    "passed passed",
    "failed failed",
    "known known",
    "fixed fixed",
    "needs skipped",
    "lacks skipped",
    "unable skipped",
    "unless skipped",
  ]);
  const reasons = verdicts.slice(4).map(({ reason }) => reason);
  expect(reasons[0]).toContain("does not declare TTL");
  expect(reasons[1]).toContain("declares ETAG");
  expect(reasons[2]).toContain("not the suite's to stop");
  expect(reasons[3]).toBe("not here");
  expect(verdicts[1]!.error?.message).toBe("it is wrong");
  expect(certified(verdicts)).toBe(false);
  expect(certified(verdicts.filter(({ outcome }) => outcome !== "failed" && outcome !== "fixed"))).toBe(true);
  expect(certified([])).toBe(false);
});

test("a case that does not end is failed when its time is over", async () => {
  const [verdict] = await run([of("hangs", () => new Promise(() => {}), { timeoutMs: 50 })]);
  expect(verdict).toMatchObject({ outcome: "failed", error: { message: "not done after 50 ms" } });
});

test("cases on the wire are not even listed in-process", async () => {
  expect(await run([of("wired", fail, { abilities: ["wire"] })])).toEqual([]);
});

test("cases run side by side, and those that measure or break something alone", async () => {
  let running = 0;
  const together: number[] = [];
  const counting = async (): Promise<void> => {
    running++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    together.push(running);
    running--;
  };
  await run([of("a", counting), of("b", counting), of("c", counting), of("d", counting, { class: "figure" })]);
  expect(Math.max(...together.slice(0, 3))).toBeGreaterThan(1);
  expect(together[3]).toBe(1);
});

test("what a case opens is closed when it ends, also when it fails", async () => {
  let opened: { instance: { get: (request: never) => Promise<unknown> } } | undefined;
  await run([
    of("opens", async ({ open }) => {
      opened = (await open()) as never;
      throw new Error("and fails");
    }),
  ]);
  await expect(opened!.instance.get({ key: "k", consistency: "", metadata: {} } as never)).rejects.toMatchObject({
    code: "closed",
  });
});

test("a component that does not start is an error, not a verdict", async () => {
  const broken = { ...referenceStateStore(new StateBackend(), []), open: () => Promise.reject(new Error("no server")) };
  const starting = runSuite({
    cases: [of("any", pass)],
    placement: inProcess<"state">(broken, {}),
    facts: defaultFacts.state,
  });
  await expect(starting).rejects.toThrow("no server");
});
