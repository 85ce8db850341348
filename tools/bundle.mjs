// Turns a package's sources into the few files that are published: one for each entry, and what entries share. To find and load a
// module takes half a millisecond, so a host of three hundred of them would start late.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
  });
  const output = join(folder, "dist");
  const { output: chunks } = await build.write({
    dir: output,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    codeSplitting: {
      groups: foldersOfOneFile.map((folder) => ({ name: folder, test: inFolder(folder), minShareCount: 2 })),
    },
    plugins: [plainBuiltins],
  });
  await build.close();
  writeLicences(output, chunks);
  const written = new Set(chunks.map(({ fileName }) => fileName));
  for (const file of readdirSync(output, { recursive: true, encoding: "utf8" }))
    if (file.endsWith(".js") && !written.has(file)) rmSync(join(output, file));
}

/** By their names in `dist`: all that package.json leads to. */
function entries(folder, { exports = {}, bin = {}, imports = {} }) {
  const names = [exports, bin, imports].flatMap(targets).map((target) => /^\.\/dist\/(.+)\.js$/.exec(target)?.[1]);
  return Object.fromEntries(names.filter(Boolean).map((name) => [name, join(folder, "src", `${name}.ts`)]));
}

/** Of these, what several files need stands in one; of other folders in one for each combination of files that need it. */
const foldersOfOneFile = ["options", "gen"];

function inFolder(folder) {
  return (id) => id.includes(`/src/${folder}/`);
}

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
          const isCalledOnly = members.every(({ member }) => /^[a-z]/.test(member) && isFunction(name, member));
          if (seldom.includes(name) && whole === undefined && isCalledOnly)
            return members
              .map(({ member, as }) => `const ${as} = (...values) => ${builtin(name)}.${member}(...values);`)
              .join("\n");
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

const seldom = ["assert", "crypto", "https", "tls", "zlib"];

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
