import { ComponentError, type SetRequest } from "@trilby/kit";
import { bytesOf, revalued, textOf, type StateMutant, type Store } from "./reference.ts";

const taking = (...names: string[]) => names.map((name) => `state/takes-a-value-of-${name}`);

export const valueMutants: readonly StateMutant[] = [
  {
    name: "keeps values as text",
    caughtBy: [...taking("all-256-bytes", "bytes-that-are-not-utf-8"), "state/takes-a-value-of-megabytes"],
    methods: (right) => revalued(right, (value) => bytesOf(textOf(value))),
  },
  {
    name: "ends values at a zero byte",
    caughtBy: taking("zero-bytes", "line-breaks-and-quotes"),
    methods: (right) => revalued(right, (value) => (value.includes(0) ? value.subarray(0, value.indexOf(0)) : value)),
  },
  {
    name: "doubles quotes in values",
    caughtBy: taking("sql-text", "line-breaks-and-quotes"),
    methods: (right) => revalued(right, (value) => bytesOf(textOf(value).replaceAll("'", "''"))),
  },
  {
    name: "takes JSON only",
    caughtBy: taking("text-that-is-almost-json", "base64-text"),
    methods: (right) => refusing(right, (value) => JSON.parse(textOf(value))),
  },
  {
    name: "writes JSON in its own way",
    caughtBy: taking("a-number-beyond-doubles", "json-in-its-own-spacing", "a-lone-surrogate-escape"),
    methods: (right) => revalued(right, normalised),
  },
  {
    name: "takes null for nothing",
    caughtBy: taking("the-word-null"),
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && textOf(result.data) === "null" ? undefined : result;
      },
    }),
  },
  {
    name: "gives up on JSON deeper than 100",
    caughtBy: taking("deep-json"),
    methods: (right) =>
      refusing(right, (value) => {
        if (textOf(value).startsWith("[".repeat(100))) throw new Error("too deep");
      }),
  },
  {
    name: "takes an empty value for nothing",
    caughtBy: ["state/an-empty-value-is-kept-as-empty"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result?.data.length === 0 ? undefined : result;
      },
    }),
  },
  {
    name: "takes at most a mebibyte",
    caughtBy: ["state/takes-a-value-of-megabytes"],
    methods: (right) =>
      refusing(right, ({ length }) => {
        if (length > 1024 * 1024) throw new Error("too large");
      }),
  },
  {
    name: "keeps the caller's own buffer",
    caughtBy: ["state/a-value-is-not-changed-by-what-the-caller-does-to-its-buffer-later"],
    methods: (right, backend) => ({
      async set(request) {
        await right.set(request);
        backend.items.set(request.key, { ...backend.items.get(request.key)!, data: request.value });
      },
    }),
  },
  {
    name: "answers with the metadata of the request",
    caughtBy: ["state/unknown-request-metadata-is-ignored"],
    methods: (right) => ({
      async get(request) {
        const result = await right.get(request);
        return result && { ...result, metadata: request.metadata };
      },
    }),
  },
];

function refusing(right: Store, check: (value: Uint8Array) => void): Partial<Store> {
  return {
    async set(request: SetRequest) {
      try {
        check(request.value);
      } catch (error) {
        throw new ComponentError("invalid-argument", String(error));
      }
      await right.set(request);
    },
  };
}

/** As a document store would give it back: by way of text in UTF-8. */
function normalised(value: Uint8Array): Uint8Array {
  try {
    const parsed: unknown = JSON.parse(textOf(value));
    return bytesOf(typeof parsed === "string" ? JSON.stringify(textOf(bytesOf(parsed))) : JSON.stringify(parsed));
  } catch {
    return value;
  }
}
