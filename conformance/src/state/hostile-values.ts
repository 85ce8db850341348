import { bytes } from "../core/bytes.ts";
import { deleting, holds, holdsNothing, setting, type StateCase } from "./requests.ts";

const values: Readonly<Record<string, Uint8Array>> = {
  "all-256-bytes": Uint8Array.from({ length: 256 }, (_, index) => index),
  "zero-bytes": new Uint8Array(64),
  "bytes-that-are-not-utf-8": Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80),
  "line-breaks-and-quotes": bytes("a'b\"c\\d\r\n\t\u0000e"),
  "sql-text": bytes("'); DELETE FROM state; --"),
  "text-that-is-almost-json": bytes('{"open": [1, 2'),
  "base64-text": bytes("eyJhIjoiYiJ9"),
  "the-word-null": bytes("null"),
  "a-number-beyond-doubles": bytes("12345678901234567890.123456789"),
  "json-in-its-own-spacing": bytes('{ "b" : 1,\n  "a" : 2, "b": 3 }'),
  "a-lone-surrogate-escape": bytes('"\\ud800"'),
  "deep-json": bytes("[".repeat(500) + "]".repeat(500)),
};

export const hostileValueCases: readonly StateCase[] = [
  ...Object.entries(values).map(([name, value]): StateCase => ({
    id: `state/takes-a-value-of-${name}`,
    class: "hostile",
    async run({ instance, unique }) {
      const key = unique("value");
      await instance.set(setting(key, value));
      await holds(instance, key, value);
    },
  })),
  {
    id: "state/an-empty-value-is-kept-as-empty",
    class: "hostile",
    needs: ["ETAG"],
    async run({ instance, unique }) {
      const key = unique("empty");
      await instance.set(setting(key, new Uint8Array()));
      await holds(instance, key, new Uint8Array());
      await instance.set(setting(key, "no longer"));
      await instance.set(setting(key, new Uint8Array()));
      await holds(instance, key, new Uint8Array());
    },
  },
  {
    id: "state/takes-a-value-of-megabytes",
    class: "hostile",
    async run({ instance, unique, facts }) {
      const key = unique("large");
      const value = new Uint8Array(facts.maxValueBytes);
      for (let index = 0; index < value.length; index++) value[index] = (index * 31 + (index >> 8)) & 0xff;
      await instance.set(setting(key, value));
      await holds(instance, key, value);
      await instance.delete(deleting(key));
      await holdsNothing(instance, key);
    },
  },
  {
    id: "state/a-value-is-not-changed-by-what-the-caller-does-to-its-buffer-later",
    class: "hostile",
    async run({ instance, unique }) {
      const key = unique("aliased");
      const value = bytes("as it was");
      await instance.set(setting(key, value));
      value.fill(0);
      await holds(instance, key, "as it was");
    },
  },
];
