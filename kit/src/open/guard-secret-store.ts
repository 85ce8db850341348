import type { SecretStore } from "../contract/secret-store.ts";
import { ComponentError } from "../errors/component-error.ts";
import type { Lifetime } from "./lifetime.ts";

export function guardSecretStore(store: SecretStore, lifetime: Lifetime): SecretStore {
  const { ping } = store;
  const guarded: SecretStore = {
    ...(store.features && { features: store.features }),
    get(request, call) {
      if (!lifetime.open) return lifetime.refuse();
      if (request.name === "")
        return Promise.reject(new ComponentError("invalid-argument", "the name of the secret is empty"));
      return store.get(request, call);
    },
    bulkGet: (metadata, call) => (lifetime.open ? store.bulkGet(metadata, call) : lifetime.refuse()),
    close: () => lifetime.close(),
  };
  if (ping) guarded.ping = (call) => (lifetime.open ? ping.call(store, call) : lifetime.refuse());
  return guarded;
}
