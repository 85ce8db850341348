import { expect, test } from "vitest";
import type { Measure, Row } from "../src/row.ts";
import { measureGroup, type RowResult } from "../src/rounds.ts";

const pace = { rounds: 4, seconds: 1, warmSeconds: 0 };

test("subjects take turns, each round the other way round, after one round of no account", async () => {
  const order: string[] = [];
  const measure = (name: string) => async () => {
    order.push(name);
    return { perSecond: order.length };
  };
  const result = await only({ subjects: { base: measure("base"), one: measure("one"), two: measure("two") } });
  const [forth, back] = [
    ["base", "one", "two"],
    ["two", "one", "base"],
  ];
  expect(order).toEqual([forth, forth, back, forth, back].flat());
  expect(result.subjects["one"]?.samples).toHaveLength(4);
});

test("where chance decides there are more rounds, warmed up longer; where it has no say there are fewer", async () => {
  const paces: unknown[] = [];
  const base: Measure = async (_world, round) => {
    paces.push(round);
    return { p99Ms: 1 };
  };
  await only({ subjects: { base }, noise: "chance" });
  expect(paces.splice(0)).toEqual([
    { seconds: 0.5, warmSeconds: 0.5 },
    ...Array.from({ length: 8 }, () => ({ seconds: 1, warmSeconds: 0.5 })),
  ]);
  await only({ subjects: { base }, noise: "none" });
  expect(paces).toHaveLength(1 + 2);
});

test("figures are medians with their spread, ratios those of each round", async () => {
  const values = [0, 10, 40, 20, 30];
  let [one, base] = [0, 0];
  const result = await only({
    subjects: {
      base: async () => ({ perSecond: values[base++]! / 2 }),
      one: async () => ({ perSecond: values[one++]! }),
    },
  });
  expect(result.subjects["one"]?.figures.perSecond).toEqual({ median: 25, min: 10, max: 40 });
  expect(result.subjects["one"]?.ratios.perSecond).toEqual({ median: 2, min: 2, max: 2 });
});

test("one that fails says why and does not stop the others", async () => {
  const result = await only({
    subjects: {
      base: async () => ({ perSecond: 1 }),
      one: async () => {
        throw new Error("wrong answers", { cause: new Error("a bug") });
      },
    },
  });
  expect(result.subjects["one"]).toMatchObject({ failed: "wrong answers (a bug)", figures: {} });
  expect(result.subjects["base"]?.samples).toHaveLength(4);
});

async function only({ subjects, noise }: Pick<Row, "subjects" | "noise">): Promise<RowResult> {
  const results: RowResult[] = [];
  const row = { id: "row", title: "", about: "", baseline: "base", subjects, ...(noise && { noise }) };
  await measureGroup({ title: "", rows: [row] }, pace, (result) => results.push(result));
  return results[0]!;
}
