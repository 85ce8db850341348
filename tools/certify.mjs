// Certifies every component against its real server, in-process and over a socket, and writes what follows from that:
// certificate.json of each package, and docs/components.md. With arguments, those packages alone: `npm run certify -- state-redis`.
// With --page it runs nothing and writes the page from the certificates that are there; with --check it only compares.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { certificateFile, componentsPage } from "@trilby/conformance";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, "docs", "components.md");
const words = process.argv.slice(2);
const mode = words.find((word) => word === "--page" || word === "--check");
const wanted = words.filter((word) => !word.startsWith("--"));

const packages = readdirSync(join(root, "components"))
  .filter((name) => existsSync(join(root, "components", name, "test", "conformance.test.ts")))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (packages.length === 0)
  throw new Error(`components/ holds none of ${wanted.join(", ")} with a test/conformance.test.ts`);

if (mode === undefined) {
  const tests = packages.map((name) => `components/${name}/test/conformance.test.ts`);
  const started = Date.now();
  const { status } = spawnSync("vitest", ["run", "--silent=passed-only", "--no-file-parallelism", ...tests], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH,
      NODE_OPTIONS: "--conditions=@trilby/source",
      TRILBY_CERTIFY: "1",
    },
  });
  process.exitCode = status ?? 1;
  for (const name of packages) {
    const file = join(root, "components", name, certificateFile);
    const fresh = existsSync(file) && statSync(file).mtimeMs >= started ? certificatesOf(name) : [];
    console.log(
      `${fresh.length > 0 ? "certificate" : "NO certificate"} ${name.padEnd(24)} ${fresh.map(inWords).join(", ")}`,
    );
  }
}

const text = componentsPage(readdirSync(join(root, "components")).flatMap(certificatesOf));
if (mode === "--check") {
  if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
    console.error("docs/components.md does not say what the certificates say: run npm run certify -- --page");
    process.exitCode = 1;
  }
} else {
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, text);
}

function certificatesOf(name) {
  const file = join(root, "components", name, certificateFile);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).certificates : [];
}

function inWords({ component, placements }) {
  const passed = Object.values(placements)
    .flatMap(({ cases }) => Object.values(cases))
    .filter((each) => each === "passed");
  return `${component.type} ${component.version}${component.variant ? ` (${component.variant})` : ""}: ${passed.length} passed`;
}
