import type { ComponentDefinition, Kind, Placement } from "../contract/definition.ts";

/** How a package says which component types it holds: `"trilby": { "components": [...] }` in its package.json. */
export interface TrilbyManifest {
  readonly components: readonly ManifestEntry[];
}

export interface ManifestEntry {
  /** As in a Component's `spec.type`. */
  readonly type: string;
  readonly version: string;
  readonly aliases?: readonly string[];
  readonly kind: Kind;
  readonly placement: Placement;
}

export function manifestEntry({ type, version, aliases, kind, placement }: ComponentDefinition): ManifestEntry {
  return { type, version, ...(aliases?.length ? { aliases } : {}), kind, placement };
}

/** Where a package.json does not say what its definitions are, as sentences. Empty: it is right. */
export function checkManifest(
  packageJson: { readonly trilby?: unknown },
  definitions: readonly ComponentDefinition[],
): string[] {
  const { components } = (packageJson.trilby ?? {}) as { readonly components?: unknown };
  if (!Array.isArray(components)) return [`package.json has no "trilby": { "components": [...] }`];
  const declared = new Map(components.map((entry: ManifestEntry) => [keyOf(entry), entry]));
  const found: string[] = [];
  for (const definition of definitions) {
    const wanted = manifestEntry(definition);
    const entry = declared.get(keyOf(wanted));
    declared.delete(keyOf(wanted));
    if (!entry) found.push(`package.json does not list ${wanted.type} ${wanted.version}`);
    else if (canonical(entry) !== canonical(wanted))
      found.push(`package.json lists ${wanted.type} as ${canonical(entry)}, but it is ${canonical(wanted)}`);
  }
  for (const entry of declared.values())
    found.push(`package.json lists ${entry.type} ${entry.version}, which the package does not export`);
  return found;
}

export function isDefinition(value: unknown): value is ComponentDefinition {
  if (typeof value !== "object" || value === null) return false;
  const { kind, type, metadata, open } = value as Partial<ComponentDefinition>;
  return (
    typeof kind === "string" && typeof type === "string" && typeof metadata === "object" && typeof open === "function"
  );
}

function keyOf({ type, version }: ManifestEntry): string {
  return `${type} ${version}`;
}

function canonical({ type, version, aliases = [], kind, placement }: ManifestEntry): string {
  return JSON.stringify({ type, version, aliases, kind, placement });
}
