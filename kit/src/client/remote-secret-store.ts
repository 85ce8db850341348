import { SecretStoreDefinition } from "@trilby/proto/components";
import type { SecretStore } from "../contract/secret-store.ts";
import type { Channel } from "../transport/index.ts";
import { Caller, remoteMethod } from "./caller.ts";
import { initialise } from "./initialise.ts";
import type { Remote } from "./remote.ts";

export function remoteSecretStore(channel: Channel, name: string): Remote<"secretstores"> {
  const caller = new Caller(channel, name);
  return {
    async init(properties, options) {
      const features = await initialise(caller, initMethod, featuresMethod, properties, options);
      return { features, instance: secretStore(caller, features) };
    },
  };
}

const { methods } = SecretStoreDefinition;
const initMethod = remoteMethod(SecretStoreDefinition, methods.init);
const featuresMethod = remoteMethod(SecretStoreDefinition, methods.features);
const pingMethod = remoteMethod(SecretStoreDefinition, methods.ping);
const getMethod = remoteMethod(SecretStoreDefinition, methods.get);
const bulkGetMethod = remoteMethod(SecretStoreDefinition, methods.bulkGet);

function secretStore(caller: Caller, features: readonly string[]): SecretStore {
  return {
    features,
    get: async ({ name, metadata }, call) => (await caller.call(getMethod, { key: name, metadata }, call)).data,
    async bulkGet(metadata, call) {
      const { data } = await caller.call(bulkGetMethod, { metadata }, call);
      return Object.fromEntries(Object.entries(data).map(([name, { secrets }]) => [name, secrets]));
    },
    ping: async (call) => void (await caller.call(pingMethod, {}, call)),
    close: async () => undefined,
  };
}
