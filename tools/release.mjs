// `npm run release -- version` turns the changesets into versions and changelogs; `npm run release -- publish` builds and publishes
// what the registry does not have. Both need the package manager in PATH under its own name.
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const env = { ...process.env, PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH };
const words = process.argv.slice(2);

if (words[0] === "publish") run("node", [join(root, "tools", "build.mjs")]);
run("npx", ["--yes", `--package=${packageManager}`, "--", "changeset", ...words]);

function run(command, rest) {
  const { status, error } = spawnSync(command, rest, { cwd: root, env, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
