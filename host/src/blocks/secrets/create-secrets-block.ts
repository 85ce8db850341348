import { DaprDefinition } from "@trilby/proto/runtime";

import { unaryMethod } from "../../api/grpc/unary-method.ts";
import type { ComponentRegistry } from "../../components/registry.ts";
import type { Metrics } from "../../observability/metrics.ts";
import type { SecretScope } from "../../resources/configuration.ts";
import type { Block } from "../block.ts";
import { createScopes } from "./scopes.ts";
import { createSecrets } from "./secrets.ts";

const api = { group: "secrets", version: "v1" } as const;

/** Reading secrets, within the scopes of the Configuration. */
export function createSecretsBlock(setup: {
  readonly registry: ComponentRegistry;
  readonly metrics: Metrics;
  readonly scopes: readonly Pick<SecretScope, "storeName" | "defaultAccess" | "allowedSecrets" | "deniedSecrets">[];
}): Block {
  const secrets = createSecrets(setup.registry, setup.metrics, createScopes(setup.scopes));
  return {
    http: [
      {
        methods: ["GET"],
        path: "/v1.0/secrets/{store}/bulk",
        name: "GetBulkSecret",
        api,
        async handle(exchange) {
          const all = await secrets.bulkGet(exchange.param(0), exchange.metadata(), exchange);
          exchange.json(
            200,
            new Map(Object.entries(all).map(([name, secret]) => [name, new Map(Object.entries(secret))])),
          );
        },
      },
      {
        methods: ["GET"],
        path: "/v1.0/secrets/{store}/{key}",
        name: "GetSecret",
        api,
        async handle(exchange) {
          const secret = await secrets.get(exchange.param(0), exchange.param(1), exchange.metadata(), exchange);
          exchange.json(200, new Map(Object.entries(secret)));
        },
      },
    ],
    grpc: [
      unaryMethod(DaprDefinition, "getSecret", api, async ({ storeName, key, metadata }, call) => ({
        data: { ...(await secrets.get(storeName, key, metadata, call)) },
      })),
      unaryMethod(DaprDefinition, "getBulkSecret", api, async ({ storeName, metadata }, call) => {
        const all = await secrets.bulkGet(storeName, metadata, call);
        return {
          data: Object.fromEntries(Object.entries(all).map(([name, secret]) => [name, { secrets: { ...secret } }])),
        };
      }),
    ],
  };
}
