import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, NotBuilt } from "./cache.ts";

/**
 * The `python` of a virtual environment in the cache that holds what `requirements.txt` in `folder` names. It is made anew when the
 * requirements have changed, or a making was broken off.
 */
export function buildPython(name: string, folder: string): string {
  const file = join(folder, "requirements.txt");
  const requirements = readFileSync(file, "utf8");
  const target = cacheFolder(name);
  const python = join(target, "bin", "python");
  const stamp = join(target, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return python;
  console.log(`     installing ${name}, half a minute`);
  rmSync(target, { recursive: true, force: true });
  run("python3", ["-m", "venv", target]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", file]);
  writeFileSync(stamp, requirements);
  return python;
}

function run(program: string, words: readonly string[]): void {
  const { error, status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (error) throw new NotBuilt(`there is no ${program}: install python3 and python3-venv`);
  const said = `${stdout}${stderr}`;
  if (/ensurepip/.test(said) && status !== 0) throw new NotBuilt("Python has no venv: install python3-venv");
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${status}:\n${said}`);
}
