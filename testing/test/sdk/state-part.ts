import { StateConcurrencyEnum, StateConsistencyEnum } from "@dapr/dapr";
import assert from "node:assert/strict";
import { describe, test } from "vitest";

import { eventually } from "./eventually.ts";
import { type Part, refusal, type World } from "./world.ts";

/** What an application does with a store that has etags, transactions and expiry. */
export function statePart(store: string): Part {
  return {
    steps(world) {
      describe.concurrent(`state in ${store}`, () => {
        const save = (key: string, value: unknown, more: object = {}) =>
          world().client.state.save(store, [{ key, value: value as object, ...more }]);
        const get = (key: string) => world().client.state.get(store, key);
        const etagOf = async (key: string) => (await world().client.state.getBulk(store, [key]))[0]?.etag;
        const firstWrite = {
          concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE,
          consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
        };

        test("what was saved is read, whatever it is", async () => {
          await save("object", { items: 2, name: "Żółć 🎩", nested: { list: [1, null, "x"] } });
          assert.deepEqual(await get("object"), { items: 2, name: "Żółć 🎩", nested: { list: [1, null, "x"] } });
          await save("number", 7);
          assert.equal(await get("number"), 7);
          await save("key with spaces/and ünïcode?", "plain text");
          assert.equal(await get(encodedFor(world(), "key with spaces/and ünïcode?")), "plain text");
          const large = { text: "x".repeat(1_000_000) };
          await save("large", large);
          assert.deepEqual(await get("large"), large);
          assert.equal(await get("never saved"), "");
        });

        test("many are saved, read and deleted", async () => {
          const { client } = world();
          const keys = ["bulk 1", "bulk 2", "bulk 3"];
          await client.state.save(
            store,
            keys.map((key, index) => ({ key, value: { index } })),
          );
          const read = await client.state.getBulk(store, [...keys, "bulk 4"]);
          const byKey = new Map(read.map((item) => [item.key, item]));
          for (const [index, key] of keys.entries()) assert.deepEqual(byKey.get(key)?.data, { index });
          assert.ok(!byKey.get("bulk 4")?.data);
          assert.deepEqual(await client.state.delete(store, encodedFor(world(), "bulk 1")), {});
          assert.equal(await get(encodedFor(world(), "bulk 1")), "");
          assert.deepEqual(await client.state.delete(store, "never"), {});
        });

        test("a transaction is done as a whole, or not at all", async () => {
          const { client } = world();
          await save("old", "there");
          await client.state.transaction(store, [
            { operation: "upsert", request: { key: "new", value: "yes" } },
            { operation: "delete", request: { key: "old" } },
          ]);
          assert.equal(await get("new"), "yes");
          assert.equal(await get("old"), "");
          const stale = await etagOf("new");
          assert.ok(stale);
          await save("new", "newer");
          const refused = await refusal(
            client.state.transaction(store, [
              { operation: "upsert", request: { key: "other", value: "x" } },
              {
                operation: "upsert",
                request: { key: "new", value: "stale", etag: etagOfRequest(world(), stale), options: firstWrite },
              },
            ]),
          );
          assert.match(refused, /etag/i);
          assert.equal(await get("other"), "");
          assert.equal(await get("new"), "newer");
        });

        test("an old etag is refused, the one just read is taken", async () => {
          const { client } = world();
          await save("etag", 1);
          const first = await etagOf("etag");
          assert.ok(first);
          await save("etag", 2, { etag: first, options: firstWrite });
          assert.match(await refusal(save("etag", 3, { etag: first, options: firstWrite })), /etag mismatch/i);
          assert.equal(await get("etag"), 2);
          const stale = client.state.delete(store, "etag", { etag: first, ...firstWrite });
          assert.match(await refusal(stale), /etag mismatch/i);
          const current = await etagOf("etag");
          assert.deepEqual(await client.state.delete(store, "etag", { etag: current!, ...firstWrite }), {});
          assert.equal(await get("etag"), "");
        });

        test("first write wins", async () => {
          await save("first", 1, { options: firstWrite });
          // Dapr's stores differ in what they call this.
          assert.match(await refusal(save("first", 2, { options: firstWrite })), /failed saving state in state store/);
          assert.equal(await get("first"), 1);
        });

        test("what has a time to live goes when it is over", async () => {
          await save("short", 1, { metadata: { ttlInSeconds: "1" } });
          await save("long", 1, { metadata: { ttlInSeconds: "1000" } });
          assert.equal(await get("short"), 1);
          await eventually(async () => assert.equal(await get("short"), ""));
          assert.equal(await get("long"), 1);
        });

        test("a store that there is none of is an error that says so", async () => {
          assert.match(await refusal(world().client.state.get("nowhere", "a")), /state store nowhere is not found/);
        });
      });
    },
  };
}

/** The SDK puts a key into the path of its HTTP requests as it is. */
function encodedFor({ protocol }: World, key: string): string {
  return protocol === "http" ? encodeURIComponent(key) : key;
}

/** The SDK sends what it is given over HTTP, where an etag is a text, and turns it into one over gRPC. */
function etagOfRequest({ protocol }: World, etag: string) {
  return (protocol === "http" ? etag : { value: etag, toString: () => etag }) as { value: string };
}
