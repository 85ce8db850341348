import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimPort, startService, type Service } from "@trilby/services";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { publishable } from "../publishable.mjs";
import { startRegistry, type Registry } from "./registry.ts";
import { startTrilbyd } from "./trilbyd.ts";
import { copyWorkspace, emptyFolder, run, useRegistry, userEnvironment } from "./workspace-copy.ts";

// A rehearsal of a release from a fresh clone, and then what its users do with it.

let registry: Registry;
let postgres: Service;
let workspace: string;
/** A user's project. */
let app: string;
/** Someone else's component. */
let author: string;
const folders: string[] = [];

beforeAll(async () => {
  registry = await startRegistry();
  workspace = copyWorkspace();
  app = emptyFolder("app");
  author = emptyFolder("author");
  folders.push(workspace, app, author);
  await run(workspace, "node", "tools/bootstrap.mjs");
  useRegistry(workspace, registry.url);
  writeFileSync(join(workspace, ".changeset/everything.md"), changeset());
  await run(workspace, "node", "tools/release.mjs", "version");
  await run(workspace, "node", "tools/release.mjs", "publish");
  postgres = await startService("postgres");
}, 300_000);

afterAll(async () => {
  await Promise.all([registry?.close(), postgres?.stop()]);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

test("every package is published with its new version and changelog", () => {
  const expected = publishable().map(({ folder }) => {
    const { name, version } = readManifest(join(workspace, folder));
    assert.notEqual(version, "0.0.0", `${name} kept its version`);
    expect(readFileSync(join(workspace, folder, "CHANGELOG.md"), "utf8")).toContain("Rehearse the release.");
    return `${name}@${version}`;
  });
  expect(registry.published().toSorted()).toEqual(expected.toSorted());
});

test("a host and components installed from the registry serve an application", { timeout: 180_000 }, async () => {
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module" }));
  useRegistry(app, registry.url);
  const packages = ["@trilby/host", "@trilby/state-postgres", "@trilby/pubsub-in-memory"];
  await run(app, "npm", "install", "--no-audit", "--no-fund", ...packages);
  mkdirSync(join(app, "resources"));
  const connectionString = postgres.url.replace("postgres://", "postgresql://");
  writeFileSync(join(app, "resources/orders.yaml"), component("orders", "state.postgresql", { connectionString }));
  writeFileSync(join(app, "resources/letters.yaml"), component("letters", "pubsub.in-memory", {}));
  cpSync(join(import.meta.dirname, "shop.mjs"), join(app, "shop.mjs"));

  const appPort = await claimPort();
  const words = ["--app-id", "shop", "--app-port", String(appPort.port), "--resources-path", "resources"];
  const children: ChildProcess[] = [];
  try {
    const daemon = await startTrilbyd(app, words, (httpPort) => {
      const env = { ...userEnvironment(), APP_PORT: String(appPort.port), DAPR_HTTP_PORT: httpPort };
      children.push(spawn("node", ["shop.mjs"], { cwd: app, env, stdio: "ignore" }));
    });
    const order = { id: "1", item: "tea" };
    try {
      await vi.waitFor(
        async () => {
          // Nobody listens until the host has asked the application for its subscriptions; an order sent twice is the same order.
          const published = await fetch(`${daemon.url}/v1.0/publish/letters/placed`, json(order));
          assert.equal(published.status, 204, await published.text());
          const found = await fetch(`${daemon.url}/v1.0/state/orders/1`);
          assert.equal(found.status, 200);
          assert.deepEqual(await found.json(), order);
        },
        { timeout: 30_000, interval: 200 },
      );
    } finally {
      assert.equal(await daemon.stop(), 0, daemon.log());
    }
  } finally {
    for (const child of children) child.kill();
    appPort.release();
  }
});

test("a component by someone who followed the guide of the kit is found and used", { timeout: 180_000 }, async () => {
  useRegistry(author, registry.url);
  const guide = readFileSync(join(workspace, "kit/README.md"), "utf8");
  const [declaration, main] = [...guide.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!) as [string, string];
  const manifest = JSON.parse(/```json\n(.*?)```/s.exec(guide)![1]!) as object;
  const usage = /```yaml\n(.*?)```/s.exec(guide)![1]!;
  mkdirSync(join(author, "src"));
  writeFileSync(join(author, "src/index.ts"), declaration);
  writeFileSync(join(author, "src/main.ts"), main);
  writeFileSync(join(author, "README.md"), "# A component\n");
  writeFileSync(join(author, "package.json"), JSON.stringify(manifest, null, 2));
  writeFileSync(
    join(author, "tsconfig.json"),
    JSON.stringify({ compilerOptions: authorsCompilerOptions, include: ["src"] }),
  );
  await run(
    author,
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--save-dev",
    `typescript@${pin("typescript")}`,
    "@types/node@24",
  );
  await run(author, "npx", "tsc");
  await run(author, "npx", "trilby-manifest");
  await run(author, "npx", "trilby-manifest", "--check");
  await run(author, "npm", "pack");
  const tarball = readdirSync(author).find((name) => name.endsWith(".tgz"));
  assert(tarball !== undefined);

  await run(app, "npm", "install", "--no-audit", "--no-fund", join(author, tarball));
  rmSync(join(app, "resources"), { recursive: true });
  mkdirSync(join(app, "resources"));
  writeFileSync(join(app, "resources/component.yaml"), usage);
  const daemon = await startTrilbyd(app, ["--app-id", "shop", "--resources-path", "resources"]);
  try {
    const saved = await fetch(`${daemon.url}/v1.0/state/orders`, json([{ key: "2", value: "milk" }]));
    assert.equal(saved.status, 204, await saved.text());
    assert.equal(await (await fetch(`${daemon.url}/v1.0/state/orders/2`)).text(), '"milk"');
    const stale = json([{ key: "2", value: "no", etag: "99", options: { concurrency: "first-write" } }]);
    assert.equal((await fetch(`${daemon.url}/v1.0/state/orders`, stale)).status, 409);
  } finally {
    assert.equal(await daemon.stop(), 0, daemon.log());
  }
});

test("the published suite certifies that component", { timeout: 180_000 }, async () => {
  writeFileSync(join(author, "component.yaml"), readFileSync(join(app, "resources/component.yaml")));
  writeFileSync(join(author, "conformance.yaml"), "facts:\n  durable: false\n");
  await run(author, "npm", "install", "--no-audit", "--no-fund", "--save-dev", "@trilby/conformance");
  const report = await run(author, "npx", "conformance", "component.yaml", "--certificate", "certificate.json");
  expect(report).toMatch(/over a socket/);
  const certificate = readFileSync(join(author, "certificate.json"), "utf8");
  expect(certificate).toContain("state.shelf");
});

const authorsCompilerOptions = {
  target: "es2024",
  module: "nodenext",
  types: ["node"],
  strict: true,
  declaration: true,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  rootDir: "src",
  outDir: "dist",
};

function changeset(): string {
  const packages = publishable().map(({ name }) => `"${name}": minor`);
  return `---\n${packages.join("\n")}\n---\n\nRehearse the release.\n`;
}

function component(name: string, type: string, metadata: Record<string, string>): string {
  const fields = Object.entries(metadata).map(
    ([field, value]) => `    - name: ${field}\n      value: ${JSON.stringify(value)}\n`,
  );
  return `apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: ${name}
spec:
  type: ${type}
  version: v1
  metadata:
${fields.join("")}`;
}

function json(content: unknown): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) };
}

function readManifest(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string; version: string };
}

// The version this workspace uses.
function pin(name: string): string {
  const catalog = readFileSync(join(workspace, "pnpm-workspace.yaml"), "utf8");
  return new RegExp(`^ {2}'?${name}'?: (.*)$`, "m").exec(catalog)![1]!;
}
