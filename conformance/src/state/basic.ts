import assert from "node:assert/strict";
import { ComponentError } from "@trilby/kit";
import { bytes, text } from "../core/bytes.ts";
import { deleting, holds, holdsNothing, setting, stored, type StateCase } from "./requests.ts";

const json = { metadata: { contentType: "application/json" } };

/** What Dapr's own suite stores, as it arrives over the wire: JSON texts, and bytes. */
const values: Readonly<Record<string, Uint8Array>> = {
  "a-number": bytes("123"),
  "a-boolean": bytes("true"),
  "one-byte": Uint8Array.of(1),
  "a-text": bytes('"hello world"'),
  "an-empty-text": bytes('""'),
  "a-text-that-holds-json": bytes('"{\\"a\\":\\"b\\"}"'),
  "an-object": bytes('{"message":"test"}'),
  "a-nested-object": bytes('{"product":{"value":15},"status":"ACTIVE","message":"on"}'),
  // One int64 field of -1: what the actor runtime stores.
  "protobuf-bytes": Uint8Array.of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
};

export const basicCases: readonly StateCase[] = [
  {
    id: "state/ping-answers-or-is-not-implemented",
    class: "functional",
    async run({ instance }) {
      await instance.ping?.().catch((error: unknown) => {
        assert.ok(ComponentError.is(error) && error.code === "unimplemented", `ping was refused: ${String(error)}`);
      });
    },
  },
  {
    id: "state/there-is-nothing-under-a-key-that-was-never-set",
    class: "functional",
    async run({ instance, unique }) {
      await holdsNothing(instance, unique("never"));
    },
  },
  ...Object.entries(values).map(([name, value]): StateCase => ({
    id: `state/gives-back-${name}-byte-for-byte`,
    class: "functional",
    async run({ instance, unique }) {
      const key = unique(name);
      await instance.set(setting(key, value));
      await holds(instance, key, value);
    },
  })),
  {
    id: "state/gives-back-json-that-is-called-json",
    class: "functional",
    async run({ instance, unique }) {
      const key = unique("json");
      const value = { message: "test", count: 42, list: [1, "two", null], deep: { yes: true } };
      await instance.set(setting(key, JSON.stringify(value), json));
      const { data } = await stored(instance, key, json);
      assert.deepEqual(JSON.parse(text(data)), value);
    },
  },
  {
    id: "state/the-last-value-set-is-the-one-that-stays",
    class: "functional",
    async run({ instance, unique }) {
      const key = unique("overwritten");
      for (const value of ["first", "a much longer second", "3rd"]) {
        await instance.set(setting(key, value));
        await holds(instance, key, value);
      }
    },
  },
  {
    id: "state/a-deleted-item-is-gone",
    class: "functional",
    async run({ instance, unique }) {
      const key = unique("deleted");
      await instance.set(setting(key, "here"));
      await instance.delete(deleting(key));
      await holdsNothing(instance, key);
    },
  },
  {
    id: "state/deleting-what-is-not-there-is-no-error",
    class: "functional",
    async run({ instance, unique }) {
      const key = unique("absent");
      await instance.delete(deleting(key));
      await instance.set(setting(key, "here"));
      await instance.delete(deleting(key));
      await instance.delete(deleting(key));
      await holdsNothing(instance, key);
    },
  },
  {
    id: "state/a-deleted-item-can-be-set-again",
    class: "functional",
    async run({ instance, unique }) {
      const key = unique("reborn");
      await instance.set(setting(key, "before"));
      await instance.delete(deleting(key));
      await instance.set(setting(key, "after"));
      await holds(instance, key, "after");
    },
  },
  {
    id: "state/every-consistency-and-concurrency-word-is-understood",
    class: "functional",
    async run({ instance, unique }) {
      for (const consistency of ["", "eventual", "strong"] as const) {
        for (const concurrency of ["", "last-write"] as const) {
          const key = unique("options");
          await instance.set(setting(key, "value", { consistency, concurrency }));
          await holds(instance, key, "value", { consistency });
          await instance.delete(deleting(key, { consistency, concurrency }));
          await holdsNothing(instance, key, { consistency });
        }
      }
    },
  },
];
