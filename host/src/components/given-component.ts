import type { ComponentDefinition } from "@trilby/kit";

import type { ComponentResource } from "../resources/component.ts";
import { normalVersion } from "./component-type.ts";

/** A component given in code instead of in a YAML file. */
export interface GivenComponent {
  readonly definition: ComponentDefinition;
  readonly name: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** The resource that a component given in code would have. */
export function resourceOf({ definition, name }: GivenComponent): ComponentResource {
  const place = { file: "", line: 0, column: 0 };
  return {
    name,
    namespace: undefined,
    type: definition.type,
    version: normalVersion(definition.version),
    ignoreErrors: false,
    initTimeoutMs: 5000,
    metadata: [],
    secretStore: undefined,
    annotations: { placement: undefined, package: undefined, socket: undefined },
    place,
    typePlace: place,
  };
}
