import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

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
  const packages = new Map<string, Promise<ComponentPackage | undefined>>();
  const listings = new Map<string, Promise<string[]>>();
  const read = (folder: string) => remember(packages, folder, () => readComponentPackage(folder));
  const list = (modules: string) => remember(listings, modules, () => listPackages(modules));

  return {
    async search(root, visit) {
      for (const folder of ancestors(root)) {
        const own = await read(folder);
        if (own && visit(own)) return;
        const modules = join(folder, "node_modules");
        const installed = await list(modules);
        if (installed.length === 0) continue;
        const asked = new Set((await readDependencies(folder)).map((name) => join(modules, name)));
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
        const found = await read(join(folder, "node_modules", name));
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

function remember<T>(memory: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let made = memory.get(key);
  if (made === undefined) memory.set(key, (made = make()));
  return made;
}

/** In batches: side by side is quicker, and thousands of packages must not open thousands of files. */
async function visitEach(
  folders: readonly string[],
  read: (folder: string) => Promise<ComponentPackage | undefined>,
  visit: (found: ComponentPackage) => boolean,
): Promise<boolean> {
  const batch = 64;
  for (let start = 0; start < folders.length; start += batch) {
    for (const found of await Promise.all(folders.slice(start, start + batch).map(read))) {
      if (found && visit(found)) return true;
    }
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
async function listPackages(modules: string): Promise<string[]> {
  const folders: string[] = [];
  for (const name of await namesIn(modules)) {
    if (name.startsWith(".")) continue;
    if (!name.startsWith("@")) folders.push(join(modules, name));
    else for (const scoped of await namesIn(join(modules, name))) folders.push(join(modules, name, scoped));
  }
  return folders;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch((): string[] => [])).sort();
}
