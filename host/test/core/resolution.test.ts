import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { installedPackages } from "../../src/components/packages/installed-packages.ts";
import { packageEntry } from "../../src/components/packages/package-entry.ts";
import { resolveComponent } from "../../src/components/resolve.ts";
import { loadResources } from "../../src/resources/load.ts";
import { manifest, scratch, write } from "./world.ts";

const packageJson = (name: string, ...entries: object[]) =>
  JSON.stringify({ name, type: "module", trilby: { components: entries } });
const entry = (type: string, more: object = {}) => ({
  type,
  version: "v1",
  kind: type.split(".")[0],
  placement: "in-process",
  ...more,
});

async function resolveIn(
  folder: string,
  yaml: string,
  settings: { placement?: "child" | "in-process"; roots?: string[] } = {},
) {
  await write(folder, { "resources/c.yaml": yaml });
  const { components } = await loadResources([join(folder, "resources")], { appId: "a", namespace: undefined });
  const unusable: string[] = [];
  const resolution = await resolveComponent(components[0]!, {
    packages: installedPackages(),
    socketsFolder: join(folder, "sockets"),
    placement: settings.placement,
    roots: settings.roots ?? [],
    onUnusableSocket: (path, reason) => unusable.push(`${path}: ${reason}`),
  });
  return "package" in resolution
    ? {
        name: resolution.package.name,
        type: resolution.entry.type,
        version: resolution.entry.version,
        placement: resolution.placement,
        unusable,
      }
    : { ...resolution, unusable };
}

test("a type is found by the manifests of installed packages, whatever they are called", async () => {
  const folder = await write(await scratch(), {
    "node_modules/left-pad/package.json": JSON.stringify({ name: "left-pad" }),
    "node_modules/broken/package.json": '{"name": "broken", "trilby": {',
    "node_modules/strange/package.json": '{"name": "strange", "trilby": {"components": [null, 5, {"kind": "state"}]}}',
    "node_modules/@acme/stores/package.json": packageJson(
      "@acme/stores",
      entry("state.redis"),
      entry("pubsub.redis", { placement: "child" }),
    ),
  });
  expect(await resolveIn(folder, manifest("c", "state.redis"))).toMatchObject({
    name: "@acme/stores",
    type: "state.redis",
    placement: "in-process",
  });
  expect(await resolveIn(folder, manifest("c", "PubSub.Redis"))).toMatchObject({
    type: "pubsub.redis",
    placement: "child",
  });
});

test("aliases and versions", async () => {
  const folder = await write(await scratch(), {
    "node_modules/pg/package.json": packageJson(
      "pg",
      entry("state.postgresql", { aliases: ["state.postgres"] }),
      entry("state.postgresql", { version: "v2", aliases: ["state.postgres"] }),
    ),
  });
  const versioned = (version: string) => manifest("c", "state.postgres").replace("version: v1", `version: ${version}`);
  for (const [written, found] of [
    ['""', "v1"],
    ["v0", "v1"],
    ["v1", "v1"],
    ["v2", "v2"],
  ] as const) {
    expect(await resolveIn(folder, versioned(written))).toMatchObject({ version: found });
  }
  await assert.rejects(resolveIn(folder, versioned("v3")), {
    message:
      "couldn't find state store state.postgres/v3: no installed package and no live socket provides it; installed versions of state.postgres: v1, v2",
  });
});

test("placement: annotation before the host's option before the manifest", async () => {
  const folder = await write(await scratch(), { "node_modules/s/package.json": packageJson("s", entry("state.s")) });
  const annotated = manifest("c", "state.s").replace(
    "name: c\n",
    "name: c\n  annotations: {trilby.dev/placement: child}\n",
  );
  expect(await resolveIn(folder, manifest("c", "state.s"))).toMatchObject({ placement: "in-process" });
  expect(await resolveIn(folder, manifest("c", "state.s"), { placement: "child" })).toMatchObject({
    placement: "child",
  });
  expect(await resolveIn(folder, annotated, { placement: "in-process" })).toMatchObject({ placement: "child" });
});

test("nearest first: the project's own package, then upwards, then the other roots", async () => {
  const folder = await write(await scratch(), {
    "outer/node_modules/far/package.json": packageJson("far", entry("state.s")),
    "outer/inner/node_modules/near/package.json": packageJson("near", entry("state.s")),
    "elsewhere/node_modules/other/package.json": packageJson("other", entry("state.t")),
    "own/package.json": packageJson("own", entry("state.s")),
    "own/node_modules/dependency/package.json": packageJson("dependency", entry("state.s")),
  });
  expect(await resolveIn(join(folder, "outer/inner"), manifest("c", "state.s"))).toMatchObject({ name: "near" });
  expect(await resolveIn(join(folder, "outer"), manifest("c", "state.s"))).toMatchObject({ name: "far" });
  expect(
    await resolveIn(join(folder, "outer"), manifest("c", "state.t"), { roots: [join(folder, "elsewhere")] }),
  ).toMatchObject({ name: "other" });
  expect(await resolveIn(join(folder, "own"), manifest("c", "state.s"))).toMatchObject({ name: "own" });
});

test("a dependency that is asked for comes before others in the same folder", async () => {
  const folder = await write(await scratch(), {
    "package.json": JSON.stringify({ dependencies: { zebra: "1" } }),
    "node_modules/aardvark/package.json": packageJson("aardvark", entry("state.s")),
    "node_modules/zebra/package.json": packageJson("zebra", entry("state.s")),
  });
  expect(await resolveIn(folder, manifest("c", "state.s"))).toMatchObject({ name: "zebra" });
});

test("pnpm's layout: links, and what is hoisted under .pnpm for a host that is linked itself", async () => {
  const folder = await write(await scratch(), {
    "node_modules/.pnpm/store@1/node_modules/@acme/store/package.json": packageJson("@acme/store", entry("state.s")),
    "node_modules/.pnpm/store@1/node_modules/@acme/store/index.js": "export default {}",
    "node_modules/.pnpm/host@1/node_modules/@trilby/host/package.json": "{}",
  });
  await mkdir(join(folder, "node_modules/@acme"), { recursive: true });
  await symlink("../.pnpm/store@1/node_modules/@acme/store", join(folder, "node_modules/@acme/store"));
  await mkdir(join(folder, "node_modules/.pnpm/node_modules/@acme"), { recursive: true });
  await symlink("../../store@1/node_modules/@acme/store", join(folder, "node_modules/.pnpm/node_modules/@acme/store"));
  expect(await resolveIn(folder, manifest("c", "state.s"))).toMatchObject({ name: "@acme/store" });
  const elsewhere = await scratch();
  const host = join(folder, "node_modules/.pnpm/host@1/node_modules/@trilby/host");
  expect(await resolveIn(elsewhere, manifest("c", "state.s"), { roots: [host] })).toMatchObject({
    name: "@acme/store",
  });
});

test("annotations name a package or its folder", async () => {
  const folder = await write(await scratch(), {
    "node_modules/one/package.json": packageJson("one", entry("state.s")),
    "node_modules/two/package.json": packageJson("two", entry("state.s")),
    "local/package.json": packageJson("local", entry("state.s")),
  });
  const named = (name: string) =>
    manifest("c", "state.s").replace("name: c\n", `name: c\n  annotations: {trilby.dev/package: ${name}}\n`);
  expect(await resolveIn(folder, named("two"))).toMatchObject({ name: "two" });
  expect(await resolveIn(folder, named("../local"))).toMatchObject({ name: "local" });
  await assert.rejects(
    resolveIn(folder, named("three")),
    /the package three .* is not installed, or is no component package; run npm i three/,
  );
  await assert.rejects(resolveIn(folder, named("../gone")), /correct the path/);
  await assert.rejects(
    resolveIn(folder, named("two").replace("state.s", "state.t")),
    /the package two .* has no state.t v1; it has state.s v1/,
  );
});

test("an unknown type: what is meant, or what to install", async () => {
  const folder = await write(await scratch(), {
    "node_modules/s/package.json": packageJson("s", entry("state.special")),
  });
  await assert.rejects(
    resolveIn(folder, manifest("c", "state.specail")),
    /couldn't find state store state.specail\/v1: .*did you mean state.special\?$/,
  );
  await assert.rejects(resolveIn(folder, manifest("c", "state.redis")), /run npm i @trilby\/state-redis$/);
  await assert.rejects(
    resolveIn(folder, manifest("c", "pubsub.kafak")),
    /couldn't find message bus .*did you mean pubsub.kafka\? Its package is @trilby\/pubsub-kafka$/,
  );
  await assert.rejects(resolveIn(folder, manifest("c", "bindings.zzzzzz")), /correct spec.type at .*c.yaml:6:9$/);
});

test("entry points: exports in all their forms, main, and none", () => {
  const target = (manifest: object) => packageEntry({ name: "p", folder: "/p", manifest });
  assert.equal(target({}), "file:///p/index.js");
  assert.equal(target({ main: "lib/a.js" }), "file:///p/lib/a.js");
  assert.equal(target({ exports: "./b.js", main: "a.js" }), "file:///p/b.js");
  assert.equal(
    target({ exports: { ".": { types: "./b.d.ts", require: "./b.cjs", import: "./b.js" } } }),
    "file:///p/b.js",
  );
  assert.equal(target({ exports: { import: { node: ["./c.js"] }, default: "./d.js" } }), "file:///p/c.js");
  assert.equal(
    target({ exports: { ".": { "@trilby/source": "./src/index.ts", default: "./dist/index.js" } } }),
    "file:///p/src/index.ts",
  );
  assert.throws(() => target({ exports: { "./sub": "./b.js" } }), /"exports" of p has no entry "\."/);
});
