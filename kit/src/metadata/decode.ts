import type { Declaration, Kind } from "../contract/definition.ts";
import { ComponentError, type MetadataProblem } from "../errors/component-error.ts";
import type { Field, Fields, Options } from "./field.ts";
import { nearest } from "./nearest.ts";
import { runtimeFields } from "./runtime-fields.ts";

export interface DecodeSettings {
  /** `metadata.name` of the Component resource, for the error's message. */
  readonly name?: string;
  /** Bindings: fields of a direction that is not opened are not required. */
  readonly directions?: readonly ("input" | "output")[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

type Decodable<F extends Fields> = Pick<Declaration<F, unknown>, "type" | "metadata" | "check"> & {
  readonly kind: Kind;
};

/**
 * The typed options of a component from the text pairs of its YAML. Names are compared without case. Throws one
 * `ComponentError` `invalid-metadata` that lists every problem; values of sensitive fields are in none of them.
 */
export function decodeMetadata<const F extends Fields>(
  definition: Decodable<F>,
  properties: Readonly<Record<string, string>>,
  { name, directions, environment = process.env }: DecodeSettings = {},
): Options<F> {
  const problems: MetadataProblem[] = [];
  const given = foldNames(properties, problems);
  const options: Record<string, unknown> = {};
  const known = new Set([optOutKey]);

  for (const [fieldName, field] of Object.entries(definition.metadata)) {
    const names = [fieldName, ...(field.aliases ?? [])].map((each) => each.toLowerCase());
    for (const each of names) known.add(each);
    const written = names.map((each) => given.get(each)).find((each) => each !== undefined);
    options[fieldName] = read(fieldName, field, written, directions, problems);
  }

  if (!allowsUnknown(given, environment)) {
    for (const key of Object.keys(runtimeFields[definition.kind])) known.add(key.toLowerCase());
    for (const [folded, { key }] of given) {
      if (!known.has(folded)) problems.push(unknownKey(key, definition));
    }
  }

  if (problems.length === 0) {
    for (const message of definition.check?.(options as Options<F>) ?? []) problems.push({ message });
  }
  if (problems.length > 0) throw metadataError(definition.type, name, problems);
  return options as Options<F>;
}

/** Deprecated fields that are given, as sentences for a warning. */
export function deprecations(definition: Decodable<Fields>, properties: Readonly<Record<string, string>>): string[] {
  const given = new Set(Object.keys(properties).map((key) => key.toLowerCase()));
  return Object.entries(definition.metadata)
    .filter(([fieldName, field]) => field.deprecated && given.has(fieldName.toLowerCase()))
    .map(([fieldName]) => `${fieldName} is deprecated`);
}

interface Written {
  /** As it stands in the YAML. */
  readonly key: string;
  readonly text: string;
}

const optOutKey = "unknownmetadata";

function foldNames(properties: Readonly<Record<string, string>>, problems: MetadataProblem[]): Map<string, Written> {
  const given = new Map<string, Written>();
  for (const [key, text] of Object.entries(properties)) {
    const folded = key.toLowerCase();
    const other = given.get(folded);
    if (other) problems.push({ field: key, message: `${key} and ${other.key} are the same field: keep one of them` });
    else given.set(folded, { key, text });
  }
  return given;
}

function read(
  fieldName: string,
  field: Field<unknown>,
  written: Written | undefined,
  directions: DecodeSettings["directions"],
  problems: MetadataProblem[],
): unknown {
  // An empty value is an absent one, except that an empty text overrides a default.
  const keepsEmpty =
    field.type === "string" && typeof field.default === "string" && !field.allowedValues && !field.required;
  if (!written || (written.text.trim() === "" && !(keepsEmpty && written.text === ""))) {
    const wanted = !field.direction || !directions || directions.includes(field.direction);
    if (field.required && wanted && field.default === undefined) {
      problems.push({
        field: written?.key ?? fieldName,
        message: `${fieldName} is required${written ? ", and it is empty" : ""}`,
      });
    }
    return field.default;
  }
  try {
    return field.parse(written.text);
  } catch (error) {
    problems.push(unreadable(field, written, error as Error & { suggestion?: string }));
    return undefined;
  }
}

function unreadable(
  field: Field<unknown>,
  { key, text }: Written,
  error: Error & { suggestion?: string },
): MetadataProblem {
  if (field.sensitive) {
    const safe = error.message !== "" && !error.message.includes(text.trim());
    return {
      field: key,
      message: `${key} ${safe ? error.message : "has a value that cannot be read"} (its value is a secret and not shown)`,
    };
  }
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  const message = `${key} ${error.message}, but is ${JSON.stringify(shown)}`;
  return error.suggestion === undefined
    ? { field: key, message }
    : { field: key, message, suggestion: error.suggestion };
}

function unknownKey(key: string, definition: Decodable<Fields>): MetadataProblem {
  const names = new Map<string, string>();
  for (const [fieldName, field] of Object.entries(definition.metadata)) {
    for (const each of [fieldName, ...(field.aliases ?? [])]) names.set(each, fieldName);
  }
  for (const each of Object.keys(runtimeFields[definition.kind])) names.set(each, each);
  const near = nearest(key, names.keys());
  const message = `${key} is not a metadata field of ${definition.type}`;
  return near === undefined ? { field: key, message } : { field: key, message, suggestion: names.get(near)! };
}

function allowsUnknown(
  given: ReadonlyMap<string, Written>,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const word = given.get(optOutKey)?.text ?? environment["TRILBY_UNKNOWN_METADATA"] ?? "";
  return word.trim().toLowerCase() === "allow";
}

function metadataError(type: string, name: string | undefined, problems: readonly MetadataProblem[]): ComponentError {
  const subject = name === undefined ? type : `component "${name}" (${type})`;
  const sentences = problems.map(({ message, suggestion }) =>
    suggestion === undefined ? message : `${message}; did you mean ${suggestion}?`,
  );
  const count = problems.length === 1 ? "" : `${problems.length} problems: `;
  return new ComponentError("invalid-metadata", `metadata of ${subject}: ${count}${sentences.join("; ")}`, {
    problems,
  });
}
