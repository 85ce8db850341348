import { ComponentError } from "@trilby/kit";
import { hostileCases } from "../../../src/secretstores/hostile.ts";
import { singleFacts, type SecretStoreMutant } from "./reference.ts";

const namesCases = hostileCases.map(({ id }) => id).filter((id) => id.startsWith("secretstores/a-name-of-"));

export const secretStoreMutants: readonly SecretStoreMutant[] = [
  {
    name: "refuses ping",
    caughtBy: ["secretstores/ping-answers-or-is-not-implemented"],
    methods: () => ({
      async ping() {
        throw new ComponentError("internal", "no");
      },
    }),
  },
  {
    name: "trims values by a letter",
    caughtBy: ["secretstores/gives-each-secret-with-exactly-its-keys-and-values", "secretstores/figures-of-get"],
    methods: (right) => ({
      get: async (request) =>
        Object.fromEntries(Object.entries(await right.get(request)).map(([key, value]) => [key, value.slice(0, -1)])),
    }),
  },
  {
    name: "adds a version to each secret",
    caughtBy: [
      "secretstores/gives-each-secret-with-exactly-its-keys-and-values",
      "secretstores/a-secret-may-have-several-keys",
    ],
    methods: (right) => ({ get: async (request) => ({ ...(await right.get(request)), version: "1" }) }),
  },
  {
    name: "leaves a secret out of all secrets",
    caughtBy: ["secretstores/gives-all-secrets-at-once"],
    methods: (right) => ({
      async bulkGet(metadata) {
        const { database: _, ...rest } = await right.bulkGet(metadata);
        return rest;
      },
    }),
  },
  {
    name: "answers a missing secret with nothing",
    caughtBy: ["secretstores/a-secret-that-is-not-there-is-not-found"],
    methods: (right) => ({ get: (request) => right.get(request).catch(() => ({})) }),
  },
  {
    name: "gives some secret for any name",
    caughtBy: namesCases,
    methods: (right) => ({ get: (request) => right.get(request).catch(() => ({ [request.name]: "something" })) }),
  },
  {
    name: "lists the secrets that there are in its error",
    caughtBy: ["secretstores/an-error-holds-no-secret"],
    methods: (right, backend) => ({
      async get(request) {
        return right.get(request).catch(() => {
          throw new ComponentError("not-found", `not among ${JSON.stringify([...backend.secrets])}`);
        });
      },
    }),
  },
  {
    name: "gives a single value under another key",
    caughtBy: ["secretstores/without-multiple-keys-a-secret-has-one-key-its-own-name"],
    features: [],
    facts: singleFacts,
    methods: (right) => ({ get: async (request) => ({ value: (await right.get(request))[request.name]! }) }),
  },
  {
    name: "mixes answers up",
    caughtBy: ["secretstores/100-reads-at-once-do-not-mix"],
    methods(right) {
      let last = "";
      return {
        async get(request) {
          last = request.name;
          await new Promise((resolve) => setImmediate(resolve));
          return right.get({ ...request, name: last });
        },
      };
    },
  },
  {
    name: "takes an empty name",
    caughtBy: ["secretstores/an-empty-name-is-refused"],
    methods: (right) => ({ get: async (request) => (request.name === "" ? {} : right.get(request)) }),
  },
  {
    name: "refuses metadata of a request that it does not know",
    caughtBy: ["secretstores/unknown-request-metadata-is-ignored"],
    methods: (right) => ({
      async get(request) {
        if ("x-unknown" in request.metadata) throw new ComponentError("invalid-argument", "unknown metadata");
        return right.get(request);
      },
    }),
  },
  {
    name: "knows only one spelling of its metadata",
    caughtBy: ["secretstores/metadata-names-are-compared-without-case"],
    async open({ properties = { label: "" }, ...settings }, right) {
      if (!Object.hasOwn(properties, "label")) throw new ComponentError("invalid-metadata", "label is missing");
      return right({ properties, ...settings });
    },
  },
  {
    name: "ignores metadata that it does not know",
    caughtBy: ["secretstores/unknown-metadata-is-refused-by-name"],
    open: ({ name = "reference" }, right) => right({ name }),
  },
  {
    name: "works on after close",
    caughtBy: ["secretstores/a-closed-instance-refuses-calls"],
    open: async (settings, right) => ({ ...(await right(settings)), async close() {} }),
  },
  {
    name: "waits for ever when the backend is down",
    caughtBy: ["secretstores/calls-end-while-the-backend-is-down-and-work-again-when-it-is-back"],
    methods: (right, backend) => ({
      bulkGet: (metadata) => (backend.isDown ? new Promise(() => undefined) : right.bulkGet(metadata)),
    }),
  },
];
