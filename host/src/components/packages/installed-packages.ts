import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";

import { type ComponentPackage, readComponentPackage, readDependencies } from "./manifest.ts";

/** Component packages as a module in `root` would see them, nearest first. Reads the disk once and remembers. */
export interface InstalledPackages {
  /**
   * Calls `visit` with one package after another until it returns true: for each folder upwards the project's own package,
   * the packages it asks for by name, then everything else that is installed there.
   */
  search(root: string, visit: (found: ComponentPackage) => boolean): Promise<void>;
  /** The package of that name, or in that folder when the name is a path, as seen from `root`. */
  find(root: string, name: string): Promise<ComponentPackage | undefined>;
}

export function installedPackages(): InstalledPackages {
  const packages = new Map<string, ComponentPackage | undefined>();
  const listings = new Map<string, string[]>();
  const read = (folder: string) => remember(packages, folder, () => readComponentPackage(folder));
  const list = (modules: string) => remember(listings, modules, () => listPackages(modules));

  return {
    async search(root, visit) {
      for (const folder of ancestors(root)) {
        const own = read(folder);
        if (own && visit(own)) return;
        const modules = join(folder, "node_modules");
        const installed = list(modules);
        if (installed.length === 0) continue;
        const asked = new Set(readDependencies(folder).map((name) => join(modules, name)));
        if (await visitEach([...asked].sort(), read, visit)) return;
        if (
          await visitEach(
            installed.filter((each) => !asked.has(each)),
            read,
            visit,
          )
        )
          return;
      }
    },
    async find(root, name) {
      if (isPath(name)) return read(resolve(root, name));
      for (const folder of ancestors(root)) {
        const found = read(join(folder, "node_modules", name));
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** Whether a package is named by its folder. */
export function isPath(name: string): boolean {
  return name.startsWith("/") || /^\.{1,2}(?:\/|$)/.test(name);
}

function remember<T>(memory: Map<string, T>, key: string, make: () => T): T {
  if (memory.has(key)) return memory.get(key) as T;
  const made = make();
  memory.set(key, made);
  return made;
}

/** Reads each at once, which is quicker than in the background, and lets the host do other things when there are many. */
async function visitEach(
  folders: readonly string[],
  read: (folder: string) => ComponentPackage | undefined,
  visit: (found: ComponentPackage) => boolean,
): Promise<boolean> {
  for (const [index, folder] of folders.entries()) {
    if (index % 64 === 63) await setImmediate();
    const found = read(folder);
    if (found && visit(found)) return true;
  }
  return false;
}

function* ancestors(root: string): Generator<string> {
  for (let folder = root, above = dirname(root); ; folder = above, above = dirname(folder)) {
    if (!folder.endsWith("node_modules")) yield folder;
    if (above === folder) return;
  }
}

/** Folders of all packages in a node_modules folder, scoped ones too, in the order of their names. */
function listPackages(modules: string): string[] {
  const folders: string[] = [];
  for (const name of namesIn(modules)) {
    if (name.startsWith(".")) continue;
    if (!name.startsWith("@")) folders.push(join(modules, name));
    else for (const scoped of namesIn(join(modules, name))) folders.push(join(modules, name, scoped));
  }
  return folders;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
