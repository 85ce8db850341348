import assert from "node:assert/strict";
import { bytes, sameBytes } from "../core/bytes.ts";
import { eventually, pause, refused } from "../core/expect.ts";
import { bulkGet } from "./bulk.ts";
import {
  deleting,
  getting,
  holds,
  holdsNothing,
  noLimit,
  setting,
  stored,
  type StateCase,
  type StateWorld,
  type Store,
} from "./requests.ts";

const needs = ["TTL"];
const ttl = (seconds: number | string) => ({ metadata: { ttlInSeconds: String(seconds) } });
const unlessTold = ({ tellsExpiry }: StateWorld["facts"]) =>
  tellsExpiry ? undefined : "the store does not tell when an item expires";
const unlessCleared = ({ plainWriteClearsTtl }: StateWorld["facts"]) =>
  plainWriteClearsTtl ? undefined : "in this store a write without a TTL keeps the earlier one";

export const ttlCases: readonly StateCase[] = [
  {
    id: "state/an-item-with-a-ttl-is-there-at-once-and-gone-in-time",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("expires");
      const before = performance.now();
      await instance.set(setting(key, "short-lived", ttl(2)));
      await isNotGoneBefore(2, before, instance, key);
      await pause(700);
      await isNotGoneBefore(2, before, instance, key);
      await eventually(1_300 + facts.ttlGranularityMs, () => holdsNothing(instance, key));
      await pause(200);
      await holdsNothing(instance, key);
    },
  },
  {
    id: "state/an-expired-item-is-gone-from-a-bulk-get-too",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const [expires, stays] = [unique("expires"), unique("stays")];
      await instance.bulkSet([setting(expires, "short-lived", ttl(1)), setting(stays, "here")], noLimit);
      await eventually(1_000 + facts.ttlGranularityMs, async () => {
        assert.equal(
          (await bulkGet(instance, [expires, stays])).get(expires)?.data,
          undefined,
          "the item did not expire",
        );
      });
      sameBytes((await bulkGet(instance, [stays])).get(stays)?.data, bytes("here"), "the item without a TTL");
    },
  },
  {
    id: "state/an-item-that-expired-can-be-written-first-again",
    class: "functional",
    needs: ["TTL", "ETAG"],
    async run({ instance, unique, facts }) {
      const key = unique("expires");
      await instance.set(setting(key, "short-lived", { concurrency: "first-write", ...ttl(1) }));
      await eventually(1_000 + facts.ttlGranularityMs, () => holdsNothing(instance, key));
      await instance.set(setting(key, "new", { concurrency: "first-write" }));
      await holds(instance, key, "new");
      await pause(1_100);
      await holds(instance, key, "new");
    },
  },
  {
    id: "state/an-item-deleted-before-it-expires-leaves-no-ttl-behind",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("deleted");
      await instance.set(setting(key, "short-lived", ttl(1)));
      await instance.delete(deleting(key));
      await instance.set(setting(key, "long-lived"));
      await pause(1_100 + facts.ttlGranularityMs);
      await holds(instance, key, "long-lived");
    },
  },
  {
    id: "state/an-item-tells-when-it-expires",
    class: "functional",
    needs,
    unless: unlessTold,
    async run({ instance, unique, facts }) {
      const key = unique("told");
      const before = Date.now();
      await instance.set(setting(key, "an hour", ttl(3_600)));
      const { metadata } = await holds(instance, key, "an hour");
      aboutAnHourAfter(metadata?.["ttlExpireTime"], before, facts.ttlGranularityMs);
      const item = (await bulkGet(instance, [key])).get(key);
      aboutAnHourAfter(item?.metadata?.["ttlExpireTime"], before, facts.ttlGranularityMs);
    },
  },
  {
    id: "state/a-ttl-of-minus-one-takes-the-ttl-away",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("kept");
      await instance.set(setting(key, "short-lived", ttl(1)));
      await instance.set(setting(key, "long-lived", ttl(-1)));
      assert.equal((await stored(instance, key)).metadata?.["ttlExpireTime"], undefined);
      await pause(1_100 + facts.ttlGranularityMs);
      await holds(instance, key, "long-lived");
    },
  },
  {
    id: "state/a-ttl-of-zero-never-expires",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("kept");
      await instance.set(setting(key, "long-lived", ttl(0)));
      await pause(200 + facts.ttlGranularityMs);
      await holds(instance, key, "long-lived");
    },
  },
  {
    id: "state/a-write-without-a-ttl-takes-the-ttl-away",
    class: "functional",
    needs,
    unless: unlessCleared,
    async run({ instance, unique, facts }) {
      const key = unique("kept");
      await instance.set(setting(key, "short-lived", ttl(1)));
      await instance.set(setting(key, "long-lived"));
      assert.equal((await stored(instance, key)).metadata?.["ttlExpireTime"], undefined);
      await pause(1_100 + facts.ttlGranularityMs);
      await holds(instance, key, "long-lived");
    },
  },
  {
    id: "state/a-new-ttl-replaces-the-old-one",
    class: "functional",
    needs,
    async run({ instance, unique, facts }) {
      const key = unique("replaced");
      await instance.set(setting(key, "short-lived", ttl(1)));
      await instance.set(setting(key, "an hour", ttl(3_600)));
      await pause(1_100 + facts.ttlGranularityMs);
      await holds(instance, key, "an hour");
    },
  },
  {
    id: "state/a-ttl-inside-a-transaction-is-kept",
    class: "functional",
    needs: ["TTL", "TRANSACTIONAL"],
    async run({ instance, unique, facts }) {
      const [expires, stays] = [unique("expires"), unique("stays")];
      const before = performance.now();
      await instance.transact!(
        [
          { kind: "set", request: setting(expires, "short-lived", ttl(1)) },
          { kind: "set", request: setting(stays, "long-lived") },
        ],
        {},
      );
      await isNotGoneBefore(1, before, instance, expires);
      await eventually(1_000 + facts.ttlGranularityMs, () => holdsNothing(instance, expires));
      await holds(instance, stays, "long-lived");
    },
  },
  {
    id: "state/an-item-without-a-ttl-tells-no-expiry",
    class: "functional",
    async run({ instance, unique }) {
      const key = unique("plain");
      await instance.set(setting(key, "for ever"));
      const { metadata } = await stored(instance, key);
      assert.equal(metadata?.["ttlExpireTime"], undefined);
    },
  },
  ...["foo", "1.5", "-2", "99999999999", "10s", "0x10"].map((words): StateCase => ({
    id: `state/a-ttl-of-${words}-is-refused-and-nothing-is-stored`,
    class: "hostile",
    needs,
    async run({ instance, unique }) {
      const key = unique("refused");
      await refused(instance.set(setting(key, "lost", ttl(words))));
      await holdsNothing(instance, key);
    },
  })),
];

/** A read that ended after the item's time says nothing: on a busy machine it is the suite that was late. */
async function isNotGoneBefore(ttlSeconds: number, before: number, store: Store, key: string): Promise<void> {
  const result = await store.get(getting(key));
  const afterMs = performance.now() - before;
  if (afterMs < ttlSeconds * 1_000)
    assert.ok(result !== undefined, `the item is gone after ${Math.round(afterMs)} ms, with a TTL of ${ttlSeconds} s`);
}

function aboutAnHourAfter(expireTime: string | undefined, before: number, granularityMs: number): void {
  assert.ok(expireTime !== undefined, "the item does not tell when it expires");
  assert.match(
    expireTime,
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/,
    "ttlExpireTime is not RFC 3339",
  );
  const offMs = Date.parse(expireTime) - (before + 3_600_000);
  assert.ok(Math.abs(offMs) <= 60_000 + granularityMs, `ttlExpireTime is ${offMs} ms off`);
}
