import assert from "node:assert/strict";
import { refused } from "../core/expect.ts";
import { deleting, etagOf, holds, setting, type StateCase } from "./requests.ts";

const needs = ["ETAG"];
const firstWrite = { concurrency: "first-write", consistency: "strong" } as const;

export const firstWriteCases: readonly StateCase[] = [
  ...(
    [
      ["without-an-etag", undefined],
      ["with-an-empty-etag", ""],
    ] as const
  ).map(([name, etag]): StateCase => ({
    id: `state/a-first-write-${name}-succeeds-once`,
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("first");
      await instance.delete(deleting(key));
      await instance.set(setting(key, "first", { ...firstWrite, etag }));
      await holds(instance, key, "first");
      await refused(instance.set(setting(key, "second", { ...firstWrite, etag })));
      await holds(instance, key, "first");
    },
  })),
  {
    id: "state/a-first-write-is-refused-where-a-plain-write-was-before",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("taken");
      await instance.set(setting(key, "plain"));
      const etag = await etagOf(instance, key);
      await instance.set(setting(key, "matching", { ...firstWrite, etag }));
      const changed = await holds(instance, key, "matching");
      assert.notEqual(changed.etag, etag);
      await refused(instance.set(setting(key, "stale", { ...firstWrite, etag })), "etag-mismatch");
      await holds(instance, key, "matching");
    },
  },
  {
    id: "state/a-first-write-without-an-etag-does-not-overwrite-a-plain-write",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("taken");
      await instance.set(setting(key, "plain"));
      await refused(instance.set(setting(key, "second", firstWrite)));
      await holds(instance, key, "plain");
    },
  },
  {
    id: "state/a-first-write-succeeds-again-after-a-delete",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("again");
      await instance.set(setting(key, "first", firstWrite));
      await instance.delete(deleting(key));
      await instance.set(setting(key, "second", firstWrite));
      await holds(instance, key, "second");
    },
  },
];
