import { ComponentError, type Secret } from "@trilby/kit";
import type { SecretsContent, SecretsValue } from "./read-secrets-file.ts";

/** Every text, number and flag of the content, by the names on the way to it joined with the separator. */
export function flatten(content: SecretsContent, separator: string): Map<string, string> {
  const flat = new Map<string, string>();
  const visit = (path: string, value: SecretsValue): void => {
    if (typeof value === "object" && value !== null) {
      for (const [name, nested] of Object.entries(value)) visit(`${path}${separator}${name}`, nested);
    } else if (flat.has(path)) {
      throw new ComponentError(
        "failed-precondition",
        `two secrets of the file are called ${path}: use another nestedSeparator`,
      );
    } else {
      flat.set(path, value === null ? "" : String(value));
    }
  };
  for (const [name, value] of Object.entries(content)) visit(name, value);
  return flat;
}

export function singleValued(flat: ReadonlyMap<string, string>): Map<string, Secret> {
  return new Map([...flat].map(([name, value]) => [name, { [name]: value }]));
}

/** One secret for each name at the top; what is nested is flattened inside of it. */
export function multiValued(content: SecretsContent, separator: string): Map<string, Secret> {
  const secrets = new Map<string, Secret>();
  for (const [name, value] of Object.entries(content)) {
    const nested: SecretsContent =
      typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : { [name]: value };
    secrets.set(name, Object.fromEntries(flatten(nested, separator)));
  }
  return secrets;
}
