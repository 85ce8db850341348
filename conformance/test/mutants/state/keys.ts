import { posix } from "node:path";
import type { DeleteRequest } from "@trilby/kit";
import type { StateBackend } from "../../reference/state.ts";
import { rekeyed, type StateMutant, type Store } from "./reference.ts";

type Change = readonly [name: string, caughtBy: readonly string[], change: (key: string) => string];

/** What careless stores do to keys. */
const changes: readonly Change[] = [
  ["reads a doubled quote as one", ["single-quotes"], (key) => key.replaceAll("''", "'")],
  ["drops double quotes", ["double-quotes"], (key) => key.replaceAll('"', "")],
  ["reads backslashes as escapes", ["backslashes"], (key) => key.replaceAll("\\n", "\n").replace(/\\(.)/g, "$1")],
  ["cuts a key at a semicolon", ["sql-that-drops-a-table"], (key) => key.split(";")[0]!],
  ["expands templates", ["braces-and-dollars"], (key) => key.replaceAll("$$", "$").replaceAll("${", "{")],
  ["cuts a key at two bars", ["two-bars", "only-two-bars"], (key) => key.replace(/\|\|?.*$/s, "|").replace(/\|$/, "")],
  ["keeps two parts of a key with colons", ["colons"], (key) => key.split(":").slice(0, 2).join(":")],
  ["resolves a key as a path", ["slashes"], (key) => posix.normalize(key)],
  ["decodes percent signs", ["percent-encoding"], (key) => key.replaceAll("%2F", "/")],
  ["folds upper and lower case", ["upper-case"], (key) => key.toLowerCase()],
  ["trims keys", ["blanks-around-it"], (key) => key.trim()],
  ["takes any white space for a blank", ["tabs-and-line-breaks"], (key) => key.replace(/\s+/g, " ")],
  // oxlint-disable-next-line no-control-regex -- the very point
  ["drops control characters", ["control-characters"], (key) => key.replace(/[\u0001-\u001f\u007f]/g, "")],
  [
    "drops what is beyond the basic plane",
    ["emoji"],
    (key) => key.replace(/ ?[\u{10000}-\u{10ffff}]$| [\u{10000}-\u{10ffff}](?=k-)/gu, ""),
  ],
  [
    "folds letters",
    ["letters-of-many-scripts"],
    (key) => key.replaceAll("ß", "ss").normalize("NFD").replace(/\p{M}/gu, ""),
  ],
  ["composes letters", ["a-composed-letter"], (key) => key.normalize("NFC")],
  ["drops what has no width", ["a-zero-width-space", "a-right-to-left-mark"], (key) => key.replace(/\p{Cf}/gu, "")],
  ["compares digits as numbers", ["a-number"], (key) => key.replace(/(?<!\d)0+(\d)/g, "$1").replace(/^0+(\d)/, "$1")],
];

export const keyMutants: readonly StateMutant[] = [
  ...changes.map(([name, caughtBy, change]): StateMutant => ({
    name,
    caughtBy: caughtBy.map((each) => `state/takes-a-key-of-${each}`),
    methods: (right) => rekeyed(right, change),
  })),
  {
    name: "deletes by LIKE",
    caughtBy: ["state/takes-a-key-of-a-sql-wildcard", "state/takes-a-key-of-a-sql-underscore"],
    methods: (right, backend) => sweeping(right, backend, (key) => pattern(key, { "%": ".*", _: "." })),
  },
  {
    name: "deletes by glob",
    caughtBy: ["a-glob-star", "a-glob-question-mark", "glob-brackets"].map((each) => `state/takes-a-key-of-${each}`),
    methods: (right, backend) =>
      sweeping(right, backend, (key) => pattern(key, { "*": ".*", "?": ".", "[": "[", "]": "]" })),
  },
  {
    name: "deletes everything where a condition is always true",
    caughtBy: ["state/takes-a-key-of-sql-that-is-always-true"],
    methods: (right, backend) => sweeping(right, backend, (key) => (key.includes("'1'='1") ? /.*/s : /^$/)),
  },
  {
    name: "keeps its items in a plain object",
    caughtBy: ["state/takes-the-name-of-an-object-property-as-a-key"],
    methods(right) {
      const items: Record<string, Uint8Array> = {};
      return {
        async get({ key }) {
          const data = items[key];
          return data && { data };
        },
        async set({ key, value }) {
          items[key] = value;
        },
        async delete({ key }) {
          delete items[key];
        },
        bulkGet: right.bulkGet,
      };
    },
  },
  {
    name: "cuts keys at 255 characters",
    caughtBy: ["state/keys-that-differ-only-after-many-characters-are-different"],
    methods: (right) => rekeyed(right, (key) => key.slice(0, 255)),
  },
  {
    name: "cuts keys at 4000 characters",
    caughtBy: ["state/a-key-that-is-too-long-is-refused-or-kept-whole"],
    methods: (right) => rekeyed(right, (key) => key.slice(0, 4_000)),
  },
  {
    name: "cuts keys at a zero byte",
    caughtBy: ["state/a-key-with-a-zero-byte-is-refused-or-kept-whole"],
    methods: (right) => rekeyed(right, (key) => key.split("\u0000")[0]!),
  },
  {
    name: "takes an empty key",
    caughtBy: ["state/an-empty-key-is-refused"],
    methods: (right) => rekeyed(right, (key) => key || "empty"),
  },
];

/** Deletes the key, and all others that match. */
function sweeping(right: Store, backend: StateBackend, patternOf: (key: string) => RegExp): Partial<Store> {
  return {
    async delete(request: DeleteRequest) {
      await right.delete(request);
      const swept = patternOf(request.key);
      for (const key of backend.items.keys()) if (swept.test(key)) backend.items.delete(key);
    },
  };
}

function pattern(key: string, special: Readonly<Record<string, string>>): RegExp {
  const escaped = Array.from(key, (letter) => special[letter] ?? letter.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${escaped.join("")}$`, "s");
}
