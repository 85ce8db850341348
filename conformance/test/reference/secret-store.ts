import { ComponentError, defineSecretStore, text, type SecretStore, type SecretStoreFeature } from "@trilby/kit";
import { ReferenceBackend } from "./backend.ts";

export class SecretBackend extends ReferenceBackend {
  readonly secrets = new Map<string, Readonly<Record<string, string>>>();
}

/** A secret store that does everything right, in as few words as possible. */
export function referenceSecretStore(backend: SecretBackend, features: readonly SecretStoreFeature[]) {
  return defineSecretStore({
    type: "secretstores.reference",
    version: "v1",
    status: "development-only",
    title: "Reference",
    description: "A right secret store for the tests of the suite.",
    placement: "in-process",
    features,
    metadata: { label: text({ description: "Anything.", default: "" }) },
    async open(): Promise<SecretStore> {
      return {
        async get({ name }) {
          await backend.reached();
          const secret = backend.secrets.get(name);
          if (!secret) throw new ComponentError("not-found", "there is no such secret");
          return { ...secret };
        },
        async bulkGet() {
          await backend.reached();
          return Object.fromEntries(backend.secrets);
        },
        async ping() {
          await backend.reached();
        },
        async close() {},
      };
    },
  });
}
