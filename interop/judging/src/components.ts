import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess, type RunningProcess } from "./processes.ts";

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export interface ServeOptions {
  readonly socketsFolder: string;
  /** Of a package with several components, the one to serve: `state.postgresql/v2`. */
  readonly only?: string | undefined;
  /** Another socket name than the package's own. */
  readonly name?: string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ServedPackage {
  readonly process: RunningProcess;
  /** What a stock daprd calls it behind its kind: `redis` for `state.redis`. */
  readonly socketName: string;
}

/** Runs the program of a component package, as `npx` would, from what a release publishes. Resolves when it takes calls. */
export async function servePackage(
  packageName: string,
  { socketsFolder, only, name, environment = {} }: ServeOptions,
): Promise<ServedPackage> {
  const folder = join(root, "components", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin: Record<string, string> };
  const program = join(folder, Object.values(bin)[0]!);
  if (!existsSync(program)) throw new Error(`${program} is not there: npm run build`);
  const words = [program, "--sockets-folder", socketsFolder];
  if (only !== undefined) words.push("--only", only);
  if (name !== undefined) words.push("--name", name);
  const running = startProcess(process.execPath, words, { environment });
  const ready = await running.line((line) => line.startsWith("trilby component ready "));
  return { process: running, socketName: basename(ready.slice("trilby component ready ".length), ".sock") };
}
