import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, NotBuilt } from "@trilby/interop-judging";
import type { Language } from "./language.ts";

/** `dapr` with its extensions, in a virtual environment in the cache. */
export const python: Language = {
  name: "python",
  // The SDK's client speaks gRPC alone.
  combinations: [
    { client: "grpc", app: "http" },
    { client: "grpc", app: "grpc" },
  ],
  build: () => ({
    program: join(environmentFolder(), "bin", "python"),
    words: [join(folder, "app.py")],
    environment: { PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
  }),
};

const folder = join(import.meta.dirname, "..", "python");

/** Makes it anew when the requirements have changed, or a making was broken off. */
function environmentFolder(): string {
  const requirements = readFileSync(join(folder, "requirements.txt"), "utf8");
  const [, version] = /^dapr==(.+)$/m.exec(requirements)!;
  const target = cacheFolder(`sdk-python-${version}`);
  const stamp = join(target, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return target;
  console.log("     installing Python's SDK, half a minute");
  rmSync(target, { recursive: true, force: true });
  run("python3", ["-m", "venv", target]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  run(join(target, "bin", "python"), [...pip, "-r", join(folder, "requirements.txt")]);
  writeFileSync(stamp, requirements);
  return target;
}

function run(program: string, words: readonly string[]): void {
  const { error, status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8" });
  if (error) throw new NotBuilt(`there is no ${program}: install python3 and python3-venv`);
  const said = `${stdout}${stderr}`;
  if (/ensurepip/.test(said) && status !== 0) throw new NotBuilt("Python has no venv: install python3-venv");
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${status}:\n${said}`);
}
