#!/usr/bin/env node
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { derivedFiles, loadDefinitions } from "./package-files.ts";

const usage = `trilby-manifest [--check] [--entry FILE] [FOLDER...]

Writes what follows from the definitions of a component package (default: the working directory): metadata.yaml,
component.schema.json, the manifest in package.json and the table of fields in README.md.

  --check       write nothing; exit 1 and say what differs
  --entry FILE  the module that exports the definition by default (default: the package's entry)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean" }, entry: { type: "string" }, help: { type: "boolean", short: "h" } },
});

if (values.help) {
  process.stdout.write(usage);
} else {
  for (const folder of positionals.length > 0 ? positionals : ["."]) await work(folder);
}

async function work(folder: string): Promise<void> {
  try {
    const definitions = await loadDefinitions(folder, values.entry);
    for (const { name, text, problem } of await derivedFiles(folder, definitions)) {
      if (problem === undefined) continue;
      if (values.check) fail(folder, problem);
      else await writeFile(join(folder, name), text);
    }
  } catch (error) {
    fail(folder, error instanceof Error ? error.message : String(error));
  }
}

function fail(folder: string, problem: string): void {
  process.exitCode = 1;
  process.stderr.write(`${folder}: ${problem}\n`);
}
