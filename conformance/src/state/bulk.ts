import assert from "node:assert/strict";
import type { BulkGetItem } from "@trilby/kit";
import { bytes, sameBytes } from "../core/bytes.ts";
import {
  deleting,
  getting,
  holds,
  holdsNothing,
  noLimit,
  setting,
  shown,
  type StateCase,
  type Store,
} from "./requests.ts";

export const bulkCases: readonly StateCase[] = [
  {
    id: "state/a-bulk-set-stores-every-item",
    class: "functional",
    async run({ instance, unique }) {
      const values: Record<string, Uint8Array> = {
        [unique("number")]: bytes("123"),
        [unique("boolean")]: bytes("true"),
        [unique("byte")]: Uint8Array.of(1),
        [unique("text")]: bytes('"hello"'),
        [unique("object")]: bytes('{"message":"test"}'),
      };
      await instance.bulkSet(
        Object.entries(values).map(([key, value]) => setting(key, value)),
        noLimit,
      );
      for (const [key, value] of Object.entries(values)) await holds(instance, key, value);
    },
  },
  {
    id: "state/a-bulk-get-answers-every-key-once",
    class: "functional",
    async run({ instance, unique }) {
      const keys = Array.from({ length: 12 }, (_, index) => unique(`item-${index}`));
      for (const key of keys) await instance.set(setting(key, `value of ${key}`));
      const items = await bulkGet(instance, keys);
      for (const key of keys) sameBytes(items.get(key)?.data, bytes(`value of ${key}`), `the value of ${key}`);
    },
  },
  {
    id: "state/a-bulk-get-answers-an-absent-key-with-nothing",
    class: "functional",
    async run({ instance, unique }) {
      const [present, absent] = [unique("present"), unique("absent")];
      await instance.set(setting(present, "here"));
      const items = await bulkGet(instance, [absent, present]);
      assert.equal(items.get(absent)?.data, undefined, "the absent key has data");
      assert.equal(items.get(absent)?.etag, undefined, "the absent key has an etag");
      sameBytes(items.get(present)?.data, bytes("here"), "the present key's value");
    },
  },
  {
    id: "state/a-bulk-delete-removes-every-item-and-no-other",
    class: "functional",
    async run({ instance, unique }) {
      const [first, second, other, absent] = [unique("first"), unique("second"), unique("other"), unique("absent")];
      for (const key of [first, second, other]) await instance.set(setting(key, "here"));
      await instance.bulkDelete(
        [first, absent, second].map((key) => deleting(key)),
        noLimit,
      );
      await holdsNothing(instance, first);
      await holdsNothing(instance, second);
      await holds(instance, other, "here");
    },
  },
  {
    id: "state/a-bulk-call-of-nothing-does-nothing",
    class: "functional",
    async run({ instance }) {
      await instance.bulkSet([], noLimit);
      await instance.bulkDelete([], noLimit);
      assert.deepEqual(await instance.bulkGet([], noLimit), []);
    },
  },
  {
    id: "state/bulk-calls-of-300-items-lose-none",
    class: "functional",
    async run({ instance, unique }) {
      const keys = Array.from({ length: 300 }, (_, index) => unique(`many-${index}`));
      await instance.bulkSet(
        keys.map((key) => setting(key, key)),
        { parallelism: 10 },
      );
      const items = await bulkGet(instance, keys, 10);
      for (const key of keys) sameBytes(items.get(key)?.data, bytes(key), `the value of ${key}`);
      await instance.bulkDelete(
        keys.map((key) => deleting(key)),
        { parallelism: 10 },
      );
      const left = [...(await bulkGet(instance, keys, 10)).values()].filter(({ data }) => data !== undefined);
      assert.equal(left.length, 0, `${left.length} items are left`);
    },
  },
];

/** By key; every key asked for is there, once, without an error. */
export async function bulkGet(
  store: Store,
  keys: readonly string[],
  parallelism = 0,
): Promise<Map<string, BulkGetItem>> {
  const items = await store.bulkGet(
    keys.map((key) => getting(key)),
    { parallelism },
  );
  const byKey = new Map(items.map((item) => [item.key, item]));
  assert.equal(items.length, keys.length, `${keys.length} keys were asked for, ${items.length} items came`);
  for (const key of keys) {
    assert.ok(byKey.has(key), `no item came for ${shown(key)}`);
    assert.equal(byKey.get(key)?.error, undefined, `${shown(key)} came with an error`);
  }
  return byKey;
}
