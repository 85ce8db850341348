import { ComponentError } from "@trilby/kit";

import { type ComponentResource, logName } from "../resources/component.ts";
import { formatPlace } from "../resources/place.ts";

/** A component that did not start, and therefore the host does not: daprd's words first, then the place and the cause. */
export class ComponentStartError extends Error {
  override readonly name = "ComponentStartError";
  readonly component: string;

  constructor(resource: ComponentResource, cause: unknown) {
    super(`process component ${resource.name} error: ${startFailure(resource, cause)}`, { cause });
    this.component = resource.name;
  }
}

/** What tools look for, with where the component stands and why it failed. */
export function startFailure(resource: ComponentResource, cause: unknown): string {
  const where = resource.place.file === "" ? "" : ` (component declared at ${formatPlace(resource.place)})`;
  const why = `${causeText(resource, cause)}${where}`;
  // A type of no known kind has not come to its initialisation.
  if (why.startsWith("incorrect type")) return why;
  return `[INIT_COMPONENT_FAILURE]: initialization error occurred for ${logName(resource)}: ${why}`;
}

/** Why, with the place of each metadata item that is at fault. */
export function causeText(resource: ComponentResource, cause: unknown): string {
  if (isTimeout(cause)) {
    const seconds = resource.initTimeoutMs / 1000;
    const inner = ComponentError.is(cause) && cause.message !== "" ? ` (${cause.message})` : "";
    return `init timeout for component ${logName(resource)} exceeded after ${seconds}s${inner}; check that its backend can be reached, or raise spec.initTimeout`;
  }
  if (ComponentError.is(cause) && cause.problems) {
    return cause.problems
      .map(({ field, message, suggestion }) => {
        const place = placeOf(resource, field);
        return `${place}${message}${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`;
      })
      .join("; ");
  }
  return cause instanceof Error ? cause.message : String(cause);
}

function isTimeout(cause: unknown): boolean {
  if (ComponentError.is(cause)) return cause.code === "deadline-exceeded";
  return cause instanceof Error && cause.name === "TimeoutError";
}

function placeOf(resource: ComponentResource, field: string | undefined): string {
  const item = resource.metadata.find(({ name }) => name.toLowerCase() === field?.toLowerCase());
  return item === undefined ? "" : `${formatPlace(item.place)}: `;
}
