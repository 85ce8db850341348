import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";

/** Compiled code that is kept on disk, so that the second start is quicker. */
export interface CompiledCode {
  /**
   * What a script of the build gives, and what `sources` gives where there is none: in development, and with another transport than
   * the script has in it. Node keeps of a module what it compiled before the module ran, which are few of its functions; of a
   * script everything is kept that had run until `save`.
   */
  load<Exports>(script: URL, sources: () => Promise<Exports>): Promise<Exports>;
  /**
   * Writes what was compiled so far; otherwise Node's part is written at the end, which a process that is killed does not reach. V8's flags
   * must be those of `load`: it takes code only under the flags under which it was kept.
   */
  save(): void;
}

/**
 * In the user's own cache folder: who may write into the temporary folder, Node's usual place, could plant code there. A folder
 * that cannot be made means no cache. Node's variables NODE_COMPILE_CACHE, which names another place, and
 * NODE_DISABLE_COMPILE_CACHE count as always.
 *
 * Host and components have a folder each: V8 takes code only under the flags under which it was compiled, and in one folder each
 * would overwrite what it could not take from the other.
 */
export function keepCompiledCode(owner: "host" | "component"): CompiledCode {
  const cache = cacheFolder();
  const folder = cache && enableCompileCache(join(cache, "trilby", "code", owner)).directory;
  let unsaved: (() => void) | undefined;
  return {
    async load(url, sources) {
      const source = process.env["TRILBY_TRANSPORT"] ? undefined : read(fileURLToPath(url));
      if (source === undefined) return sources();
      const { script, keep } = compile(source, fileURLToPath(url), folder);
      unsaved = keep;
      const start = script.runInThisContext() as ScriptStart<Awaited<ReturnType<typeof sources>>>;
      return start(
        url.href,
        (specifier) => import(specifier.startsWith(".") ? new URL(specifier, url).href : specifier),
      );
    },
    save() {
      flushCompileCache();
      unsaved?.();
      unsaved = undefined;
    },
  };
}

/** What the build makes of modules: it takes what they find in `import.meta.url` and `import()`. */
type ScriptStart<Exports> = (url: string, importModule: (specifier: string) => Promise<unknown>) => Exports;

interface Compiled {
  readonly script: Script;
  /** Absent when there is nothing to write: it was compiled from what was kept, or there is no folder. */
  readonly keep: (() => void) | undefined;
}

function compile(source: Buffer, file: string, folder: string | undefined): Compiled {
  // The build writes ASCII, of which V8 keeps a byte a character.
  const text = source.toString("latin1");
  if (folder === undefined) return { script: new Script(text, { filename: file }), keep: undefined };
  const sourceSum = crc32(source);
  // One for each version of V8, its flags, and this kind of processor.
  const tag = cachedDataVersionTag();
  const kept = join(folder, [basename(file), crc32(file), tag].join("-"));
  const cachedData = readKept(kept, sourceSum);
  const script = new Script(text, { filename: file, ...(cachedData && { cachedData }) });
  const isTaken = cachedData !== undefined && script.cachedDataRejected !== true;
  const keep = (): void => {
    if (cachedDataVersionTag() === tag) writeKept(kept, sourceSum, script.createCachedData());
  };
  return { script, keep: isTaken ? undefined : keep };
}

/** Before the code: the checksums of the source and of the code. V8 does not check, and damaged code crashes the process. */
const headBytes = 8;

function readKept(file: string, sourceSum: number): Buffer | undefined {
  const bytes = read(file);
  if (bytes === undefined || bytes.length <= headBytes || bytes.readUInt32LE(0) !== sourceSum) return undefined;
  const code = bytes.subarray(headBytes);
  return bytes.readUInt32LE(4) === crc32(code) ? code : undefined;
}

function writeKept(file: string, sourceSum: number, code: Buffer): void {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(sourceSum, 0);
  head.writeUInt32LE(crc32(code), 4);
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, Buffer.concat([head, code]), { mode: 0o600 });
    renameSync(unfinished, file);
  } catch {
    // A full disk or a folder that is read-only: the next start compiles again.
  }
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: folder } = process.env;
  if (folder) return folder;
  try {
    return join(homedir(), ".cache");
  } catch {
    return undefined; // A user without a home.
  }
}
