import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Conflict, type Api, until } from "@trilby/interop-judging";

/** What one component wrote, another component of the same backend reads, and each respects the other's etags and expiries. */
export interface SharingStep {
  readonly name: string;
  run(writer: Api, reader: Api, store: string): Promise<void>;
}

const values = ["text", 42, true, { nested: { list: [1, "ü", null] } }, "", [], 'quotes " and \\ and \u0001'];

export const sharingSteps: readonly SharingStep[] = [
  {
    name: "values and etags are the same",
    async run(writer, reader, store) {
      for (const value of values) {
        const key = `${randomUUID()}/ü '"*`;
        await writer.save(store, [{ key, value }]);
        const [written, read] = [await writer.get(store, key), await reader.get(store, key)];
        deepEqual(read, written);
        deepEqual(read?.value, value);
        ok(read?.etag);
      }
    },
  },
  {
    name: "an etag of one is refused once the other wrote",
    async run(writer, reader, store) {
      const key = randomUUID();
      await writer.save(store, [{ key, value: 1 }]);
      const etag = (await reader.get(store, key))!.etag!;
      await reader.save(store, [{ key, value: 2, etag }]);
      await rejects(writer.save(store, [{ key, value: 3, etag }]), Conflict);
      await rejects(writer.delete(store, key, etag), Conflict);
      const found = await writer.get(store, key);
      equal(found?.value, 2);
      notEqual(found?.etag, etag);
      await writer.delete(store, key, found?.etag);
      equal(await reader.get(store, key), undefined);
    },
  },
  {
    name: "the first write of one wins over that of the other",
    async run(writer, reader, store) {
      const key = randomUUID();
      await writer.save(store, [{ key, value: "first", firstWrite: true }]);
      await rejects(reader.save(store, [{ key, value: "second", firstWrite: true }]));
      equal((await reader.get(store, key))?.value, "first");
    },
  },
  {
    name: "a transaction of one is whole for the other",
    async run(writer, reader, store) {
      const [one, two, gone] = [randomUUID(), randomUUID(), randomUUID()];
      await reader.save(store, [{ key: gone, value: 0 }]);
      await writer.transact(store, [
        { upsert: { key: one, value: 1 } },
        { upsert: { key: two, value: { b: 2 } } },
        { delete: gone },
      ]);
      const found = await reader.bulkGet(store, [one, two, gone]);
      deepEqual([found.get(one)?.value, found.get(two)?.value, found.get(gone)], [1, { b: 2 }, undefined]);
    },
  },
  {
    name: "an expiry set by one is kept by the other",
    async run(writer, reader, store) {
      const [brief, long] = [randomUUID(), randomUUID()];
      await writer.save(store, [
        { key: brief, value: "brief", ttlSeconds: 2 },
        { key: long, value: "long", ttlSeconds: 3_600 },
      ]);
      const [written, read] = [await writer.get(store, long), await reader.get(store, long)];
      // Redis components do not tell; one that asks for the rest of the time rounds to a second.
      equal(read?.expires === undefined, written?.expires === undefined, "only one tells the expiry");
      equal(read?.expires === undefined, store === "redis", "a PostgreSQL store tells the expiry");
      const apartMs = (read?.expires?.getTime() ?? 0) - (written?.expires?.getTime() ?? 0);
      ok(Math.abs(apartMs) <= 1_500, `the expiries are ${apartMs} ms apart`);
      equal((await reader.get(store, brief))?.value, "brief");
      await until("the expiry", async () => (await reader.get(store, brief)) === undefined, 5_000);
      equal(await writer.get(store, brief), undefined);
      equal((await reader.get(store, long))?.value, "long");
    },
  },
];
