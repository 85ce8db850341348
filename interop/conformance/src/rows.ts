import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startService, type ServiceName, type ServiceOf } from "@trilby/services";
import type { Kind } from "./upstream.ts";

/** One of our components and the component of Dapr whose row of the suite it has to pass. */
export interface JudgedRow {
  readonly kind: Kind;
  readonly package: string;
  /** Of a package with several components. */
  readonly only?: string;
  /** `component` and perhaps `profile` of the upstream matrix. */
  readonly upstream: readonly [component: string, profile?: string];
  readonly environment?: Readonly<Record<string, string>>;
  /** Starts the backend and says what the component is initialised with; `folder` is the row's own. */
  prepare(folder: string): Promise<Prepared>;
}

export interface Prepared {
  readonly properties: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export function rowName({ package: name, only, upstream }: JudgedRow): string {
  return `${name}${only === undefined ? "" : ` ${only}`} as ${upstream.filter(Boolean).join("/")}`;
}

const secrets = { conftestsecret: "abcd", secondsecret: "efgh" };

export const rows: readonly JudgedRow[] = [
  { kind: "state", package: "state-in-memory", upstream: ["in-memory"], prepare: alone({}) },
  {
    kind: "state",
    package: "state-sqlite",
    upstream: ["sqlite"],
    prepare: async (folder) => alone({ connectionString: join(folder, "state.db") })(),
  },
  {
    kind: "state",
    package: "state-redis",
    upstream: ["redis.v7"],
    prepare: () => withService("redis", ({ address }) => ({ redisHost: address })),
  },
  {
    kind: "state",
    package: "state-redis",
    upstream: ["redis.v6"],
    prepare: () => withService("redis-stack", ({ address }) => ({ redisHost: address, queryIndexes })),
  },
  {
    kind: "state",
    package: "state-postgres",
    only: "state.postgresql/v1",
    upstream: ["postgresql.v1.docker"],
    prepare: () => withService("postgres", ({ url }) => ({ connectionString: url })),
  },
  {
    kind: "state",
    package: "state-postgres",
    only: "state.postgresql/v2",
    upstream: ["postgresql.v2.docker"],
    prepare: () => withService("postgres", ({ url }) => ({ connectionString: url, tablePrefix: "confv2_" })),
  },
  { kind: "pubsub", package: "pubsub-in-memory", upstream: ["in-memory"], prepare: alone({}) },
  {
    kind: "pubsub",
    package: "pubsub-kafka",
    upstream: ["kafka"],
    prepare: () =>
      withService("kafka", ({ address }) => ({
        brokers: address,
        consumerGroup: "pubsubgroup1",
        authRequired: "false",
        initialOffset: "oldest",
      })),
  },
  { kind: "bindings", package: "bindings-cron", upstream: ["cron"], prepare: alone({ schedule: "@every 1s" }) },
  {
    kind: "bindings",
    package: "bindings-mqtt",
    upstream: ["mqtt3", "mosquitto"],
    prepare: () =>
      withService("mosquitto", ({ address }) => ({
        url: `tcp://${address}`,
        consumerID: "testBindingConsumer",
        topic: "testBindingTopic",
        retain: "false",
        qos: "1",
        cleanSession: "false",
        backOffMaxRetries: "5",
      })),
  },
  {
    kind: "secretstores",
    package: "secretstore-local-env",
    upstream: ["local.env"],
    environment: secrets,
    prepare: alone({}),
  },
  {
    kind: "secretstores",
    package: "secretstore-local-file",
    upstream: ["local.file"],
    async prepare(folder) {
      const secretsFile = join(folder, "secrets.json");
      writeFileSync(secretsFile, JSON.stringify(secrets));
      return alone({ secretsFile, nestedSeparator: ":" })();
    },
  },
  {
    kind: "secretstores",
    package: "secretstore-vault",
    upstream: ["hashicorp.vault"],
    prepare: () =>
      withService("vault", async ({ url, token }) => {
        for (const [name, value] of Object.entries(secrets)) {
          const response = await fetch(`${url}/v1/secret/data/dapr/${name}`, {
            method: "POST",
            headers: { "x-vault-token": token },
            body: JSON.stringify({ data: { [name]: value } }),
          });
          if (!response.ok) throw new Error(`vault answers ${response.status}: ${await response.text()}`);
        }
        return { vaultAddr: url, vaultToken: token };
      }),
  },
];

// What the upstream row of redis.v6 is given.
const queryIndexes = JSON.stringify([
  {
    name: "qIndx",
    indexes: [
      { key: "message", type: "TEXT" },
      { key: "product.value", type: "NUMERIC" },
      { key: "status", type: "TEXT" },
    ],
  },
]);

function alone(properties: Prepared["properties"]): () => Promise<Prepared> {
  return async () => ({ properties, stop: async () => {} });
}

async function withService<Name extends ServiceName>(
  name: Name,
  properties: (service: ServiceOf<Name>) => Prepared["properties"] | Promise<Prepared["properties"]>,
): Promise<Prepared> {
  const service = await startService(name, { killable: true });
  try {
    return { properties: await properties(service), stop: () => service.stop() };
  } catch (error) {
    await service.stop();
    throw error;
  }
}
