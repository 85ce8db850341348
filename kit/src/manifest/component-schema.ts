import type { ComponentDefinition } from "../contract/definition.ts";
import type { Field } from "../metadata/field.ts";
import { runtimeFields } from "../metadata/runtime-fields.ts";
import { exampleOf } from "./component-metadata.ts";

/** Any JSON Schema object (draft 7, which editors' YAML support speaks). */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * A schema for Component resources of these types, for editors. Names are checked as they are documented; the runtime
 * itself also takes them in other case.
 */
export function componentSchema(definitions: readonly ComponentDefinition[]): JsonSchema {
  const resources = definitions.map(resourceSchema);
  const head = { $schema: "http://json-schema.org/draft-07/schema#" };
  return resources.length === 1 ? { ...head, ...resources[0] } : { ...head, oneOf: resources };
}

function resourceSchema(definition: ComponentDefinition): JsonSchema {
  const fields = Object.entries<Field<unknown>>(definition.metadata);
  const required = fields.filter(([, field]) => field.required && field.default === undefined && !field.direction);
  return {
    title: `${definition.title} (${definition.type})`,
    description: definition.description,
    type: "object",
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      apiVersion: { const: "dapr.io/v1alpha1" },
      kind: { const: "Component" },
      metadata: {
        type: "object",
        required: ["name"],
        properties: { name: { type: "string", description: "What applications call the component." } },
      },
      spec: {
        type: "object",
        required: ["type", "version", ...(required.length > 0 ? ["metadata"] : [])],
        properties: {
          type: { enum: [definition.type, ...(definition.aliases ?? [])] },
          version: { const: definition.version },
          ignoreErrors: { type: "boolean", description: "Go on without this component when it does not start." },
          initTimeout: { type: "string", description: "How long its start may take.", default: "5s" },
          metadata: metadataSchema(definition, fields, required),
        },
        additionalProperties: false,
      },
      scopes: {
        type: "array",
        items: { type: "string" },
        description: "Ids of the apps that may use it. Absent: all.",
      },
      auth: { type: "object", properties: { secretStore: { type: "string" } } },
    },
  };
}

function metadataSchema(
  definition: ComponentDefinition,
  fields: readonly (readonly [string, Field<unknown>])[],
  required: readonly (readonly [string, Field<unknown>])[],
): JsonSchema {
  const own = fields.flatMap(([name, field]) =>
    [name, ...(field.aliases ?? [])].map((each) => nameSchema(each, field.description)),
  );
  const declared = new Set(fields.map(([name]) => name.toLowerCase()));
  const ofRuntime = Object.entries(runtimeFields[definition.kind])
    .filter(([name]) => !declared.has(name.toLowerCase()))
    .map(([name, { description }]) => nameSchema(name, description));
  const optOut = nameSchema("unknownMetadata", "allow: take names that the component does not know.");
  return {
    type: "array",
    items: {
      type: "object",
      required: ["name"],
      properties: {
        name: { anyOf: [...own, ...ofRuntime, optOut] },
        value: { type: ["string", "number", "boolean"] },
        secretKeyRef: {
          type: "object",
          required: ["name"],
          properties: { name: { type: "string" }, key: { type: "string" } },
          additionalProperties: false,
        },
        envRef: { type: "string" },
      },
      additionalProperties: false,
      allOf: fields.map(([name, field]) => ({
        if: named(name, field),
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        then: { properties: { value: valueSchema(name, field) } },
      })),
    },
    ...(required.length > 0
      ? {
          allOf: required.map(([name, field]) => ({
            contains: { type: "object", required: ["name"], ...named(name, field) },
          })),
        }
      : {}),
  };
}

function named(name: string, { aliases = [] }: Field<unknown>): JsonSchema {
  return { properties: { name: { enum: [name, ...aliases] } } };
}

function nameSchema(name: string, description: string): JsonSchema {
  return { const: name, description };
}

function valueSchema(name: string, field: Field<unknown>): JsonSchema {
  return {
    description: field.description,
    ...shapeOf(field),
    ...(field.defaultText === undefined ? {} : { default: field.defaultText }),
    ...(field.sensitive ? {} : { examples: [exampleOf(name, field)] }),
  };
}

function shapeOf(field: Field<unknown>): JsonSchema {
  if (field.allowedValues) return { enum: field.allowedValues };
  return shapes[field.type];
}

// `{appID}` and its like are filled in by the runtime before the component sees the text.
const template = "\\{[a-zA-Z]+\\}";
const shapes: Readonly<Record<Field<unknown>["type"], JsonSchema>> = {
  string: { type: ["string", "number", "boolean"] },
  bool: {
    anyOf: [
      { type: "boolean" },
      { enum: [0, 1] },
      { type: "string", pattern: `^(${anyCase("y|yes|true|t|on|1|n|no|false|f|off|0")}|${template})?$` },
    ],
  },
  number: {
    anyOf: [{ type: "number" }, { type: "string", pattern: `^([+-]?[0-9.]+([eE][+-]?[0-9]+)?|${template})?$` }],
  },
  duration: {
    anyOf: [
      { type: "integer" },
      { type: "string", pattern: `^([+-]?([0-9]+|([0-9.]+(ns|us|µs|μs|ms|s|m|h))+)|${template})?$` },
    ],
  },
  bytesize: {
    anyOf: [
      { type: "integer" },
      { type: "string", pattern: `^([+-]?[0-9.]+([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?|${template})?$` },
    ],
  },
};

/** JSON Schema's patterns have no flags. */
function anyCase(words: string): string {
  return words.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
