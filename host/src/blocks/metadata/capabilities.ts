import type { ComponentRegistry, LoadedComponent } from "../../components/registry.ts";

export interface RegisteredComponent {
  readonly name: string;
  readonly type: string;
  readonly version: string;
  readonly capabilities: readonly string[];
}

/** Every loaded component with what it can do, in Dapr's words. */
export function registeredComponents(registry: ComponentRegistry): RegisteredComponent[] {
  const describe = (component: LoadedComponent, capabilities: readonly string[]): RegisteredComponent => ({
    name: component.name,
    type: component.type,
    version: component.version,
    capabilities,
  });
  return [
    ...registry.list("secretstores").map((component) => describe(component, component.features)),
    ...registry.list("state").map((component) => describe(component, stateCapabilities(component.features))),
    ...registry.list("pubsub").map((component) => describe(component, component.features)),
    ...registry.list("bindings").map((component) => describe(component, bindingCapabilities(component))),
  ];
}

function stateCapabilities(features: readonly string[]): readonly string[] {
  return features.includes("ETAG") && features.includes("TRANSACTIONAL") ? [...features, "ACTOR"] : features;
}

function bindingCapabilities({ instance }: LoadedComponent<"bindings">): string[] {
  return [
    ...(instance.read === undefined ? [] : ["INPUT_BINDING"]),
    ...(instance.invoke === undefined ? [] : ["OUTPUT_BINDING"]),
  ];
}
