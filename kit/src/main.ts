import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ComponentDefinition } from "./contract/definition.ts";

/**
 * A package's executable: `await main(() => import("./index.ts"))` in a module that imports nothing else. As `serve` of
 * `@trilby/kit/serve`, and it keeps compiled code in the user's cache folder, so that the second start is quicker.
 */
export async function main(
  load: () => Promise<{ readonly default: ComponentDefinition | readonly ComponentDefinition[] }>,
): Promise<void> {
  const folder = cacheFolder();
  if (folder !== undefined) enableCompileCache(join(folder, "trilby", "code", "component"));
  const [{ serve }, { default: definitions }] = await Promise.all([import("./serve/index.ts"), load()]);
  await serve(definitions);
  // At the latest at the end, which a process that is killed does not reach.
  setTimeout(flushCompileCache, afterStartMs).unref();
}

const afterStartMs = 2000;

/** Not the temporary folder, where others may write: who can write compiled code decides what is run. */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: folder } = process.env;
  if (folder) return folder;
  try {
    return join(homedir(), ".cache");
  } catch {
    return undefined; // A user without a home.
  }
}
