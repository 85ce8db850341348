import type { ManifestEntry } from "@trilby/kit/manifest";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** An installed package that says it holds components. */
export interface ComponentPackage {
  readonly name: string;
  /** Without symbolic links, so that the package finds its own dependencies. */
  readonly folder: string;
  readonly entries: readonly ManifestEntry[];
  /** Its package.json. */
  readonly manifest: PackageJson;
}

export interface PackageJson {
  readonly name?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
  readonly dependencies?: unknown;
  readonly devDependencies?: unknown;
  readonly optionalDependencies?: unknown;
  readonly trilby?: unknown;
}

/**
 * The component package in a folder; undefined when there is none or its package.json cannot be used. Most packages of a
 * large install have nothing to do with us, so the text is looked at before it is parsed.
 */
export function readComponentPackage(folder: string): ComponentPackage | undefined {
  const text = readText(join(folder, "package.json"));
  if (text === undefined || !text.includes('"trilby"')) return undefined;
  const manifest = parse(text);
  const entries = readEntries(manifest?.trilby);
  if (manifest === undefined || entries.length === 0) return undefined;
  const name = typeof manifest.name === "string" ? manifest.name : folder;
  return { name, folder: realpathSync.native(folder), entries, manifest };
}

/** Names of the packages that the nearest package.json of a folder asks for, in its order. */
export function readDependencies(folder: string): string[] {
  const manifest = parse(readText(join(folder, "package.json")) ?? "{}") ?? {};
  return [manifest.dependencies, manifest.optionalDependencies, manifest.devDependencies].flatMap((table) =>
    typeof table === "object" && table !== null ? Object.keys(table) : [],
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text: string): PackageJson | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function readEntries(field: unknown): ManifestEntry[] {
  const components: unknown = (field as { components?: unknown } | undefined | null)?.components;
  if (!Array.isArray(components)) return [];
  return components.filter(
    (entry: Partial<ManifestEntry> | null | undefined): entry is ManifestEntry => typeof entry?.type === "string",
  );
}
