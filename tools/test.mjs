// What `npm test` runs: every gate, then every test, one line each, and the count as the last line.
// With arguments it is vitest alone: `npm test -- components/state-redis`.
// Plain JavaScript: it may be started by Node 20, and runs everything else on the Node 24 of node_modules.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = join(root, "reports");
const report = join(reports, "vitest.json");
const environment = { ...process.env, PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH };
// Tests wait for servers more than they work.
const workers = Math.max(2, availableParallelism() - 1);
const count = { passed: 0, failed: 0, skipped: 0 };
const filters = process.argv.slice(2);

requireNode24();
process.chdir(root);
mkdirSync(reports, { recursive: true });

if (filters.length === 0) {
  // The build holds both cores for a moment; what needs its output comes after it.
  await Promise.all([
    inOrder(["types", "tsc", "--noEmit", "-p", "tsconfig.json"], ["build", "node", "tools/build.mjs"]),
    inOrder(
      ["lint", "oxlint", "--deny-warnings"],
      ["format", "oxfmt", "--check"],
      ["unused code", "knip", "--no-progress", "--no-config-hints"],
      ["generated code", "node", "proto/generate.ts", "--check"],
      ["components page", "node", "--conditions=@trilby/source", "tools/certify.mjs", "--check"],
    ),
  ]);
  await gate(["packages", "node", "tools/packages-check/check.mjs"]);
}
await tests();

const { passed, failed, skipped } = count;
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

async function inOrder(...gates) {
  for (const one of gates) await gate(one);
}

async function gate([name, command, ...words]) {
  const { code, output, seconds } = await run(command, words, "pipe");
  const ok = code === 0;
  count[ok ? "passed" : "failed"]++;
  console.log(`${ok ? "ok  " : "FAIL"} ${name.padEnd(15)} ${seconds} s`);
  if (!ok) console.log(`${output.trimEnd().replace(/^/gm, "     | ")}\n     (${[command, ...words].join(" ")})`);
}

async function tests() {
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const words = [
    "run",
    ...reporters,
    "--silent=passed-only",
    "--slowTestThreshold=10000",
    `--maxWorkers=${workers}`,
    ...filters,
  ];
  const { code, seconds } = await run("vitest", words, "inherit", { NODE_OPTIONS: "--conditions=@trilby/source" });
  const result = readReport();
  if (result === undefined) {
    count.failed++;
    console.log(`FAIL tests           vitest ended (exit code ${code}) without a report`);
    return;
  }
  // A file that does not load has no tests to count, and an error outside of any test fails the run alone.
  const unloaded = result.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  const broken = result.numFailedTests + unloaded.length;
  count.passed += result.numPassedTests;
  count.failed += broken === 0 && code !== 0 ? 1 : broken;
  count.skipped += result.numPendingTests + result.numTodoTests;
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${"tests".padEnd(15)} ${seconds} s`);
  const notRun = result.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.title.startsWith("NOT RUN"));
  for (const title of new Set(notRun.map((test) => test.title))) console.log(`     ${title}`);
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return undefined;
  }
}

function run(command, words, output, extra = {}) {
  const started = performance.now();
  const child = spawn(command, words, { env: { ...environment, ...extra }, stdio: ["ignore", output, output] });
  const parts = [];
  child.stdout?.on("data", (part) => parts.push(part));
  child.stderr?.on("data", (part) => parts.push(part));
  return new Promise((resolve) => {
    const finish = (code, note = "") => {
      const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(6);
      resolve({ code, seconds, output: Buffer.concat(parts).toString() + note });
    };
    child.once("error", (error) => finish(127, `\n${error.message}`));
    child.once("close", (code, signal) => finish(code ?? 128, signal === null ? "" : `\nended by ${signal}`));
  });
}

function requireNode24() {
  const { stdout } = spawnSync("node", ["--version"], { env: environment, encoding: "utf8" });
  if (Number(/^v(\d+)/.exec(stdout)?.[1]) >= 24) return;
  console.error(
    `The tests need Node 24 and found ${stdout.trim()}. Run npm install tools first: node tools/bootstrap.mjs`,
  );
  process.exit(1);
}
