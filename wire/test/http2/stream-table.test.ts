import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

import type { Connection } from "../../src/http2/connection.ts";
import { ClosedBy } from "../../src/http2/closed-streams.ts";
import { StreamRecord } from "../../src/http2/stream-record.ts";
import { StreamTable } from "../../src/http2/stream-table.ts";

const connection = { sender: { initialWindowBytes: 1 }, initialReceiveWindow: 1 } as Connection;
const stream = (id: number): StreamRecord => new StreamRecord(id, connection, undefined, true);

function opened(table: StreamTable, ids: readonly number[]): StreamRecord[] {
  const streams = ids.map(stream);
  for (const each of streams) table.add(each);
  return streams;
}

test("finds what is open, however many there are and in whatever order they go", () => {
  const table = new StreamTable();
  const streams = opened(
    table,
    Array.from({ length: 1000 }, (_, index) => 2 * index + 1),
  );
  expect(table.size).toBe(1000);
  expect(table.all()).toEqual(streams);
  const [gone, left] = [streams.filter(({ id }) => id % 3 === 0), streams.filter(({ id }) => id % 3 !== 0)];
  for (const each of gone.toReversed()) table.remove(each, ClosedBy.END_STREAM);
  expect(gone.map(({ id }) => table.find(id))).toEqual(gone.map(() => undefined));
  expect(left.map(({ id }) => table.find(id))).toEqual(left);
  for (const each of left) table.remove(each, ClosedBy.END_STREAM);
  expect([table.size, table.all(), table.find(1)]).toEqual([0, [], undefined]);
  expect(table.howClosed(left.at(-1)!.id)).toBe(ClosedBy.END_STREAM);
});

test("one that stays open shares its slot with those that come and go", () => {
  const table = new StreamTable();
  const [first] = opened(table, [1]);
  for (let id = 3; id < 100_000; id += 2) {
    const each = stream(id);
    table.add(each);
    if (table.find(1) !== first || table.find(id) !== each) expect.fail(`stream ${id}`);
    table.remove(each, ClosedBy.END_STREAM);
  }
  expect(table.all()).toEqual([first]);
});

test("an old table makes no new stream old", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { type: "minor" | "major" }) => void;
  const table = new StreamTable();
  const open: StreamRecord[] = [];
  let id = 1;
  const churn = (count: number): void => {
    for (let index = 0; index < count; index++, id += 2) {
      const each = stream(id);
      table.add(each);
      open.push(each);
      if (open.length > 64) table.remove(open.shift()!, ClosedBy.END_STREAM);
    }
  };
  churn(1000);
  collect({ type: "minor" });
  collect({ type: "minor" });
  collect({ type: "major" });
  const before = process.memoryUsage().heapUsed;
  // Few enough for no collection of everything in between, and of some hundred bytes each.
  for (let round = 0; round < 100; round++) {
    churn(500);
    collect({ type: "minor" });
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * 1024 * 1024);
});
