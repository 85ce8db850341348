import {
  QueriableStateStoreDefinition,
  StateStoreDefinition,
  TransactionalStateStoreDefinition,
  TransactionalStoreMultiMaxSizeDefinition,
} from "@trilby/proto/components";
import { ComponentError } from "../errors/component-error.ts";
import {
  bulkItemsToWire,
  deleteFromWire,
  getFromWire,
  operationFromWire,
  queryFromWire,
  queryResultToWire,
  resultToWire,
  setFromWire,
} from "../protocol/state.ts";
import type { RpcServer } from "../transport/index.ts";
import { initialise, ping } from "./instance-methods.ts";
import type { ServedComponent } from "./served-component.ts";
import type { ServedService } from "./served-service.ts";
import { serveUnary } from "./service.ts";

/** The four services of a state store. The optional ones always answer, and are listed when an instance has the feature. */
export function serveState(server: RpcServer, component: ServedComponent<"state">): ServedService[] {
  const { type } = component.definition;
  serveUnary(server, StateStoreDefinition, {
    init: initialise(component),
    features: async (_, name) => ({ features: [...component.features(name)] }),
    ping: ping(component),
    get: (request, name, call) => component.instance(name).get(getFromWire(request), call).then(resultToWire),
    set: (request, name, call) => component.instance(name).set(setFromWire(request), call).then(nothing),
    delete: (request, name, call) => component.instance(name).delete(deleteFromWire(request), call).then(nothing),
    bulkGet: async ({ items, options }, name, call) => {
      const found = await component.instance(name).bulkGet(items.map(getFromWire), bulkOptions(options), call);
      return { items: bulkItemsToWire(items, found) };
    },
    bulkSet: async ({ items, options }, name, call) => {
      await component.instance(name).bulkSet(items.map(setFromWire), bulkOptions(options), call);
      return {};
    },
    bulkDelete: async ({ items, options }, name, call) => {
      await component.instance(name).bulkDelete(items.map(deleteFromWire), bulkOptions(options), call);
      return {};
    },
  });
  serveUnary(server, TransactionalStateStoreDefinition, {
    transact: async ({ operations, metadata }, name, call) => {
      const store = component.instance(name);
      if (store.transact === undefined) throw new ComponentError("unimplemented", `${type} has no transactions`);
      await store.transact(operations.map(operationFromWire), metadata, call);
      return {};
    },
  });
  serveUnary(server, TransactionalStoreMultiMaxSizeDefinition, {
    multiMaxSize: async (_, name, call) => {
      const store = component.instance(name);
      if (store.transact === undefined) throw new ComponentError("unimplemented", `${type} has no transactions`);
      const size = (await store.multiMaxSize?.(call)) ?? 0;
      // -1 is Dapr's word for no limit.
      return { maxSize: size > 0 ? String(size) : "-1" };
    },
  });
  serveUnary(server, QueriableStateStoreDefinition, {
    query: async ({ query, metadata }, name, call) => {
      const store = component.instance(name);
      if (store.query === undefined) throw new ComponentError("unimplemented", `${type} has no queries`);
      const asked = queryFromWire(query ?? { filter: {}, sort: [], pagination: undefined });
      return queryResultToWire(await store.query(asked, metadata, call));
    },
  });
  const transactional = (): boolean => component.mayHave("TRANSACTIONAL");
  return [
    { definition: StateStoreDefinition, listed: () => true },
    { definition: TransactionalStateStoreDefinition, listed: transactional },
    { definition: TransactionalStoreMultiMaxSizeDefinition, listed: transactional },
    { definition: QueriableStateStoreDefinition, listed: () => component.mayHave("QUERY_API") },
  ];
}

function nothing(): object {
  return {};
}

function bulkOptions(options: { readonly parallelism: number } | undefined): { parallelism: number } {
  return { parallelism: Math.max(0, options?.parallelism ?? 0) };
}
