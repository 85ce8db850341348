import type { SecretStore } from "@trilby/kit";

import type { ComponentResource, MetadataItem } from "../resources/component.ts";
import { formatPlace } from "../resources/place.ts";
import { fillTemplate, type TemplateValues } from "../resources/template.ts";

export interface MetadataSources extends TemplateValues {
  /** A loaded secret store by its name. */
  readonly secretStore: (name: string) => SecretStore | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The only variables an `envRef` may read; absent: all but the forbidden. */
  readonly envKeys: readonly string[] | undefined;
}

/** The secret store that a component needs before it can be opened. */
export function neededSecretStore(resource: ComponentResource): string | undefined {
  return resource.metadata.some(({ value }) => value.kind === "secret") ? (resource.secretStore ?? "") : undefined;
}

/**
 * A component's metadata as text pairs: secrets and environment put in, templates filled. Throws an Error that names the
 * item and its place, and never a secret.
 */
export async function resolveMetadata(
  resource: ComponentResource,
  sources: MetadataSources,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const secrets = new Map<string, Promise<Readonly<Record<string, string>>>>();
  const pairs: [string, string][] = [];
  for (const item of resource.metadata) {
    try {
      pairs.push([item.name, fillTemplate(await valueOf(item, resource, sources, secrets, signal), sources)]);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${formatPlace(item.place)}: metadata ${item.name}: ${message}`, { cause: error });
    }
  }
  return Object.fromEntries(pairs);
}

async function valueOf(
  { value }: MetadataItem,
  resource: ComponentResource,
  sources: MetadataSources,
  secrets: Map<string, Promise<Readonly<Record<string, string>>>>,
  signal: AbortSignal,
): Promise<string> {
  if (value.kind === "text") return value.text;
  if (value.kind === "environment") return readVariable(value.variable, sources);
  const storeName = resource.secretStore ?? "";
  const store = sources.secretStore(storeName);
  if (store === undefined) throw new Error(`the secret store ${storeName} is not loaded`);
  let secret = secrets.get(value.name);
  if (secret === undefined) {
    secret = store.get({ name: value.name, metadata: { namespace: resource.namespace ?? "" } }, { signal });
    secrets.set(value.name, secret);
  }
  const found = (await secret)[value.key];
  if (found !== undefined) return found;
  throw new Error(
    `secret ${value.name} of store ${storeName} has no key ${value.key}; correct secretKeyRef, or add the key to the store`,
  );
}

function readVariable(variable: string, { environment, envKeys }: MetadataSources): string {
  const name = variable.toUpperCase();
  if (name === "APP_API_TOKEN" || name.startsWith("DAPR_") || name.includes(" ")) {
    throw new Error(`envRef ${variable} is not allowed: tokens, DAPR_ variables and names with blanks cannot be read`);
  }
  if (envKeys !== undefined && !envKeys.includes(variable) && !envKeys.includes(name)) {
    throw new Error(`envRef ${variable} is not allowed: DAPR_ENV_KEYS does not list it`);
  }
  return environment[variable] ?? "";
}
