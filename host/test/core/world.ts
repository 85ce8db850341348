import type { Logger } from "@trilby/kit";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

import { type Components, type ComponentsSettings, createComponents } from "../../src/components/components.ts";
import type { GivenComponent } from "../../src/components/given-component.ts";
import { loadResources } from "../../src/resources/load.ts";
import { formatProblem } from "../../src/resources/problem.ts";

/** A folder that goes with the test. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "trilby-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const fixtures = fileURLToPath(new URL("../fixtures/fixture-components", import.meta.url));

/** A project folder in which the fixture components are installed. */
export async function projectWithFixtures(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await write(await scratch(), files);
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await symlink(fixtures, join(folder, "node_modules", "fixture-components"));
  return folder;
}

export function manifest(name: string, type: string, pairs: Readonly<Record<string, string>> = {}, more = ""): string {
  const items = Object.entries(pairs).map(([key, value]) => `  - name: ${key}\n    value: ${JSON.stringify(value)}\n`);
  const metadata = items.length === 0 ? "" : `  metadata:\n${items.join("")}`;
  return `apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: ${name}\nspec:\n  type: ${type}\n  version: v1\n${metadata}${more}`;
}

export interface RecordedLine {
  readonly level: string;
  readonly message: string;
  /** By `performance.now()`. */
  readonly at: number;
}

export interface World {
  readonly components: Components;
  readonly log: readonly RecordedLine[];
  lines(level: string): string[];
  /** Resolves at the first line that matches. */
  seen(pattern: RegExp): Promise<string>;
}

/** Components of a resources folder, closed with the test. `load` is to be called by the test. */
export async function world(
  folder: string,
  settings: Partial<ComponentsSettings> = {},
  given: readonly GivenComponent[] = [],
): Promise<World & { load(): Promise<void> }> {
  const log: RecordedLine[] = [];
  const waiting = new Set<{ pattern: RegExp; resolve: (message: string) => void }>();
  const entry = (level: string) => (message: string) => {
    log.push({ level, message, at: performance.now() });
    for (const each of waiting) if (each.pattern.test(message)) each.resolve(message);
  };
  const logger: Logger = { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
  const ignore = (): void => {};
  const components = createComponents({
    appId: "shop",
    namespace: undefined,
    envKeys: undefined,
    socketsFolder: join(folder, "sockets"),
    placement: undefined,
    denied: [],
    environment: {},
    logger,
    componentLogger: logger,
    logLevel: "info",
    metrics: { componentLoaded: ignore, componentInit: ignore, componentInitFailed: ignore },
    ...settings,
  });
  onTestFinished(() => components.close(5000));
  const { components: resources, problems } = await loadResources([folder], { appId: "shop", namespace: undefined });
  for (const problem of problems)
    log.push({ level: problem.severity, message: formatProblem(problem), at: performance.now() });
  return {
    components,
    log,
    lines: (level) => log.filter((line) => line.level === level).map((line) => line.message),
    seen: (pattern) =>
      new Promise((resolve) => {
        const found = log.find(({ message }) => pattern.test(message));
        if (found) resolve(found.message);
        else waiting.add({ pattern, resolve });
      }),
    load: () => components.load(resources, given),
  };
}

export const plainGet = (key: string) => ({ key, consistency: "" as const, metadata: {} });
export const plainSet = (key: string, value: string) => ({
  key,
  value: new TextEncoder().encode(value),
  options: { concurrency: "" as const, consistency: "" as const },
  metadata: {},
});
export const plainDelete = (key: string) => ({
  key,
  options: { concurrency: "" as const, consistency: "" as const },
  metadata: {},
});
export const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);
