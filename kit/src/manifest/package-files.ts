import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { ComponentDefinition } from "../contract/definition.ts";
import { componentMetadata } from "./component-metadata.ts";
import { componentSchema } from "./component-schema.ts";
import { fieldTable } from "./field-table.ts";
import { checkManifest, isDefinition, manifestEntry } from "./manifest-entry.ts";

/** A file of a component package whose text follows from its definitions. */
export interface DerivedFile {
  readonly name: string;
  readonly text: string;
  /** What is wrong with the file as it stands; absent when it says the same. How it is laid out does not count. */
  readonly problem?: string;
}

/** What metadata.yaml, component.schema.json, README.md and package.json of the package in `folder` have to be. */
export async function derivedFiles(
  folder: string,
  definitions: readonly ComponentDefinition[],
): Promise<DerivedFile[]> {
  return [
    await metadataYaml(folder, definitions),
    await schemaJson(folder, definitions),
    await packageJson(folder, definitions),
    await readme(folder, definitions),
  ];
}

/** The definitions that a package's entry module exports by default: one, or a list. */
export async function loadDefinitions(folder: string, entry?: string): Promise<ComponentDefinition[]> {
  const file = join(folder, entry ?? (await entryOf(folder)));
  const { default: exported } = await import(pathToFileURL(file).href);
  const definitions: unknown[] = Array.isArray(exported) ? exported : [exported];
  if (definitions.length > 0 && definitions.every(isDefinition)) return definitions;
  throw new Error(`${file} does not export a component definition by default`);
}

async function entryOf(folder: string): Promise<string> {
  const { exports } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const entry: unknown = exports?.["."] ?? exports;
  if (typeof entry === "string") return entry;
  const conditions = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  for (const [condition, file] of Object.entries(entry ?? {})) {
    if (
      typeof file === "string" &&
      (["import", "node", "default"].includes(condition) || conditions.includes(`=${condition}`))
    )
      return file;
  }
  throw new Error(`${join(folder, "package.json")} exports no entry module; name it with --entry`);
}

async function metadataYaml(folder: string, definitions: readonly ComponentDefinition[]): Promise<DerivedFile> {
  const { parseAllDocuments, stringify } = await import("yaml");
  const documents = definitions.map(componentMetadata);
  const text = documents.map((document) => stringify(document, { lineWidth: 120 })).join("---\n");
  const standing = await textOf(folder, "metadata.yaml");
  const parsed =
    standing === undefined ? undefined : [...parseAllDocuments(standing)].map((document) => document.toJS());
  return derived("metadata.yaml", text, isDeepStrictEqual(parsed, plain(documents)), standing);
}

async function schemaJson(folder: string, definitions: readonly ComponentDefinition[]): Promise<DerivedFile> {
  const schema = componentSchema(definitions);
  const standing = await textOf(folder, "component.schema.json");
  const same = standing !== undefined && isDeepStrictEqual(JSON.parse(standing), plain(schema));
  return derived("component.schema.json", `${JSON.stringify(schema, null, 2)}\n`, same, standing);
}

async function packageJson(folder: string, definitions: readonly ComponentDefinition[]): Promise<DerivedFile> {
  const standing = await textOf(folder, "package.json");
  if (standing === undefined) throw new Error(`${folder} has no package.json`);
  const parsed = JSON.parse(standing);
  const missing = ["metadata.yaml", "component.schema.json"].filter(
    (name) => parsed.files && !parsed.files.includes(name),
  );
  const problems = [
    ...checkManifest(parsed, definitions),
    ...missing.map((name) => `"files" of package.json does not list ${name}`),
  ];
  if (missing.length > 0) parsed.files = [...parsed.files, ...missing];
  parsed.trilby = { components: definitions.map(manifestEntry) };
  const text = `${JSON.stringify(parsed, null, 2)}\n`;
  return { name: "package.json", text, ...(problems.length > 0 ? { problem: problems.join("; ") } : {}) };
}

async function readme(folder: string, definitions: readonly ComponentDefinition[]): Promise<DerivedFile> {
  const standing = (await textOf(folder, "README.md")) ?? "";
  const start = standing.indexOf(startMark);
  const end = standing.indexOf(endMark);
  const table = definitions
    .map((definition) =>
      definitions.length === 1 ? fieldTable(definition) : `\`${definition.type}\`\n\n${fieldTable(definition)}`,
    )
    .join("\n\n");
  if (start < 0 || end < start) {
    const text = `${standing || `# ${definitions[0]?.title}\n`}\n## Metadata\n\n${startMark}\n\n${table}\n\n${endMark}\n`;
    return { name: "README.md", text, problem: `README.md has no table of fields between ${startMark} and ${endMark}` };
  }
  const text = `${standing.slice(0, start)}${startMark}\n\n${table}\n\n${standing.slice(end)}`;
  return derived("README.md", text, loose(text) === loose(standing), standing);
}

const startMark = "<!-- fields -->";
const endMark = "<!-- /fields -->";

function derived(name: string, text: string, same: boolean, standing: string | undefined): DerivedFile {
  if (same) return { name, text };
  return {
    name,
    text,
    problem: standing === undefined ? `${name} is missing` : `${name} does not say what the definition says`,
  };
}

/** Formatters pad the columns of tables. */
function loose(text: string): string {
  return text.replace(/ +/g, " ").replace(/-{3,}/g, "---");
}

/** As it looks after a way through JSON: without undefined and readonly wrappers. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function textOf(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
