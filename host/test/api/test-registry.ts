import type { InstanceOf, Kind } from "@trilby/kit";

import type { ComponentHealth, ComponentRegistry, LoadedComponent } from "../../src/components/registry.ts";

export interface TestRegistry extends ComponentRegistry {
  load<K extends Kind>(
    kind: K,
    name: string,
    instance: InstanceOf[K],
    more?: Partial<LoadedComponent<K>>,
  ): Promise<void>;
  unload(kind: Kind, name: string): Promise<void>;
  /** Adds a component that is not loaded, or says how a loaded one is. */
  setHealth(health: ComponentHealth): void;
}

/** A registry that tests fill by hand. */
export function testRegistry(): TestRegistry {
  const loaded = new Map<string, LoadedComponent>();
  const healths = new Map<string, ComponentHealth>();
  const onLoad: [Kind, (component: any) => void | Promise<void>][] = [];
  const onUnload: [Kind, (component: any) => void | Promise<void>][] = [];
  const key = (kind: Kind, name: string): string => `${kind}/${name}`;
  return {
    get: (kind, name) => loaded.get(key(kind, name)) as any,
    list: (kind) => [...loaded.values()].filter((component) => component.kind === kind) as any,
    health: () => [...healths.values()],
    onLoad: (kind, listener) => void onLoad.push([kind, listener]),
    onUnload: (kind, listener) => void onUnload.push([kind, listener]),
    async load(kind, name, instance, more = {}) {
      const component = {
        name,
        kind,
        type: `${kind}.test`,
        version: "v1",
        instance,
        features: [],
        properties: new Map(),
        ...more,
      } as LoadedComponent;
      loaded.set(key(kind, name), component);
      for (const [of, listener] of onLoad) if (of === kind) await listener(component);
    },
    async unload(kind, name) {
      const component = loaded.get(key(kind, name));
      loaded.delete(key(kind, name));
      for (const [of, listener] of onUnload) if (of === kind) await listener(component);
    },
    setHealth: (health) => void healths.set(key(health.kind, health.name), health),
  };
}
