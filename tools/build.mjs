// Builds every package into its dist: declarations by the compiler, JavaScript by the bundler. Removes what the compiler once wrote
// for sources that are gone: it would be published.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { status, error } = spawnSync("tsc", ["-b", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (error) throw error;
const { references } = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8"));
for (const { path } of references) {
  prune(join(root, path));
  await bundle(join(root, path));
}
process.exitCode = status ?? 1;

function prune(folder) {
  const output = join(folder, "dist");
  if (!existsSync(output)) return;
  for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
    const match = /^(.*?)\.d\.ts$/.exec(entry.name);
    if (!entry.isFile() || !match) continue;
    const source = join(folder, "src", entry.parentPath.slice(output.length), `${match[1]}.ts`);
    if (!existsSync(source)) rmSync(join(entry.parentPath, entry.name));
  }
}
