import type { ApiError } from "../../api/error.ts";
import type { ComponentRegistry } from "../../components/registry.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { isKindConfigured, notReady } from "../not-ready.ts";
import { notConfigured, notFound } from "./errors.ts";
import { openStore, type OpenStore } from "./open-store.ts";

export interface StateStores {
  /** Throws the API's error when there is no such store; `appId` is part of that error when given. */
  find(name: string, appId?: string): OpenStore;
}

export function createStateStores(setup: {
  readonly registry: ComponentRegistry;
  readonly metrics: Metrics;
  readonly appId: string;
  readonly namespace: string | undefined;
}): StateStores {
  const { registry, metrics, appId, namespace } = setup;
  const stores = new Map<string, OpenStore>();
  registry.onLoad(
    "state",
    (component) => void stores.set(component.name, openStore(component, appId, namespace, metrics)),
  );
  registry.onUnload("state", (component) => void stores.delete(component.name));

  const missing = (name: string, shownAppId: string | undefined): ApiError =>
    notReady(registry, "state", name) ??
    (isKindConfigured(registry, "state") ? notFound(name, shownAppId) : notConfigured(name, shownAppId));

  return {
    find(name, shownAppId) {
      const store = stores.get(name);
      if (store === undefined) throw missing(name, shownAppId);
      return store;
    },
  };
}
