import { readFileSync } from "node:fs";
import type { Kind } from "@trilby/kit";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node, type YAMLMap } from "yaml";

/** What of a Component resource matters here. */
export interface ComponentFile {
  readonly file: string;
  readonly name: string;
  readonly type: string;
  readonly kind: Kind;
  readonly version: string;
  readonly properties: Readonly<Record<string, string>>;
  /** `file:line` of a metadata item by its name, or of `spec`. */
  placeOf(property?: string): string;
}

/** A mistake in a file, said with its place. */
export class FileError extends Error {
  override name = "FileError";
}

/** Throws one `FileError` that says every mistake with file and line. */
export function readComponentFile(file: string, wanted: string | undefined, environment = process.env): ComponentFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new FileError(
      `${file}: ${(error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message}`,
    );
  }
  return parseComponentFile(text, file, wanted, environment);
}

export function parseComponentFile(
  text: string,
  file: string,
  wanted: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ComponentFile {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines }) as Document[];
  const at = (node: unknown): string => `${file}:${lines.linePos((node as Node | null)?.range?.[0] ?? 0).line}`;
  const broken = documents.flatMap(({ errors }) =>
    errors.map(({ message, pos }) => `${file}:${lines.linePos(pos[0]).line}: ${message.split("\n")[0]}`),
  );
  if (broken.length > 0) throw new FileError(broken.join("\n"));

  const components = documents
    .map(({ contents }) => contents)
    .filter((root): root is YAMLMap => isMap(root) && root.get("kind") === "Component");
  const names = components.map((root) => textOf(root.getIn(["metadata", "name"])));
  const index = wanted === undefined ? 0 : names.indexOf(wanted);
  if (components.length === 0) throw new FileError(`${file}: there is no resource of kind Component`);
  if (wanted === undefined && components.length > 1)
    throw new FileError(`${file}: it holds ${names.join(", ")}; say which one with --name`);
  if (index < 0) throw new FileError(`${file}: there is no Component ${wanted}; it holds ${names.join(", ")}`);
  return readComponent(components[index]!, names[index]!, file, at, environment);
}

const kinds: readonly Kind[] = ["state", "pubsub", "bindings", "secretstores"];

function readComponent(
  root: YAMLMap,
  name: string,
  file: string,
  at: (node: unknown) => string,
  environment: Readonly<Record<string, string | undefined>>,
): ComponentFile {
  const problems: string[] = [];
  const spec = root.get("spec", true);
  const type = textOf(root.getIn(["spec", "type"]));
  const kind = kinds.find((each) => type.toLowerCase().startsWith(`${each}.`));
  if (name === "") problems.push(`${at(root)}: metadata.name is missing`);
  if (type === "") problems.push(`${at(spec ?? root)}: spec.type is missing, for example state.redis`);
  else if (!kind)
    problems.push(
      `${at(root.getIn(["spec", "type"], true))}: ${type} is none of ${kinds.join(", ")}, which this suite knows`,
    );

  const properties: Record<string, string> = {};
  const places = new Map<string, string>();
  const metadata = root.getIn(["spec", "metadata"], true);
  if (metadata !== undefined && !isSeq(metadata) && !(isScalar(metadata) && metadata.value === null)) {
    problems.push(`${at(metadata)}: spec.metadata must be a list of name and value`);
  }
  for (const item of isSeq(metadata) ? metadata.items : []) {
    const property = isMap(item) ? textOf(item.get("name")) : "";
    if (!isMap(item) || property === "") {
      problems.push(`${at(item)}: an item of spec.metadata needs a name`);
      continue;
    }
    places.set(property.toLowerCase(), at(item));
    const value = valueOf(item, environment);
    if (typeof value === "string") properties[property] = value;
    else problems.push(`${at(item)}: ${property}: ${value.problem}`);
  }
  if (problems.length > 0) throw new FileError(problems.join("\n"));
  return {
    file,
    name,
    type,
    kind: kind!,
    version: textOf(root.getIn(["spec", "version"])) || "v1",
    properties,
    placeOf: (property) =>
      (property === undefined ? undefined : places.get(property.toLowerCase())) ?? at(spec ?? root),
  };
}

function valueOf(
  item: YAMLMap,
  environment: Readonly<Record<string, string | undefined>>,
): string | { readonly problem: string } {
  const variable = textOf(item.get("envRef"));
  if (variable !== "") return environment[variable] ?? { problem: `the environment variable ${variable} is not set` };
  if (item.has("secretKeyRef"))
    return { problem: "secretKeyRef needs a secret store, which the suite has not; use envRef or a value" };
  if (!item.has("value")) return { problem: "it has neither value nor envRef" };
  const value: unknown = item.toJSON().value;
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : textOf(value);
}

/** A scalar as Dapr reads it; nothing, and what is no scalar, is empty. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
