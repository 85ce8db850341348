import { expect, test } from "vitest";
import { groups } from "../src/groups.ts";
import { judge, type Mark, marks } from "../src/marks.ts";
import type { RowResult } from "../src/rounds.ts";
import type { Sample } from "../src/sample.ts";

const rows = groups.flatMap((group) => group.rows);

test("every row has a name of its own, and its baseline among its subjects", () => {
  const ids = rows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, baseline, subjects } of rows) expect(Object.keys(subjects), id).toContain(baseline);
});

test.for(marks)("$row has the subjects of its mark: $subject", ({ row, subject, against }) => {
  const subjects = Object.keys(rows.find(({ id }) => id === row)?.subjects ?? {});
  expect(subjects).toContain(subject);
  if (against !== undefined) expect(subjects).toContain(against);
});

test("a mark is about the ratio in each round, not about that of the medians", () => {
  // The machine was slow in the second round, for both.
  const [verdict] = judge([rowWith([20, 4, 30], [10, 2, 10])], [{ ...throughput, atLeast: 2 }]);
  expect(verdict).toMatchObject({ met: true, value: { median: 2, min: 2, max: 3 } });
});

test("a mark is not met by a little less", () => {
  const held = [
    { ...throughput, atLeast: 2.01 },
    { ...throughput, atMost: 1.99 },
    { ...throughput, atMost: 2 },
  ];
  expect(judge([rowWith([20, 20], [10, 10])], held).map(({ met }) => met)).toEqual([false, false, true]);
});

test("a mark without figures is no verdict", () => {
  expect(judge([rowWith([], [10])], [{ ...throughput, atLeast: 2 }])).toEqual([]);
  expect(judge([], [{ ...throughput, atLeast: 2 }])).toEqual([]);
});

const throughput: Mark = { row: "row", subject: "one", against: "other", metric: "perSecond" };

function rowWith(one: readonly number[], other: readonly number[]): RowResult {
  const subject = (values: readonly number[]) => ({
    samples: values.map((perSecond): Sample => ({ perSecond })),
    figures: {},
    ratios: {},
  });
  return { id: "row", title: "", about: "", baseline: "other", subjects: { one: subject(one), other: subject(other) } };
}
