import { readFileSync } from "node:fs";
import { ComponentError } from "@trilby/kit";

/** Parsed JSON whose numbers are the text that stands in the file: a long one keeps its digits. */
export type SecretsContent = { readonly [name: string]: SecretsValue };
export type SecretsValue = string | boolean | null | readonly SecretsValue[] | SecretsContent;

/** At once: it is read when the component starts. */
export function readSecretsFile(path: string): SecretsContent {
  const content = parse(read(path), path);
  if (typeof content === "object" && content !== null && !Array.isArray(content)) return content as SecretsContent;
  throw new ComponentError(
    "failed-precondition",
    `secretsFile ${path} must hold a JSON object, with names of secrets and their values`,
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "there is no such file",
      EACCES: "reading it is not allowed",
      EISDIR: "it is a folder",
    };
    const { code = "", message } = cause as NodeJS.ErrnoException;
    throw new ComponentError("failed-precondition", `secretsFile ${path} cannot be read: ${reasons[code] ?? message}`, {
      cause,
    });
  }
}

function parse(text: string, path: string): SecretsValue {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""), keepDigits as (key: string, value: unknown) => SecretsValue);
  } catch (error) {
    // The engine's message quotes the file, so that it is no cause either; its line and column are all that may be told.
    const { line, column } = /\(line (?<line>\d+) column (?<column>\d+)\)/.exec((error as Error).message)?.groups ?? {};
    const place = line === undefined ? "" : ` at line ${line}, column ${column}`;
    throw new ComponentError("failed-precondition", `secretsFile ${path} is not valid JSON${place}`);
  }
}

function keepDigits(_: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === "number" ? (context.source ?? String(value)) : value;
}
