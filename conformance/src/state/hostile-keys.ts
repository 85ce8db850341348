import assert from "node:assert/strict";
import { refused } from "../core/expect.ts";
import { bulkGet } from "./bulk.ts";
import { deleting, getting, holds, holdsNothing, setting, type StateCase } from "./requests.ts";

/**
 * What a key is made of, and a key beside it that a careless store takes for the same, or sweeps away with it. `{}` stands for
 * the part that is unique; without it, that part is once before and once behind.
 */
const keys: Readonly<Record<string, readonly [key: string, beside: string]>> = {
  "single-quotes": ["it's 'quoted'", "it''s ''quoted''"],
  "double-quotes": ['say "hello"', "say hello"],
  backslashes: ["C:\\path\\n", "C:\\path\n"],
  "sql-that-drops-a-table": ["'; DROP TABLE state; --", "'"],
  "sql-that-is-always-true": ["' OR '1'='1", "' OR '1'='2"],
  "a-sql-wildcard": ["100%", "1000"],
  "a-sql-underscore": ["a_b", "axb"],
  "a-glob-star": ["item*", "items"],
  "a-glob-question-mark": ["item?", "item!"],
  "glob-brackets": ["[a-z]", "a"],
  "braces-and-dollars": ["{key} ${key} $1 $$", "{key} {key} $1 $"],
  "two-bars": ["app||key", "app"],
  "only-two-bars": ["||", "|"],
  colons: ["a:b:c", "a:b"],
  slashes: ["a/b/../c", "a/c"],
  "percent-encoding": ["a%2Fb", "a/b"],
  "upper-case": ["Key", "key"],
  "blanks-around-it": [" {} ", "{}"],
  "tabs-and-line-breaks": ["a\tb\r\nc", "a b c"],
  "control-characters": ["a\u0001\u001f\u007fb", "ab"],
  emoji: ["🦜 trilby 🎩", "🦜 trilby"],
  "letters-of-many-scripts": ["größe 大小 размер حجم", "grosse 大小 размер حجم"],
  "a-composed-letter": ["caf\u00e9", "cafe\u0301"],
  "a-zero-width-space": ["a\u200bb", "ab"],
  "a-right-to-left-mark": ["a\u202eb", "ab"],
  "a-number": ["1", "01"],
};

export const hostileKeyCases: readonly StateCase[] = [
  ...Object.entries(keys).map(([name, [raw, rawBeside]]): StateCase => ({
    id: `state/takes-a-key-of-${name}`,
    class: "hostile",
    async run({ instance, unique }) {
      const run = unique("k");
      for (const place of raw.includes("{}") ? [raw] : [`{}${raw}`, `${raw}{}`]) {
        const key = place.replace("{}", () => run);
        const beside = place.replace(raw, () => rawBeside).replace("{}", () => run);
        await instance.set(setting(beside, "beside"));
        await holdsNothing(instance, key);
        await instance.set(setting(key, "value"));
        await holds(instance, key, "value");
        await holds(instance, beside, "beside");
        assert.equal((await bulkGet(instance, [key])).get(key)?.key, key);
        await instance.delete(deleting(key));
        await holdsNothing(instance, key);
        await holds(instance, beside, "beside");
      }
    },
  })),
  {
    id: "state/takes-the-name-of-an-object-property-as-a-key",
    class: "hostile",
    async run({ instance }) {
      // Exactly these words, so they cannot be unique: no other case uses them.
      for (const key of ["__proto__", "constructor", "toString"]) {
        await instance.delete(deleting(key));
        await holdsNothing(instance, key);
        await instance.set(setting(key, "value"));
        await holds(instance, key, "value");
        assert.equal((await bulkGet(instance, [key])).get(key)?.key, key);
        await instance.delete(deleting(key));
        await holdsNothing(instance, key);
      }
    },
  },
  {
    id: "state/keys-that-differ-only-after-many-characters-are-different",
    class: "hostile",
    async run({ instance, unique, facts }) {
      const long = unique("long").padEnd(facts.maxKeyBytes - 1, "x");
      await instance.set(setting(`${long}1`, "one"));
      await instance.set(setting(`${long}2`, "two"));
      await holds(instance, `${long}1`, "one");
      await holds(instance, `${long}2`, "two");
      await instance.delete(deleting(`${long}1`));
      await holdsNothing(instance, `${long}1`);
      await holds(instance, `${long}2`, "two");
    },
  },
  {
    id: "state/a-key-that-is-too-long-is-refused-or-kept-whole",
    class: "hostile",
    async run({ instance, unique }) {
      const long = unique("long").padEnd(64 * 1024, "x");
      const outcome = await instance.set(setting(`${long}1`, "one")).then(
        () => "kept",
        () => "refused",
      );
      if (outcome === "kept") {
        await holds(instance, `${long}1`, "one");
        await holdsNothing(instance, `${long}2`);
        await instance.delete(deleting(`${long}1`));
      }
      const after = unique("after");
      await instance.set(setting(after, "works"));
      await holds(instance, after, "works");
    },
  },
  {
    id: "state/a-key-with-a-zero-byte-is-refused-or-kept-whole",
    class: "hostile",
    async run({ instance, unique, facts }) {
      const key = unique("zero");
      await instance.set(setting(key, "beside"));
      const whole = instance.set(setting(`${key}\u0000tail`, "value"));
      if (facts.refusedKeyCharacters.includes("\u0000")) await refused(whole);
      else {
        await whole;
        await holds(instance, `${key}\u0000tail`, "value");
        await holdsNothing(instance, `${key}\u0000other`);
      }
      await holds(instance, key, "beside");
    },
  },
  {
    // In-process only: on the wire it is the runtime that never sends one.
    id: "state/an-empty-key-is-refused",
    class: "hostile",
    abilities: ["in-process"],
    async run({ instance }) {
      await refused(instance.set(setting("", "lost")), "invalid-argument");
      await refused(instance.delete(deleting("")), "invalid-argument");
      await refused(instance.get(getting("")), "invalid-argument");
    },
  },
];
