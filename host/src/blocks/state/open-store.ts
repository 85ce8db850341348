import type { StateStore } from "@trilby/kit";

import type { LoadedComponent } from "../../components/registry.ts";
import type { Metrics, OperationMetric } from "../../observability/metrics.ts";
import { createEncryption, type ValueEncryption } from "./encryption.ts";
import { keyPrefix } from "./key-prefix.ts";

type Operation = "get" | "set" | "delete" | "bulk_get" | "bulk_delete" | "transaction" | "query";

/** A loaded state store with everything a request needs, worked out once. */
export interface OpenStore {
  readonly name: string;
  readonly instance: StateStore;
  readonly prefix: string;
  readonly isTransactional: boolean;
  readonly encryption: ValueEncryption | undefined;
  readonly metrics: Readonly<Record<Operation, OperationMetric>>;
  /** <= 0: no limit. */
  maxOperations(): Promise<number>;
}

/** Throws when the runtime's own settings of the component are wrong. */
export function openStore(
  component: LoadedComponent<"state">,
  appId: string,
  namespace: string | undefined,
  metrics: Metrics,
): OpenStore {
  const { name, instance, properties } = component;
  const metric = (operation: Operation): OperationMetric => metrics.componentOperation("state", name, operation);
  let maxOperations: Promise<number> | undefined;
  return {
    name,
    instance,
    prefix: keyPrefix(properties.get("keyprefix"), name, appId, namespace),
    isTransactional: component.features.includes("TRANSACTIONAL") && instance.transact !== undefined,
    encryption: readEncryption(component),
    metrics: {
      get: metric("get"),
      set: metric("set"),
      delete: metric("delete"),
      bulk_get: metric("bulk_get"),
      bulk_delete: metric("bulk_delete"),
      transaction: metric("transaction"),
      query: metric("query"),
    },
    // Asked once: it does not change in the life of a component. A store that cannot tell has no limit.
    maxOperations: () => (maxOperations ??= instance.multiMaxSize?.().catch(() => -1) ?? Promise.resolve(-1)),
  };
}

function readEncryption({ name, properties, secretNames }: LoadedComponent<"state">): ValueEncryption | undefined {
  const read = (field: string): { name: string; hex: string } | undefined => {
    const hex = properties.get(field.toLowerCase());
    if (hex === undefined) return undefined;
    const secret = secretNames?.get(field.toLowerCase());
    if (secret === undefined || secret === "") {
      throw new Error(
        `state store ${name}: ${field} must be given by a secretKeyRef, because the secret's name is stored with every value`,
      );
    }
    return { name: secret, hex };
  };
  const primary = read("primaryEncryptionKey");
  const secondary = read("secondaryEncryptionKey");
  if (primary === undefined && secondary === undefined) return undefined;
  if (primary === undefined)
    throw new Error(
      `state store ${name}: secondaryEncryptionKey needs a primaryEncryptionKey, which new values are written with`,
    );
  return createEncryption(name, primary, secondary);
}
