import assert from "node:assert/strict";
import type { Metadata, TransactionOperation } from "@trilby/kit";
import { refused } from "../core/expect.ts";
import { deleting, etagOf, holds, holdsNothing, setting, stored, type Extras, type StateCase } from "./requests.ts";

const needs = ["TRANSACTIONAL"];
const partition: Metadata = { partitionKey: "my-partition" };

export function set(key: string, value: string | Uint8Array, extras?: Extras): TransactionOperation {
  return { kind: "set", request: setting(key, value, extras) };
}
export function del(key: string, extras?: Extras): TransactionOperation {
  return { kind: "delete", request: deleting(key, extras) };
}

export const transactionCases: readonly StateCase[] = [
  {
    id: "state/a-transaction-applies-sets-and-deletes",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const [number, bytes, later] = [unique("number"), unique("bytes"), unique("later")];
      const withPartition = { metadata: partition };
      await instance.transact!(
        [set(number, "123", withPartition), set(bytes, Uint8Array.of(1), withPartition)],
        partition,
      );
      await holds(instance, number, "123", withPartition);
      await holds(instance, bytes, Uint8Array.of(1), withPartition);
      await instance.transact!([del(number, withPartition), set(later, "true", withPartition)], partition);
      await holdsNothing(instance, number, withPartition);
      await holds(instance, later, "true", withPartition);
    },
  },
  {
    id: "state/a-transaction-may-delete-what-is-not-there",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const [absent, other] = [unique("absent"), unique("other")];
      await instance.transact!([del(absent), set(other, "here")], {});
      await holds(instance, other, "here");
    },
  },
  {
    id: "state/a-transaction-applies-its-operations-in-order",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const [first, second, third] = [unique("first"), unique("second"), unique("third")];
      await instance.set(setting(first, '"value1"'));
      await instance.transact!([del(first), set(second, '"value2"'), del(second), set(third, '"value3"')], {});
      await holdsNothing(instance, first);
      await holdsNothing(instance, second);
      await holds(instance, third, '"value3"');
      await instance.transact!([set(third, "a"), set(third, "b"), del(first), set(first, "c")], {});
      await holds(instance, third, "b");
      await holds(instance, first, "c");
    },
  },
  {
    id: "state/a-transaction-of-nothing-does-nothing",
    class: "functional",
    needs,
    async run({ instance }) {
      await instance.transact!([], {});
    },
  },
  {
    id: "state/a-transaction-of-50-operations-applies-them-all",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const most = (await instance.multiMaxSize?.()) ?? 0;
      const count = most > 0 ? Math.min(most, 50) : 50;
      const keys = Array.from({ length: count }, (_, index) => unique(`part-${index}`));
      await instance.transact!(
        keys.map((key) => set(key, key)),
        {},
      );
      for (const key of keys) await holds(instance, key, key);
    },
  },
  {
    id: "state/a-transaction-with-right-etags-applies",
    class: "functional",
    needs: ["TRANSACTIONAL", "ETAG"],
    async run({ instance, unique }) {
      const [changed, removed] = [unique("changed"), unique("removed")];
      await instance.set(setting(changed, "before"));
      await instance.set(setting(removed, "before"));
      const etag = await etagOf(instance, changed);
      await instance.transact!(
        [set(changed, "after", { etag }), del(removed, { etag: await etagOf(instance, removed) })],
        {},
      );
      assert.notEqual((await holds(instance, changed, "after")).etag, etag);
      await holdsNothing(instance, removed);
    },
  },
  {
    id: "state/a-transaction-with-a-wrong-etag-at-its-end-changes-nothing",
    class: "functional",
    needs: ["TRANSACTIONAL", "ETAG"],
    async run({ instance, unique, facts }) {
      const [fresh, removed, guarded] = [unique("fresh"), unique("removed"), unique("guarded")];
      await instance.set(setting(removed, "kept"));
      await instance.set(setting(guarded, "kept"));
      const before = await stored(instance, guarded);
      const operations = [set(fresh, "lost"), del(removed), set(guarded, "lost", { etag: facts.badEtag })];
      await refused(instance.transact!(operations, {}));
      await holdsNothing(instance, fresh);
      await holds(instance, removed, "kept");
      assert.equal((await holds(instance, guarded, "kept")).etag, before.etag);
    },
  },
  {
    id: "state/a-transaction-with-a-wrong-etag-on-a-delete-changes-nothing",
    class: "functional",
    needs: ["TRANSACTIONAL", "ETAG"],
    async run({ instance, unique, facts }) {
      const [fresh, guarded] = [unique("fresh"), unique("guarded")];
      await instance.set(setting(guarded, "kept"));
      await refused(instance.transact!([set(fresh, "lost"), del(guarded, { etag: facts.badEtag })], {}));
      await holdsNothing(instance, fresh);
      await holds(instance, guarded, "kept");
    },
  },
  {
    id: "state/a-transaction-with-json-bytes-gives-the-json-back",
    class: "functional",
    needs,
    async run({ instance, unique }) {
      const [plain, called] = [unique("plain"), unique("called")];
      const json = { metadata: { contentType: "application/json" } };
      await instance.transact!([set(plain, '{"message":"plain"}'), set(called, '{"message":"called"}', json)], {});
      await holds(instance, plain, '{"message":"plain"}');
      const { data } = await stored(instance, called, json);
      assert.deepEqual(JSON.parse(new TextDecoder().decode(data)), { message: "called" });
    },
  },
];
