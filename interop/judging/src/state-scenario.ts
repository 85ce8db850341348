import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Conflict, type Api } from "./api.ts";

/** One thing every state store does through every daemon. */
export interface StateStep {
  readonly name: string;
  run(api: Api, store: string): Promise<void>;
}

export const stateSteps: readonly StateStep[] = [
  {
    name: "saves, gets and deletes",
    async run(api, store) {
      const key = randomUUID();
      equal(await api.get(store, key), undefined);
      await api.save(store, [{ key, value: { name: "Zoë", list: [1, 2.5, null] } }]);
      const found = await api.get(store, key);
      deepEqual(found?.value, { name: "Zoë", list: [1, 2.5, null] });
      ok(found?.etag);
      await api.delete(store, key);
      equal(await api.get(store, key), undefined);
    },
  },
  {
    name: "gets many at once",
    async run(api, store) {
      const [one, two, none] = [randomUUID(), randomUUID(), randomUUID()];
      await api.save(store, [
        { key: one, value: 1 },
        { key: two, value: "two" },
      ]);
      const all = await api.bulkGet(store, [one, two, none]);
      deepEqual([all.get(one)?.value, all.get(two)?.value, all.get(none)], [1, "two", undefined]);
    },
  },
  {
    name: "all or nothing in a transaction",
    async run(api, store) {
      const [kept, gone] = [randomUUID(), randomUUID()];
      await api.save(store, [{ key: gone, value: 1 }]);
      await api.transact(store, [{ upsert: { key: kept, value: "kept" } }, { delete: gone }]);
      equal((await api.get(store, kept))?.value, "kept");
      equal(await api.get(store, gone), undefined);
    },
  },
];

/** For stores whose etag errors reach the daemon as such. */
export const etagSteps: readonly StateStep[] = [
  {
    name: "refuses a write with an old etag",
    async run(api, store) {
      const key = randomUUID();
      await api.save(store, [{ key, value: 1 }]);
      const etag = (await api.get(store, key))!.etag!;
      await api.save(store, [{ key, value: 2, etag }]);
      await rejects(api.save(store, [{ key, value: 3, etag }]), Conflict);
      await rejects(api.delete(store, key, etag), Conflict);
      const found = await api.get(store, key);
      equal(found?.value, 2);
      notEqual(found?.etag, etag);
      await api.delete(store, key, found?.etag);
      equal(await api.get(store, key), undefined);
    },
  },
];
