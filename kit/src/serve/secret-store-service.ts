import { SecretStoreDefinition } from "@trilby/proto/components";
import type { RpcServer } from "../transport/index.ts";
import { initialise, ping } from "./instance-methods.ts";
import type { ServedComponent } from "./served-component.ts";
import type { ServedService } from "./served-service.ts";
import { serveUnary } from "./service.ts";

export function serveSecretStore(server: RpcServer, component: ServedComponent<"secretstores">): ServedService[] {
  serveUnary(server, SecretStoreDefinition, {
    init: initialise(component),
    features: async (_, name) => ({ features: [...component.features(name)] }),
    ping: ping(component),
    get: async ({ key, metadata }, name, call) => ({
      data: await component.instance(name).get({ name: key, metadata }, call),
    }),
    bulkGet: async ({ metadata }, name, call) => {
      const found = await component.instance(name).bulkGet(metadata, call);
      return { data: Object.fromEntries(Object.entries(found).map(([key, secrets]) => [key, { secrets }])) };
    },
  });
  return [{ definition: SecretStoreDefinition, listed: () => true }];
}
