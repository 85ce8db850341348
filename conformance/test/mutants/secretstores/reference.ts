import type { OpenedInstanceOf, SecretStoreFeature } from "@trilby/kit";
import { referenceSecretStore, SecretBackend } from "../../reference/secret-store.ts";
import type { Mutant, Reference } from "../mutant.ts";

export type SecretStoreMutant = Mutant<"secretstores", SecretBackend>;
export type Store = OpenedInstanceOf["secretstores"];

const single = { conftestsecret: { conftestsecret: "abcd" }, secondsecret: { secondsecret: "efgh" } };
const several = { conftestsecret: { conftestsecret: "abcd" }, database: { user: "user-u", password: "password-p" } };

export const secretStoreReference: Reference<"secretstores", SecretBackend> = {
  features: ["MULTIPLE_KEY_VALUES_PER_SECRET"],
  properties: { label: "x" },
  facts: { secrets: several, outageTimeoutMs: 300 },
  createBackend: () => new SecretBackend(),
  define(backend, features) {
    const secrets = features.length > 0 ? several : single;
    for (const [name, secret] of Object.entries(secrets)) backend.secrets.set(name, secret);
    return referenceSecretStore(backend, features as SecretStoreFeature[]);
  },
};

/** Of a store without several keys a secret. */
export const singleFacts = { secrets: single };
