import type { ComponentDefinition } from "../contract/definition.ts";
import type { Field } from "../metadata/field.ts";

/** Dapr's component metadata document (`metadata.yaml`), schema v1. It takes no properties beyond these. */
export interface ComponentMetadata {
  readonly schemaVersion: "v1";
  readonly type: string;
  /** Without the building block in front. */
  readonly name: string;
  readonly version: string;
  readonly status: string;
  readonly title: string;
  readonly description: string;
  readonly urls: readonly { readonly title: string; readonly url: string }[];
  readonly binding?: {
    readonly input?: boolean;
    readonly output?: boolean;
    readonly operations?: readonly { readonly name: string; readonly description: string }[];
  };
  readonly capabilities?: readonly string[];
  readonly metadata?: readonly FieldMetadata[];
}

export interface FieldMetadata {
  readonly name: string;
  readonly required?: boolean;
  readonly sensitive?: boolean;
  readonly deprecated?: boolean;
  readonly description: string;
  readonly type?: Field<unknown>["type"];
  readonly default?: string;
  readonly example: string;
  readonly allowedValues?: readonly string[];
  readonly binding?: { readonly input?: boolean; readonly output?: boolean };
}

export function componentMetadata(definition: ComponentDefinition): ComponentMetadata {
  const { type, version, status, title, description } = definition;
  const capabilities = capabilitiesOf(definition);
  const fields = Object.entries<Field<unknown>>(definition.metadata).map(([name, field]) => fieldMetadata(name, field));
  return {
    schemaVersion: "v1",
    type: definition.kind,
    name: type.slice(type.indexOf(".") + 1),
    version,
    status,
    title,
    description,
    urls: urlsOf(definition),
    ...(definition.kind === "bindings" ? { binding: definition.binding } : {}),
    ...(capabilities.length > 0 ? { capabilities } : {}),
    ...(fields.length > 0 ? { metadata: fields } : {}),
  };
}

/** What a field's value may look like. Dapr's schema wants one for every field. */
export function exampleOf(name: string, field: Field<unknown>): string {
  return (
    field.example ?? (field.defaultText || (field.allowedValues?.[0] ?? exampleOfType[field.type] ?? `my ${name}`))
  );
}

function fieldMetadata(name: string, field: Field<unknown>): FieldMetadata {
  return {
    name,
    ...(field.required ? { required: true } : {}),
    ...(field.sensitive ? { sensitive: true } : {}),
    ...(field.deprecated ? { deprecated: true } : {}),
    description: field.description,
    ...(field.type === "string" ? {} : { type: field.type }),
    ...(field.defaultText === undefined ? {} : { default: field.defaultText }),
    example: exampleOf(name, field),
    ...(field.allowedValues ? { allowedValues: field.allowedValues } : {}),
    ...(field.direction ? { binding: { [field.direction]: true } } : {}),
  };
}

const exampleOfType: Readonly<Partial<Record<Field<unknown>["type"], string>>> = {
  number: "1",
  bool: "true",
  duration: "5s",
  bytesize: "4Mi",
};

const capabilityOfFeature: Readonly<Record<string, string>> = {
  ETAG: "etag",
  TRANSACTIONAL: "transactional",
  TTL: "ttl",
  QUERY_API: "query",
  MESSAGE_TTL: "ttl",
};

function capabilitiesOf(definition: ComponentDefinition): string[] {
  if (definition.kind !== "state" && definition.kind !== "pubsub") return [];
  const features: readonly string[] = definition.features;
  const named = features.map((feature) => capabilityOfFeature[feature]).filter((each) => each !== undefined);
  if (definition.kind === "pubsub") return named;
  const forActors = features.includes("ETAG") && features.includes("TRANSACTIONAL");
  return ["crud", ...named, ...(forActors ? ["actorStateStore"] : [])];
}

/** Dapr's schema wants a page titled Reference below this address. */
const referenceRoot = "https://docs.dapr.io/reference/components-reference/";

function urlsOf({ urls = [] }: ComponentDefinition): ComponentMetadata["urls"] {
  const hasReference = urls.some(({ title, url }) => title === "Reference" && url.startsWith(referenceRoot));
  return hasReference ? urls : [{ title: "Reference", url: referenceRoot }, ...urls];
}
