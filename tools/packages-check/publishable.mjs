import { readFileSync, readdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Every package of the workspace that is published: `{ name, folder }`, folders relative to the root. */
export function publishable() {
  const folders = ["proto", "kit", "host", "conformance", "testing", "cli", "wire"];
  folders.push(...readdirSync(join(root, "components")).map((name) => join("components", name)));
  return folders
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) }))
    .filter((manifest) => manifest.private !== true)
    .map(({ name, folder }) => ({ name, folder }));
}

/** The package manager by its pin, as words of a command line. */
export function packageManager() {
  const { packageManager: pin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return ["npx", "--yes", pin];
}
