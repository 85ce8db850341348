import type { ComponentDefinition } from "@trilby/kit";
import type { ManifestEntry } from "@trilby/kit/manifest";

import { normalVersion } from "../component-type.ts";

/** Imports a component package's entry module and picks the definition that its manifest promised. */
export async function loadDefinition(
  entryUrl: string,
  wanted: Pick<ManifestEntry, "type" | "version">,
): Promise<ComponentDefinition> {
  const { default: exported } = (await import(entryUrl)) as { default?: unknown };
  const definitions: unknown[] = Array.isArray(exported) ? exported : [exported];
  const found = definitions.find((each): each is ComponentDefinition => isDefinition(each) && answersTo(each, wanted));
  if (found) return found;
  throw new Error(
    `${entryUrl} does not export a component ${wanted.type} ${wanted.version} by default, although its package.json lists it`,
  );
}

function isDefinition(value: unknown): value is ComponentDefinition {
  return typeof (value as Partial<ComponentDefinition> | undefined | null)?.open === "function";
}

function answersTo(definition: ComponentDefinition, wanted: Pick<ManifestEntry, "type" | "version">): boolean {
  return (
    definition.type.toLowerCase() === wanted.type.toLowerCase() &&
    normalVersion(definition.version) === normalVersion(wanted.version ?? "")
  );
}
