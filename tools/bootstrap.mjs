// Installs the workspace when it has changed. Runs before every script that needs it, on any Node from 20, so it is plain JavaScript
// that imports nothing but Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, "node_modules", ".bootstrap");

const major = Number(process.versions.node.split(".")[0]);
const bringsNode = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
if (major < 20) {
  fail(`Node ${process.versions.node} is too old. Install Node 24 (20 is enough on Linux x64 and arm64).`);
}
if (major < 24 && !bringsNode) {
  fail(
    `Trilby needs Node 24 and this is ${process.versions.node}. Install Node 24: on ${process.platform} ${process.arch} it is not brought along.`,
  );
}

const stamp = createHash("sha256")
  .update(readFileSync(join(root, "pnpm-lock.yaml")))
  .update(`${process.platform} ${process.arch}`)
  .digest("hex");
if (read(stampFile) !== stamp) install();

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.log(`Installing the workspace with ${packageManager} ...`);
  // The npm that started us exports its own settings as variables that pnpm would take for its own.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|command)/.test(name)),
  );
  const words = ["--yes", packageManager, "install", "--frozen-lockfile", "--reporter=append-only"];
  const result = spawnSync("npx", words, { cwd: root, encoding: "utf8", env, shell: process.platform === "win32" });
  if (result.error) fail(`Could not run npx, which comes with npm: ${result.error.message}`);
  if (result.status !== 0) {
    fail(`${result.stdout}${result.stderr}\nThe installation failed (npx ${words.join(" ")}). Its output is above.`);
  }
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
