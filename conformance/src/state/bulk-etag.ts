import assert from "node:assert/strict";
import { refused } from "../core/expect.ts";
import { bulkGet } from "./bulk.ts";
import { deleting, etagOf, holds, holdsNothing, noLimit, setting, type StateCase } from "./requests.ts";

const needs = ["ETAG"];

// Over the wire one status stands for the whole bulk call, so these check the kind of the error and every row.
export const bulkEtagCases: readonly StateCase[] = [
  {
    id: "state/a-bulk-set-applies-the-rows-whose-etags-match-and-no-others",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const [bad, good] = [unique("bad"), unique("good")];
      await instance.bulkSet([setting(bad, "kept"), setting(good, "before")], noLimit);
      const [badEtag, goodEtag] = [await etagOf(instance, bad), await etagOf(instance, good)];
      const rows = [setting(bad, "lost", { etag: facts.badEtag }), setting(good, "after", { etag: goodEtag })];
      await refused(instance.bulkSet(rows, noLimit), "etag-mismatch");
      assert.equal((await holds(instance, bad, "kept")).etag, badEtag);
      assert.notEqual((await holds(instance, good, "after")).etag, goodEtag);
    },
  },
  {
    id: "state/a-bulk-set-with-right-etags-applies-every-row",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const keys = [unique("a"), unique("b")];
      await instance.bulkSet(
        keys.map((key) => setting(key, "before")),
        noLimit,
      );
      const items = await bulkGet(instance, keys);
      await instance.bulkSet(
        keys.map((key) => setting(key, "after", { etag: items.get(key)?.etag })),
        noLimit,
      );
      for (const key of keys) await holds(instance, key, "after");
    },
  },
  {
    id: "state/a-bulk-delete-removes-the-rows-whose-etags-match-and-no-others",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const [good, bad] = [unique("good"), unique("bad")];
      await instance.bulkSet([setting(good, "gone"), setting(bad, "kept")], noLimit);
      const [goodEtag, badEtag] = [await etagOf(instance, good), await etagOf(instance, bad)];
      const rows = [deleting(good, { etag: goodEtag }), deleting(bad, { etag: facts.badEtag })];
      await refused(instance.bulkDelete(rows, noLimit), "etag-mismatch", "row-mismatch");
      await holdsNothing(instance, good);
      assert.equal((await holds(instance, bad, "kept")).etag, badEtag);
    },
  },
  {
    id: "state/a-bulk-delete-with-right-etags-removes-every-row",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const keys = [unique("a"), unique("b")];
      await instance.bulkSet(
        keys.map((key) => setting(key, "here")),
        noLimit,
      );
      const items = await bulkGet(instance, keys);
      await instance.bulkDelete(
        keys.map((key) => deleting(key, { etag: items.get(key)?.etag })),
        noLimit,
      );
      for (const [key, { data, etag }] of await bulkGet(instance, keys)) {
        assert.equal(data, undefined, `${key} still has data`);
        assert.equal(etag, undefined, `${key} still has an etag`);
      }
    },
  },
];
