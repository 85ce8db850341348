import assert from "node:assert/strict";
import { refused } from "../core/expect.ts";
import { bulkGet } from "./bulk.ts";
import { noLimit, setting, stored, type StateCase } from "./requests.ts";
import { set } from "./transaction.ts";

export const undeclaredCases: readonly StateCase[] = [
  {
    id: "state/without-etag-no-item-has-an-etag",
    class: "functional",
    lacks: ["ETAG"],
    async run({ instance, unique }) {
      const key = unique("plain");
      await instance.bulkSet([setting(key, "value")], noLimit);
      assert.equal((await stored(instance, key)).etag, undefined);
      assert.equal((await bulkGet(instance, [key])).get(key)?.etag, undefined);
    },
  },
  {
    id: "state/without-transactional-a-transaction-is-not-implemented",
    class: "functional",
    lacks: ["TRANSACTIONAL"],
    async run({ instance, unique }) {
      if (instance.transact) await refused(instance.transact([set(unique("never"), "lost")], {}), "unimplemented");
    },
  },
  {
    id: "state/without-query-api-a-query-is-not-implemented",
    class: "functional",
    lacks: ["QUERY_API"],
    async run({ instance }) {
      if (instance.query)
        await refused(instance.query({ sort: [], page: { limit: 1, token: "" } }, {}), "unimplemented");
    },
  },
  {
    id: "state/without-ttl-no-item-tells-an-expiry",
    class: "functional",
    lacks: ["TTL"],
    async run({ instance, unique }) {
      const key = unique("plain");
      await instance.set(setting(key, "value"));
      assert.equal((await stored(instance, key)).metadata?.["ttlExpireTime"], undefined);
    },
  },
];
