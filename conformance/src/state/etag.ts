import assert from "node:assert/strict";
import { bytes, sameBytes } from "../core/bytes.ts";
import { refused } from "../core/expect.ts";
import { bulkGet } from "./bulk.ts";
import { deleting, etagOf, holds, holdsNothing, noLimit, setting, stored, type StateCase } from "./requests.ts";

const needs = ["ETAG"];

export const etagCases: readonly StateCase[] = [
  {
    id: "state/every-item-has-an-etag",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const keys = [unique("a"), unique("b"), unique("c"), unique("d")];
      await instance.bulkSet(
        keys.map((key) => setting(key, `"${key}"`)),
        noLimit,
      );
      await etagOf(instance, keys[0]!);
      const items = await bulkGet(instance, keys);
      for (const key of keys) {
        sameBytes(items.get(key)?.data, bytes(`"${key}"`), `the value of ${key}`);
        assert.ok(items.get(key)?.etag, `${key} has no etag in a bulk get`);
      }
    },
  },
  {
    id: "state/an-etag-stays-while-the-item-does",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const [key, other] = [unique("item"), unique("other")];
      await instance.set(setting(key, "same"));
      const etag = await etagOf(instance, key);
      await instance.set(setting(other, "different"));
      assert.equal(await etagOf(instance, key), etag);
      assert.equal((await bulkGet(instance, [key])).get(key)?.etag, etag, "a bulk get tells another etag than a get");
    },
  },
  {
    id: "state/a-set-with-a-wrong-etag-is-refused-and-changes-nothing",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("item");
      await instance.set(setting(key, "kept"));
      const etag = await etagOf(instance, key);
      await refused(instance.set(setting(key, "lost", { etag: facts.badEtag })), "etag-mismatch");
      assert.equal((await holds(instance, key, "kept")).etag, etag);
    },
  },
  {
    id: "state/a-set-with-the-right-etag-gives-the-item-another",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "before"));
      const etag = await etagOf(instance, key);
      await instance.set(setting(key, "after", { etag }));
      const changed = await holds(instance, key, "after");
      assert.notEqual(changed.etag, etag, "the etag is the same as before");
      await refused(instance.set(setting(key, "late", { etag })), "etag-mismatch");
      await holds(instance, key, "after");
    },
  },
  {
    id: "state/a-set-of-the-same-value-gives-another-etag",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "same"));
      const etag = await etagOf(instance, key);
      await instance.set(setting(key, "same"));
      assert.notEqual(await etagOf(instance, key), etag);
    },
  },
  {
    id: "state/an-empty-etag-counts-as-none",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "first", { etag: "" }));
      await instance.set(setting(key, "second", { etag: "" }));
      await holds(instance, key, "second");
      await instance.delete(deleting(key, { etag: "" }));
      await holdsNothing(instance, key);
    },
  },
  {
    id: "state/an-etag-of-a-form-the-store-never-issues-is-invalid",
    class: "functional",
    needs,
    unless: ({ malformedEtag }) => (malformedEtag === undefined ? "the store takes any text for an etag" : undefined),
    async run({ instance, unique, facts }) {
      const key = unique("item");
      await instance.set(setting(key, "kept"));
      const etag = facts.malformedEtag;
      await refused(instance.set(setting(key, "lost", { etag })), "etag-invalid");
      await refused(instance.delete(deleting(key, { etag })), "etag-invalid");
      await holds(instance, key, "kept");
    },
  },
  {
    id: "state/a-delete-with-a-wrong-etag-is-refused-and-removes-nothing",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("item");
      await instance.set(setting(key, "kept"));
      const etag = await etagOf(instance, key);
      await refused(instance.delete(deleting(key, { etag: facts.badEtag })), "etag-mismatch", "etag-invalid");
      assert.equal((await holds(instance, key, "kept")).etag, etag);
    },
  },
  {
    id: "state/a-delete-with-the-right-etag-removes-the-item",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "here"));
      await instance.delete(deleting(key, { etag: await etagOf(instance, key) }));
      await holdsNothing(instance, key);
    },
  },
  {
    id: "state/a-delete-with-an-etag-that-was-right-before-is-refused",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "before"));
      const etag = await etagOf(instance, key);
      await instance.set(setting(key, "after"));
      await refused(instance.delete(deleting(key, { etag })), "etag-mismatch");
      await holds(instance, key, "after");
    },
  },
  {
    id: "state/an-item-that-was-deleted-does-not-match-its-old-etag",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const key = unique("item");
      await instance.set(setting(key, "one"));
      await instance.set(setting(key, "two"));
      const etag = await etagOf(instance, key);
      await instance.delete(deleting(key));
      await instance.set(setting(key, "three"));
      await refused(instance.set(setting(key, "four", { etag })), "etag-mismatch");
      assert.ok((await stored(instance, key)).etag);
      await holds(instance, key, "three");
    },
  },
];
