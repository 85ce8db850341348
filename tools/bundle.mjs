// Turns a package's sources into the few files that are published: one for each entry, and what entries share. To find and load a
// module takes half a millisecond, so a host of three hundred of them would start late.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

/** Declarations name them, so that users need them; of their code a small part goes in. */
const dependenciesForTypes = ["@bufbuild/protobuf"];

/** Writes the JavaScript of `folder`/dist and removes that of earlier builds. The declarations are the compiler's. */
export async function bundle(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const outside = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    (name) => !dependenciesForTypes.includes(name),
  );
  const build = await rolldown({
    input: entries(folder, manifest),
    platform: "node",
    // What users install stays outside; what this repository alone installs goes in.
    external: (id) => id.startsWith("node:") || outside.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [tablesAsText, quickIoredis],
    preserveEntrySignatures: "allow-extension",
  });
  const output = join(folder, "dist");
  const { output: chunks } = await build.write({
    dir: output,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    codeSplitting: {
      groups: foldersOfOneFile.map((folders) => ({
        name: folders[0],
        test: (id) => folders.some((folder) => id.includes(`/src/${folder}/`)),
        minShareCount: 2,
      })),
    },
    plugins: [plainBuiltins],
  });
  await build.close();
  const made = [...chunks, ...(await bundleScripts(folder, manifest.name))];
  writeLicences(output, made);
  const written = new Set(made.map(({ fileName }) => fileName));
  for (const file of readdirSync(output, { recursive: true, encoding: "utf8" }))
    if (/\.c?js$/.test(file) && !written.has(file)) rmSync(join(output, file));
}

/**
 * Parts of packages that are also built as one script, siblings included, because of a script all compiled code can be kept on disk
 * (`host/src/compile-cache.ts`). `apart`: what few starts need and is large; the script loads the package's own module.
 */
const scripts = {
  "@trilby/host": { command: { apart: { "blocks/pubsub/cel": "cel" } } },
};

/** Writes the scripts of a package beside its modules: each is a function in parentheses, for `load` of compile-cache.ts. */
async function bundleScripts(folder, name) {
  const all = Object.entries(scripts[name] ?? {}).map(async ([script, { apart }]) => {
    const build = await rolldown({
      input: join(folder, "src", `${script}.ts`),
      platform: "node",
      resolve: { conditionNames: ["@trilby/source", "import", "node", "default"] },
      external: (id) =>
        id.startsWith("node:") ||
        id === "@trilby/proto/descriptors" ||
        Object.keys(apart).some((path) => isModule(id, path)),
      plugins: [withoutGrpcJs],
    });
    const { output } = await build.generate({
      format: "esm",
      codeSplitting: false,
      comments: false,
      plugins: [plainBuiltins],
    });
    await build.close();
    if (output.length > 1)
      throw new Error(`the script ${script} has several parts: ${output.map((part) => part.fileName).join(", ")}`);
    const fileName = `${script}.cjs`;
    writeFileSync(join(folder, "dist", fileName), scriptOf(output[0].code, apart));
    return { ...output[0], fileName };
  });
  return Promise.all(all);
}

function isModule(id, path) {
  return id.endsWith(`/${path.split("/").at(-1)}.ts`);
}

/** The transport that is chosen by a variable of the environment is in the package's modules alone. */
const withoutGrpcJs = {
  name: "without-grpc-js",
  resolveId: (id) => (/\/grpc-js\/[\w-]+\.ts$/.test(id) ? { id: "grpc-js", moduleSideEffects: false } : undefined),
  load: (id) => (id === "grpc-js" ? "export {};" : undefined),
};

/** JSON.parse makes a large table in a tenth of the time that it takes to compile one and to run it. */
const tablesAsText = {
  name: "tables-as-text",
  transform: (code, id) =>
    id.endsWith(".json") && code.length > 10_000
      ? { code: `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(code)))});`, moduleType: "js" }
      : undefined,
};

/** What ioredis does when it is loaded, done in less time: it made two thirds of its start. */
const quickIoredis = {
  name: "quick-ioredis",
  transform(code, id) {
    const [, change] = Object.entries(loopsOfIoredis).find(([path]) => id.endsWith(path)) ?? [];
    if (change === undefined) return undefined;
    const changed = code.replace(change.loop, (text) => change.replace(text, id));
    if (changed === code) throw new Error(`${id} has not the loop that was to be made quicker`);
    return changed;
  },
};

const loopsOfIoredis = {
  // A thousand methods: V8 makes a new description of the prototype for each, in time that grows with their square, unless a member
  // was deleted before.
  "/ioredis/built/utils/Commander.js": {
    loop: /^commands\.forEach\(/m,
    replace: (text) =>
      [
        "Object.assign(Commander.prototype, { one: 1, two: 2 });",
        "delete Commander.prototype.one;",
        "delete Commander.prototype.two;",
        text,
      ].join("\n"),
  },
  // The flags of each command as an object.
  "/@ioredis/commands/built/index.js": {
    loop: /^const flags = \{\};\s*exports\.list\.forEach\([\s\S]*?^\}\);/m,
    replace(text, id) {
      const commands = JSON.parse(readFileSync(join(dirname(id), "commands.json"), "utf8"));
      const flags = Object.entries(commands).map(([name, { flags: all }]) => [
        name,
        Object.fromEntries(all.map((each) => [each, true])),
      ]);
      return `const flags = JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(flags)))});`;
    },
  },
};

/** The code of a module as a script, in ASCII so that V8 keeps a byte a character. */
function scriptOf(code, apart) {
  const exports = /^export \{ ([^}]*) \};\s*$/m;
  const names = exports.exec(code)?.[1];
  if (names === undefined) throw new Error("the module exports nothing by name");
  const body = code
    .replace(exports, `return { ${names.replaceAll(/(\w+) as (\w+)/g, "$2: $1")} };`)
    .replaceAll("import.meta.url", "moduleUrl")
    .replaceAll(/\bimport\(("[^"]*")?/g, (_, path) => {
      const name = Object.entries(apart).find(([each]) => path && isModule(path.slice(1, -1), each))?.[1];
      return `importModule(${name ? `"./${name}.js"` : (path ?? "")}`;
    });
  const left = /^(?:import|export) .*/m.exec(body);
  if (left) throw new Error(`a script cannot have this line: ${left[0]}`);
  const ascii = body.replaceAll(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `(function (moduleUrl, importModule) { "use strict";\n${ascii}\n});\n`;
}

/** By their names in `dist`: all that package.json leads to. */
function entries(folder, { name: ofPackage, exports = {}, bin = {}, imports = {} }) {
  const names = [exports, bin, imports].flatMap(targets).map((target) => /^\.\/dist\/(.+)\.js$/.exec(target)?.[1]);
  const apart = Object.values(scripts[ofPackage] ?? {}).flatMap((script) => Object.entries(script.apart));
  return Object.fromEntries([
    ...names.filter(Boolean).map((name) => [name, join(folder, "src", `${name}.ts`)]),
    ...apart.map(([path, name]) => [name, join(folder, "src", `${path}.ts`)]),
  ]);
}

/** Of these, what several files need stands in one; of other folders in one for each combination of files that need it. */
const foldersOfOneFile = [["options"], ["gen"], ["contract", "errors", "metadata", "open"]];

function targets(value) {
  return typeof value === "string" ? [value] : Object.values(value ?? {}).flatMap(targets);
}

/**
 * Takes Node's own modules as objects. An `import` reads every member of them once, and some are made when they are read: to
 * import `node:http` loads a WebSocket client, which costs 20 ms and 13 MB. Modules that cost milliseconds themselves and that
 * many processes never need are loaded at the first call.
 */
const plainBuiltins = {
  name: "plain-builtins",
  renderChunk: (code) =>
    code
      .replace(
        /^import (?:([\w$]+|\* as [\w$]+)(?:, )?)?(\{[^}]*\})? from "node:([\w/]+)";$/gm,
        (_, whole, some, name) => {
          const members = [...(some ?? "").matchAll(/(\w+)(?: as ([\w$]+))?/g)].map(([, member, as = member]) => ({
            member,
            as,
          }));
          if (seldom.includes(name) && whole === undefined)
            return members.map(({ member, as }) => `const ${as} = ${later(name, member)};`).join("\n");
          const parts = [whole?.replace("* as ", ""), some?.replaceAll(/(\w+) as ([\w$]+)/g, "$1: $2")].filter(Boolean);
          return `const ${parts.map((part) => `${part} = ${builtin(name)}`).join(", ")};`;
        },
      )
      // As the compiler writes what libraries import: members are looked up at each use.
      .replace(/(const \w+ = )__require\("(?:node:)?(\w+)"\);/g, (line, start, name) => {
        const parts = `get: (_, member) => ${builtin(name)}[member], apply: (_, self, values) => ${builtin(name)}(...values)`;
        return seldom.includes(name) ? `${start}new Proxy(() => {}, { ${parts} });` : line;
      }),
};

const seldom = ["assert", "crypto", "fs/promises", "http", "http2", "https", "perf_hooks", "readline", "tls", "zlib"];

/** A member of a module that is loaded when the member is called, made or read. */
function later(name, member) {
  const value = `${builtin(name)}.${member}`;
  if (isFunction(name, member) && /^[a-z]/.test(member)) return `(...values) => ${value}(...values)`;
  return `new Proxy(function () {}, { get: (_, each) => ${value}[each], construct: (_, values) => new (${value})(...values) })`;
}

function builtin(name) {
  return `process.getBuiltinModule("node:${name}")`;
}

function isFunction(name, member) {
  return typeof process.getBuiltinModule(`node:${name}`)[member] === "function";
}

/** Of the libraries that went in. */
function writeLicences(output, chunks) {
  const folders = new Set(
    chunks
      .flatMap(({ moduleIds = [] }) => moduleIds)
      .map((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1])
      .filter(Boolean),
  );
  const file = join(output, "LICENSES.txt");
  rmSync(file, { force: true });
  if (folders.size === 0) return;
  const texts = [...folders]
    .sort((left, right) => (left < right ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const path = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      return `${name} ${version} (${license})\n\n${path === undefined ? "" : readFileSync(join(folder, path), "utf8").trim()}\n`;
    });
  writeFileSync(file, texts.join(`\n${"-".repeat(80)}\n\n`));
}
