import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const root = dirname(dirname(dirname(import.meta.dirname)));

/** A folder of its own under the system's temporary one, far from any node_modules. */
export function emptyFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `trilby-${name}-`));
}

/** What a fresh clone holds, with what is not committed yet; and a Git history of one commit. */
export function copyWorkspace(): string {
  const copy = emptyFolder("workspace");
  const listing = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  for (const file of listing.split("\0").filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  const git = (...words: string[]) => execFileSync("git", words, { cwd: copy, stdio: "pipe" });
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=everything");
  return copy;
}

/** Packages of ours come from this registry, everyone else's from the usual one. */
export function useRegistry(folder: string, url: string): void {
  writeFileSync(join(folder, ".npmrc"), `@trilby:registry=${url}\n//${url.replace("http://", "")}/:_authToken=test\n`);
}

/** Runs a command to its end, with nothing of this workspace around it; rejects with what it printed. */
export function run(folder: string, command: string, ...words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd: folder, env: userEnvironment(), stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (part: Buffer) => (output += part.toString()));
    child.stderr.on("data", (part: Buffer) => (output += part.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${[command, ...words].join(" ")} in ${folder} ended with ${code}:\n${output}`));
    });
  });
}

/** A user's: our Node first, but none of our programs, variables of npm scripts, or conditions. */
export function userEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|execpath)|NODE_OPTIONS|VITEST|INIT_CWD|PNPM_)/.test(name),
  );
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.startsWith(root));
  return { ...Object.fromEntries(kept), PATH: [dirname(process.execPath), ...path].join(delimiter) };
}
