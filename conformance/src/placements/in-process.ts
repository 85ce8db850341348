import { openComponent, type ComponentDefinition, type Kind } from "@trilby/kit";
import { featuresOf } from "../core/binding-halves.ts";
import type { Opened, OpenSettings, Placement } from "../core/world.ts";

/** Opens the declaration in this process: no socket in between. */
export function inProcess<K extends Kind>(
  definition: Extract<ComponentDefinition, { kind: K }>,
  properties: Readonly<Record<string, string>>,
): Placement<K> {
  let opened = 0;
  const open = async (settings: OpenSettings = {}): Promise<Opened<K>> => {
    const { name = `conformance-${++opened}`, properties: wanted = properties } = settings;
    const component = await openComponent(definition as ComponentDefinition, { name, properties: wanted });
    const features = featuresOf(definition as ComponentDefinition, component.features);
    return { ...(component as unknown as Opened<K>), features };
  };
  return {
    name: "in-process",
    abilities: new Set(["in-process"]),
    async start() {
      return { ...(await open()), properties, open };
    },
  };
}
