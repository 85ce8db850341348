import type { ComponentDefinition } from "../contract/definition.ts";
import type { Field } from "../metadata/field.ts";

/** The metadata fields as a Markdown table, for a README. */
export function fieldTable(definition: ComponentDefinition): string {
  const fields = Object.entries<Field<unknown>>(definition.metadata);
  if (fields.length === 0) return "This component has no metadata fields.";
  const rows = fields.map(([name, field]) => [`\`${name}\``, typeWord[field.type], standing(field), details(field)]);
  return [["Field", "Type", "Default", "Meaning"], ["---", "---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

const typeWord: Readonly<Record<Field<unknown>["type"], string>> = {
  string: "text",
  bool: "bool",
  number: "number",
  duration: "duration",
  bytesize: "size",
};

function standing(field: Field<unknown>): string {
  if (field.defaultText !== undefined) return code(field.defaultText === "" ? '""' : field.defaultText);
  if (!field.required) return "";
  return field.direction ? `**required** for ${field.direction}` : "**required**";
}

function details(field: Field<unknown>): string {
  const sentences = [field.description];
  if (field.allowedValues) sentences.push(`One of ${field.allowedValues.map(code).join(", ")}.`);
  if (field.example !== undefined && !field.sensitive) sentences.push(`Example: ${code(field.example)}.`);
  if (field.direction && !field.required) sentences.push(`For ${field.direction} only.`);
  if (field.aliases?.length) sentences.push(`Also called ${field.aliases.map(code).join(", ")}.`);
  if (field.sensitive) sentences.push("A secret: use `secretKeyRef`.");
  if (field.deprecated) sentences.push("Deprecated.");
  return sentences.join(" ").replaceAll("|", "\\|").replaceAll("\n", " ");
}

function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text.replaceAll("|", "\\|")}\``;
}
