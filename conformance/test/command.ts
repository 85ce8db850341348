import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { run, type ExitCode } from "../src/cli/run.ts";

export const shelf = fileURLToPath(new URL("fixtures/shelf", import.meta.url));

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "trilby-conformance-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A component's file in a folder of its own. */
export function componentFile(text: string, folder = temporaryFolder()): string {
  const file = join(folder, "component.yaml");
  writeFileSync(file, text);
  return file;
}

export const shelfYaml = `apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: orders
spec:
  type: state.shelf
  version: v1
  metadata:
    - name: label
      value: orders
`;

export interface Output {
  readonly code: ExitCode;
  readonly printed: string;
  readonly complained: string;
}

/** The command, in this process. */
export async function command(...words: string[]): Promise<Output> {
  const printed: string[] = [];
  const complained: string[] = [];
  const code = await run(
    words,
    (line) => printed.push(line),
    (line) => complained.push(line),
  );
  return { code, printed: printed.join("\n"), complained: complained.join("\n") };
}
