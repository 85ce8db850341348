import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ComponentDefinition } from "@trilby/kit";
import { isDefinition, type ManifestEntry } from "@trilby/kit/manifest";

/** An installed package that says it holds the component. */
export interface FoundPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly entry: ManifestEntry;
  readonly bin: string | undefined;
}

/** By `package`, a name or a folder, else the nearest that declares the type, as a module in one of `roots` would see it. */
export function findPackage(
  type: string,
  version: string,
  roots: readonly string[],
  named: string | undefined,
): FoundPackage {
  for (const root of roots) {
    for (const folder of named === undefined ? packagesSeenFrom(root) : placesOf(named, root)) {
      const found = readPackage(folder, type, version);
      if (found) return found;
    }
  }
  throw new Error(
    named === undefined
      ? `no installed package declares ${type} ${version}; looked from ${roots.join(" and ")}. Install one, or give --package, --command or --socket`
      : `${named} is not there, or declares no ${type} ${version} in the "trilby" field of its package.json`,
  );
}

/** The declaration that the package's entry module exports. */
export async function loadDefinition({ folder, name, entry }: FoundPackage): Promise<ComponentDefinition> {
  const module = createRequire(join(folder, "package.json")).resolve(name);
  const { default: exported } = (await import(pathToFileURL(module).href)) as { readonly default?: unknown };
  const definitions: unknown[] = Array.isArray(exported) ? exported : [exported];
  const found = definitions.find(
    (each) => isDefinition(each) && each.type === entry.type && each.version === entry.version,
  );
  if (found) return found as ComponentDefinition;
  throw new Error(
    `${module} does not export ${entry.type} ${entry.version} by default, though the package.json of ${name} lists it`,
  );
}

/** How to start the package's executable; undefined when it has none. */
export function commandOf({ folder, bin, entry }: FoundPackage): string[] | undefined {
  if (bin === undefined) return undefined;
  const options = process.execArgv.filter((word) => word.startsWith("--conditions="));
  return [
    process.execPath,
    ...options,
    join(folder, bin),
    "--only",
    `${entry.type}/${entry.version}`,
    "--socket",
    "{socket}",
  ];
}

function readPackage(folder: string, type: string, version: string): FoundPackage | undefined {
  const manifest = readManifest(folder);
  const entries = manifest?.trilby?.components;
  if (!manifest || !Array.isArray(entries)) return undefined;
  const names = ({ type: own, aliases = [] }: ManifestEntry): string[] =>
    [own, ...aliases].map((each) => each.toLowerCase());
  const entry = entries.find(
    (each) => names(each).includes(type.toLowerCase()) && firstIsV1(each.version) === firstIsV1(version),
  );
  if (!entry) return undefined;
  const bin = typeof manifest.bin === "string" ? manifest.bin : Object.values(manifest.bin ?? {})[0];
  return { folder: realpathSync(folder), name: manifest.name ?? folder, version: manifest.version ?? "", entry, bin };
}

/** Dapr takes no version, v0 and v1 for the same. */
function firstIsV1(version: string): string {
  return version === "" || version === "v0" ? "v1" : version;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly trilby?: { readonly components?: readonly ManifestEntry[] };
}

function readManifest(folder: string): Manifest | undefined {
  try {
    const text = readFileSync(join(folder, "package.json"), "utf8");
    return text.includes('"trilby"') ? (JSON.parse(text) as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

function placesOf(named: string, root: string): string[] {
  if (isAbsolute(named) || named.startsWith(".")) return [resolve(named)];
  return [...ancestors(root)].map((folder) => join(folder, "node_modules", named));
}

/** Each folder upwards: the project itself, then what is installed in it. */
function* packagesSeenFrom(root: string): Generator<string> {
  for (const folder of ancestors(root)) {
    yield folder;
    const modules = join(folder, "node_modules");
    for (const name of namesIn(modules)) {
      if (name.startsWith("@")) for (const scoped of namesIn(join(modules, name))) yield join(modules, name, scoped);
      else yield join(modules, name);
    }
  }
}

function* ancestors(root: string): Generator<string> {
  for (let folder = resolve(root); ; folder = dirname(folder)) {
    yield folder;
    if (dirname(folder) === folder) return;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch {
    return [];
  }
}
