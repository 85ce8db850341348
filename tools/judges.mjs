// What `npm run judges` runs: every folder of interop/ that holds a judge.json, one after another, one line each, and the count as the
// last line. With arguments, those alone: `npm run judges -- conformance`. What a judge said is in reports/judge-NAME.log.
// Plain JavaScript: it may be started by Node 20, and runs everything else on the Node 24 of node_modules.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const interop = join(root, "interop");
const reports = join(root, "reports");
const environment = { ...process.env, PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH };
const count = { passed: 0, failed: 0, skipped: 0 };

const all = readdirSync(interop).filter((name) => existsSync(join(interop, name, "judge.json")));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no judge ${unknown.join(", ")}. There are ${all.join(", ")}.`);
  process.exit(1);
}

mkdirSync(reports, { recursive: true });
// The judges take what users get.
if (!(await run("build", "node", ["tools/build.mjs"])).ok) count.failed++;
for (const name of wanted.length > 0 ? wanted : all) {
  const { judges } = JSON.parse(readFileSync(join(interop, name, "judge.json"), "utf8"));
  const { ok, last } = await run(name, "node", [join("interop", name, "run.ts")], judges);
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(last) ?? [];
  count.passed += Number(passed ?? 0);
  count.failed += Math.max(Number(failed ?? 0), ok ? 0 : 1);
  count.skipped += Number(skipped ?? 0);
}
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed > 0 ? 1 : 0;

async function run(name, command, words, about = "") {
  const log = join(reports, `judge-${name}.log`);
  const file = createWriteStream(log);
  const started = performance.now();
  const child = spawn(command, words, { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  // A failure is shown with what it said below it, and what was not run by its line.
  const shown = [];
  let last = "";
  let failing = false;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      file.write(`${line}\n`);
      if (line.trim() !== "") last = line;
      failing = line.startsWith("FAIL") || (failing && line.startsWith("     |"));
      if (failing || line.startsWith("NOT RUN")) shown.push(line);
    });
  }
  const code = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (status, signal) => resolve(status ?? signal));
  });
  file.end();
  const ok = code === 0;
  const seconds = ((performance.now() - started) / 1_000).toFixed(0).padStart(4);
  const how = ok || /failed/.test(last) ? last : `ended with ${code}, see ${log}`;
  console.log(`${ok ? "ok  " : "FAIL"} ${name.padEnd(15)} ${seconds} s  ${how}${about && `  (${about})`}`);
  for (const line of shown.slice(0, 200)) console.log(`     ${line}`);
  return { ok, last };
}
