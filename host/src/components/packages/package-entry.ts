import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { ComponentPackage, PackageJson } from "./manifest.ts";

/** The URL of the module that `import "the-package"` would load from the place where the package was found. */
export function packageEntry({
  name,
  folder,
  manifest,
}: Pick<ComponentPackage, "name" | "folder" | "manifest">): string {
  const target = entryTarget(manifest);
  if (target === undefined) throw new Error(`${join(folder, "package.json")}: "exports" of ${name} has no entry "."`);
  return pathToFileURL(join(folder, target)).href;
}

function entryTarget(manifest: PackageJson): string | undefined {
  const { exports, main } = manifest;
  if (exports === undefined || exports === null) return typeof main === "string" && main !== "" ? main : "index.js";
  const isSubpaths = typeof exports === "object" && Object.keys(exports).some((key) => key.startsWith("."));
  return pick(isSubpaths ? (exports as Record<string, unknown>)["."] : exports);
}

/** Node's rule: the first condition that holds and leads to a file. */
function pick(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (Array.isArray(target)) return target.map(pick).find((each) => each !== undefined);
  if (typeof target !== "object" || target === null) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const found = conditions.has(condition) ? pick(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const conditions = new Set(["node", "import", "module-sync", "default", ...conditionsOfThisProcess()]);

function conditionsOfThisProcess(): string[] {
  const words = [...process.execArgv, ...(process.env["NODE_OPTIONS"] ?? "").split(/\s+/)];
  return words.flatMap((word, index) => {
    const match = /^(?:--conditions|-C)(?:=(.+))?$/.exec(word);
    if (match === null) return [];
    return [match[1] ?? words[index + 1] ?? ""];
  });
}
