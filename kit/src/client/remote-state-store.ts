import {
  QueriableStateStoreDefinition,
  StateStoreDefinition,
  TransactionalStateStoreDefinition,
  TransactionalStoreMultiMaxSizeDefinition,
} from "@trilby/proto/components";
import type { OpenedStateStore } from "../open/guard-state-store.ts";
import {
  bulkItemsFromWire,
  deleteToWire,
  getToWire,
  operationToWire,
  queryResultFromWire,
  queryToWire,
  resultFromWire,
  setToWire,
} from "../protocol/state.ts";
import type { Channel } from "../transport/index.ts";
import { Caller, remoteMethod } from "./caller.ts";
import { initialise } from "./initialise.ts";
import type { Remote } from "./remote.ts";

export function remoteStateStore(channel: Channel, name: string): Remote<"state", OpenedStateStore> {
  const caller = new Caller(channel, name);
  return {
    async init(properties, options) {
      const features = await initialise(caller, initMethod, featuresMethod, properties, options);
      return { features, instance: stateStore(caller, features) };
    },
  };
}

const { methods } = StateStoreDefinition;
const initMethod = remoteMethod(StateStoreDefinition, methods.init);
const featuresMethod = remoteMethod(StateStoreDefinition, methods.features);
const pingMethod = remoteMethod(StateStoreDefinition, methods.ping);
const getMethod = remoteMethod(StateStoreDefinition, methods.get, resultFromWire);
const setMethod = remoteMethod(StateStoreDefinition, methods.set, nothing);
const deleteMethod = remoteMethod(StateStoreDefinition, methods.delete, nothing);
const bulkGetMethod = remoteMethod(StateStoreDefinition, methods.bulkGet);
const bulkSetMethod = remoteMethod(StateStoreDefinition, methods.bulkSet);
const bulkDeleteMethod = remoteMethod(StateStoreDefinition, methods.bulkDelete);
const transactMethod = remoteMethod(
  TransactionalStateStoreDefinition,
  TransactionalStateStoreDefinition.methods.transact,
);
const queryMethod = remoteMethod(QueriableStateStoreDefinition, QueriableStateStoreDefinition.methods.query);
const multiMaxSizeMethod = remoteMethod(
  TransactionalStoreMultiMaxSizeDefinition,
  TransactionalStoreMultiMaxSizeDefinition.methods.multiMaxSize,
);

function stateStore(caller: Caller, features: readonly string[]): OpenedStateStore {
  const store: OpenedStateStore = {
    features,
    get: (request, call) => caller.call(getMethod, getToWire(request), call),
    set: (request, call) => caller.call(setMethod, setToWire(request), call),
    delete: (request, call) => caller.call(deleteMethod, deleteToWire(request), call),
    async bulkGet(requests, options, call) {
      const { items } = await caller.call(bulkGetMethod, { items: requests.map(getToWire), options }, call);
      return bulkItemsFromWire(requests, items);
    },
    bulkSet: async (requests, options, call) =>
      void (await caller.call(bulkSetMethod, { items: requests.map(setToWire), options }, call)),
    bulkDelete: async (requests, options, call) =>
      void (await caller.call(bulkDeleteMethod, { items: requests.map(deleteToWire), options }, call)),
    ping: async (call) => void (await caller.call(pingMethod, {}, call)),
    close: async () => undefined,
  };
  if (features.includes("TRANSACTIONAL")) {
    store.transact = async (operations, metadata, call) =>
      void (await caller.call(transactMethod, { operations: operations.map(operationToWire), metadata }, call));
    store.multiMaxSize = multiMaxSize(caller);
  }
  // Dapr's runtime asks every store, whatever its features: components in other languages answer without naming the feature.
  if (features.includes("QUERY_API") || !caller.peerIsKit) {
    store.query = async (query, metadata, call) =>
      queryResultFromWire(await caller.call(queryMethod, { query: queryToWire(query), metadata }, call));
  }
  return store;
}

function nothing(): void {}

const multiMaxSizeTimeoutMs = 5000;

/** Asked once. A store that cannot answer, as most cannot, has no limit. */
function multiMaxSize(caller: Caller): () => Promise<number> {
  let asked: Promise<number> | undefined;
  return () =>
    (asked ??= caller.call(multiMaxSizeMethod, {}, { timeoutMs: multiMaxSizeTimeoutMs }).then(
      ({ maxSize }) => {
        const size = Number(maxSize);
        // Beyond what a number counts is as good as no limit.
        return Number.isSafeInteger(size) ? size : -1;
      },
      () => -1,
    ));
}
