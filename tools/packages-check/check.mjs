// Packs every package as it is published and looks into the tarballs. Needs the build.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageManager, publishable, root } from "./publishable.mjs";

const run = promisify(execFile);
const packed = join(root, "reports", "packages");
const packages = publishable();
const names = new Set(packages.map(({ name }) => name));

// Files a package may hold beside its README, licence and manifest.
const allowed = [
  /^dist\/.+\.(c?js|d\.ts)$/,
  /^(README|CHANGELOG)\.md$/,
  /^(LICENSE|package\.json|certificate\.json|conformance\.yaml|metadata\.yaml|component\.schema\.json)$/,
  /^proto\/.+\.proto$/,
  // Of the libraries that went into the build.
  /^dist\/LICENSES\.txt$/,
];

rmSync(packed, { recursive: true, force: true });
mkdirSync(packed, { recursive: true });
const [command, ...words] = packageManager();
const filters = packages.map(({ name }) => `--filter=${name}`);
await run(command, [...words, ...filters, "pack", "--pack-destination", packed], { cwd: root, maxBuffer: 1 << 26 });

const files = readdirSync(packed);
let bad = 0;
const queue = [...packages];
// Two at a time: each starts two programs.
await Promise.all([worker(), worker()]);
if (files.length !== packages.length)
  report("the workspace", [`${packages.length} packages were packed into ${files.length} files`]);
process.exitCode = bad === 0 ? 0 : 1;

async function worker() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) report(next.name, await problemsOf(next));
}

function report(name, problems) {
  if (problems.length === 0) return;
  bad++;
  console.log([name, ...problems.map((problem) => `  ${problem}`)].join("\n"));
}

async function problemsOf({ name, folder }) {
  const prefix = `${name.replace("@", "").replace("/", "-")}-`;
  const file = files.find((candidate) => candidate.startsWith(prefix) && /^\d/.test(candidate.slice(prefix.length)));
  if (file === undefined) return ["was not packed"];
  const tarball = join(packed, file);
  const { stdout } = await run("tar", ["-tzf", tarball]);
  const contents = stdout
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""));
  const manifest = JSON.parse((await run("tar", ["-xzOf", tarball, "package/package.json"])).stdout);
  return [
    ...contents
      .filter((path) => !allowed.some((pattern) => pattern.test(path)))
      .map((path) => `${path} must not be published`),
    ...["README.md", "LICENSE"].filter((path) => !contents.includes(path)).map((path) => `${path} is missing`),
    ...(await manifestProblems(manifest, folder, contents, tarball)),
    ...(await tool("publint", ["run", tarball, "--strict"])),
    ...(await tool("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--no-color"])),
  ];
}

async function manifestProblems(manifest, folder, contents, tarball) {
  const problems = [];
  const require = (condition, problem) => condition || problems.push(problem);
  require(manifest.description, "package.json has no description");
  require(manifest.license === "Apache-2.0", "package.json: license must be Apache-2.0");
  require(manifest.type === "module", 'package.json: type must be "module"');
  require(manifest.engines?.node === ">=24", 'package.json: engines.node must be ">=24"');
  require(manifest.repository?.directory === folder, `package.json: repository.directory must be ${folder}`);
  require(manifest.publishConfig?.access === "public", 'package.json: publishConfig.access must be "public"');
  require(manifest.devDependencies === undefined, "package.json still has devDependencies");

  for (const [dependency, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    require(!/^(workspace|catalog|link|file):/.test(range), `package.json: ${dependency} is ${range}`);
    require(!dependency.startsWith("@trilby/") ||
      names.has(dependency), `depends on ${dependency}, which is not published`);
  }
  for (const target of targets(manifest.exports)) {
    require(contents.includes(target.replace("./", "")), `exports ${target}, which it does not hold`);
  }
  require(!JSON.stringify(manifest.exports ?? {}).includes("@trilby/source"), "exports lead to sources");
  for (const [name, target] of Object.entries(manifest.bin ?? {})) {
    const path = target.replace("./", "");
    require(contents.includes(path), `the command ${name} is ${target}, which it does not hold`);
    if (!contents.includes(path)) continue;
    const { stdout } = await run("tar", ["-xzOf", tarball, `package/${path}`]);
    require(stdout.startsWith("#!/usr/bin/env node\n"), `${target} does not start with #!/usr/bin/env node`);
  }
  return problems;
}

function targets(value) {
  if (typeof value === "string") return value.includes("*") ? [] : [value];
  return Object.values(value ?? {}).flatMap(targets);
}

async function tool(program, words) {
  try {
    await run(program, words, { cwd: root });
    return [];
  } catch (error) {
    return [
      `${program}:`,
      ...`${error.stdout}${error.stderr}`
        .trim()
        .split("\n")
        .map((line) => `  ${line}`),
    ];
  }
}
