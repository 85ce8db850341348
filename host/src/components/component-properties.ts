import type { Kind } from "@trilby/kit";

import type { ComponentResource } from "../resources/component.ts";
import type { OpenerSettings } from "./placements/backing.ts";
import type { LoadedComponent } from "./registry.ts";

/** What blocks are told of a component's metadata. */
export function describeProperties(
  { metadata }: ComponentResource,
  properties: Readonly<Record<string, string>>,
): Pick<LoadedComponent, "properties" | "secretNames" | "namespaced"> {
  return {
    properties: new Map(Object.entries(properties).map(([name, value]) => [name.toLowerCase(), value])),
    secretNames: new Map(
      metadata.flatMap(({ name, value }) => (value.kind === "secret" ? [[name.toLowerCase(), value.name]] : [])),
    ),
    namespaced: metadata.some(({ value }) => value.kind === "text" && value.text.includes("{namespace}")),
  };
}

/** The consumer group of a broker is the app, unless the resource says otherwise. */
export function withConsumer(
  kind: Kind,
  properties: Readonly<Record<string, string>>,
  appId: string,
): Readonly<Record<string, string>> {
  if (kind !== "pubsub") return properties;
  const key = Object.keys(properties).find((name) => name.toLowerCase() === "consumerid");
  if (key !== undefined && properties[key]?.trim() !== "") return properties;
  return { ...properties, [key ?? "consumerID"]: appId };
}

/** What a placement is told of them. */
export function openerSettings(
  resource: ComponentResource,
  kind: Kind,
  properties: Readonly<Record<string, string>>,
): OpenerSettings {
  return {
    name: resource.name,
    properties,
    directions: kind === "bindings" ? directionsOf(properties) : undefined,
    initTimeoutMs: resource.initTimeoutMs,
  };
}

function directionsOf(properties: Readonly<Record<string, string>>): OpenerSettings["directions"] {
  const written = Object.entries(properties).find(([name]) => name.toLowerCase() === "direction")?.[1] ?? "";
  const words = written.split(",").map((word) => word.trim().toLowerCase());
  const directions = (["input", "output"] as const).filter((direction) => words.includes(direction));
  return directions.length === 0 ? undefined : directions;
}
