import type { ComponentDefinition } from "../contract/definition.ts";

/** Socket file names of a declaration, its own first: the type without its category, and with a version beyond the first. */
export function socketNames({ type, aliases = [], version }: ComponentDefinition): string[] {
  // Dapr finds a pluggable component without a version only, so later versions are components of their own.
  const suffix = version === "" || version === "v0" || version === "v1" ? "" : `-${version}`;
  return [...new Set([type, ...aliases].map((each) => each.slice(each.indexOf(".") + 1) + suffix))];
}

const defaultFolder = "/tmp/dapr-components-sockets";

/** Dapr's runtime reads the first of these variables; its Kubernetes injector sets the second one on component containers. */
export function socketsFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return environment["DAPR_COMPONENTS_SOCKETS_FOLDER"] || environment["DAPR_COMPONENT_SOCKETS_FOLDER"] || defaultFolder;
}
