import type { Kind } from "@trilby/kit";

import type { ComponentHealth, ComponentRegistry, LoadedComponent } from "./registry.ts";

/** The registry as the loader fills it. */
export interface LiveRegistry extends ComponentRegistry {
  /** A component that should be there. The order of calls is the order of `list` and `health`. */
  expect(key: { readonly kind: Kind; readonly name: string }, health: () => ComponentHealth): void;
  /** Makes it visible and resolves when every listener has taken it. */
  add(component: LoadedComponent): Promise<void>;
  /** Tells the listeners, then takes it away. */
  remove(component: LoadedComponent): Promise<void>;
}

type Listener = (component: LoadedComponent) => void | Promise<void>;

export function createRegistry(): LiveRegistry {
  const byKind: Readonly<Record<Kind, Map<string, LoadedComponent>>> = {
    state: new Map(),
    pubsub: new Map(),
    bindings: new Map(),
    secretstores: new Map(),
  };
  const onLoad: { kind: Kind; listener: Listener }[] = [];
  const onUnload: { kind: Kind; listener: Listener }[] = [];
  const expected: { kind: Kind; name: string; health: () => ComponentHealth }[] = [];
  const tell = (listeners: typeof onLoad, component: LoadedComponent): Promise<unknown> =>
    Promise.all(
      listeners.filter(({ kind }) => kind === component.kind).map(async ({ listener }) => listener(component)),
    );

  return {
    get: (kind, name) => byKind[kind].get(name) as LoadedComponent<typeof kind> | undefined,
    list: (kind) =>
      expected.flatMap((each) => (each.kind === kind ? (byKind[kind].get(each.name) ?? []) : [])) as LoadedComponent<
        typeof kind
      >[],
    health: () => expected.map(({ health }) => health()),
    onLoad(kind, listener) {
      onLoad.push({ kind, listener: listener as Listener });
      for (const component of byKind[kind].values())
        void (async () => (listener as Listener)(component))().catch(() => {});
    },
    onUnload(kind, listener) {
      onUnload.push({ kind, listener: listener as Listener });
    },
    expect({ kind, name }, health) {
      expected.push({ kind, name, health });
    },
    async add(component) {
      byKind[component.kind].set(component.name, component);
      await tell(onLoad, component);
    },
    async remove(component) {
      if (!byKind[component.kind].has(component.name)) return;
      await tell(onUnload, component).catch(() => {});
      byKind[component.kind].delete(component.name);
    },
  };
}
