import { expect, test } from "vitest";

import { CancellationSource } from "../../src/grpc/cancellation.ts";

function listeners(count: number, heard: number[]) {
  return Array.from({ length: count }, (_, index) => ({ cancel: () => void heard.push(index) }));
}

test("all who listen hear of it, once", () => {
  const heard: number[] = [];
  const source = new CancellationSource();
  for (const each of listeners(4, heard)) source.add(each);
  expect(source.cancelled).toBe(false);
  source.cancel();
  source.cancel();
  expect([source.cancelled, heard]).toEqual([true, [0, 1, 2, 3]]);
});

test("who left hears nothing, in whatever order they leave", () => {
  for (const leaving of [[0], [3], [0, 1], [2, 0], [3, 1], [1, 2, 3], [0, 1, 2, 3]]) {
    const heard: number[] = [];
    const source = new CancellationSource();
    const all = listeners(4, heard);
    for (const each of all) source.add(each);
    for (const index of leaving) source.remove(all[index]!);
    // Twice is as good as once.
    for (const index of leaving) source.remove(all[index]!);
    source.cancel();
    expect(heard.toSorted((one, other) => one - other)).toEqual(
      [0, 1, 2, 3].filter((index) => !leaving.includes(index)),
    );
  }
});

test("one that leaves while others are told changes nothing", () => {
  const heard: number[] = [];
  const source = new CancellationSource();
  const all = listeners(3, heard);
  source.add({ cancel: () => source.remove(all[1]!) });
  for (const each of all) source.add(each);
  source.cancel();
  expect(heard).toEqual([0, 1, 2]);
});
