import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps compiled code on disk, so that the second start is quicker. In the user's own cache folder: who may write into the
 * temporary folder, Node's usual place, could plant code there. A folder that cannot be made means no cache. Node's variables
 * NODE_COMPILE_CACHE, which names another place, and NODE_DISABLE_COMPILE_CACHE count as always.
 *
 * Host and components have a folder each: V8 takes code only under the flags under which it was compiled, and in one folder each
 * would overwrite what it could not take from the other.
 */
export function keepCompiledCode(owner: "host" | "component"): void {
  const folder = cacheFolder();
  if (folder !== undefined) enableCompileCache(join(folder, "trilby", "code", owner));
}

/** Writes what was compiled so far; otherwise it is written at the end, which a process that is killed does not reach. */
export function saveCompiledCode(): void {
  setTimeout(flushCompileCache, afterStartMs).unref();
}

const afterStartMs = 2000;

function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: folder } = process.env;
  if (folder) return folder;
  try {
    return join(homedir(), ".cache");
  } catch {
    return undefined; // A user without a home.
  }
}
