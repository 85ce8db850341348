import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, test } from "vitest";
import { publishable, root } from "../publishable.mjs";

// The rules of CONTRIBUTING.md that no other tool sees.

describe.each(publishable())("$name", ({ name, folder }) => {
  test("depends on what its place in the house allows", () => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    const ours = Object.keys(dependencies).filter((dependency) => dependency.startsWith("@trilby/"));
    assert.deepEqual(
      ours.filter((dependency) => !mayDependOn(name, folder, dependency)),
      [],
    );
  });

  test("reaches into no other package's folder", () => {
    const escapes = sources(folder).flatMap((file) =>
      relativeImports(file)
        .filter((target) => relative(join(root, folder), resolve(dirname(file), target)).startsWith(".."))
        .map((target) => `${relative(root, file)} imports ${target}`),
    );
    assert.deepEqual(escapes, []);
  });

  test("has files of a size that can be read, named for what they hold", () => {
    const written = sources(folder).filter((file) => !file.includes("/src/gen/"));
    const long = written.filter(
      (file) => file.includes("/src/") && readFileSync(file, "utf8").split("\n").length > 301,
    );
    const vague = written.filter((file) => /\/(utils?|helpers?|constants|types|misc)\.ts$/.test(file));
    assert.deepEqual(
      [...long, ...vague].map((file) => relative(root, file)),
      [],
    );
  });
});

function mayDependOn(name: string, folder: string, dependency: string): boolean {
  if (folder.startsWith("components")) return dependency === "@trilby/kit" || dependency.endsWith("-client");
  if (name === "@trilby/proto" || name === "@trilby/wire") return false;
  if (name === "@trilby/kit") return ["@trilby/proto", "@trilby/wire"].includes(dependency);
  if (name === "@trilby/host") return ["@trilby/kit", "@trilby/proto", "@trilby/wire"].includes(dependency);
  if (name === "@trilby/conformance") return ["@trilby/kit", "@trilby/proto"].includes(dependency);
  return true;
}

function sources(folder: string): string[] {
  return ["src", "test", "bench"].flatMap((part) => {
    try {
      return readdirSync(join(root, folder, part), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(root, folder, part, file));
    } catch {
      return [];
    }
  });
}

function relativeImports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]*)"/g)].map((match) => match[1]!);
}
