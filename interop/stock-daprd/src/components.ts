import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentYaml, servePackage, type ServedPackage } from "@trilby/interop-judging";
import type { Backends } from "./backends.ts";
import type { Undo } from "./undo.ts";

export const secrets = { "judge-secret": "from the store" };

/** What the two daemons do not call the same. */
export interface Types {
  readonly postgres1: string;
  readonly postgres2: string;
  readonly postgres2Version: string;
  readonly channel: string;
}

/**
 * daprd takes a socket before its own component where it registered that one without a version, as for redis; for postgresql it does
 * not, so ours are served under names of their own. So is the in-memory broker: the store has the socket of that name.
 */
export const ourTypes: Types = {
  postgres1: "state.trilby-postgresql-v1",
  postgres2: "state.trilby-postgresql-v2",
  postgres2Version: "v1",
  channel: "pubsub.trilby-in-memory",
};

export const builtinTypes: Types = {
  postgres1: "state.postgresql",
  postgres2: "state.postgresql",
  postgres2Version: "v2",
  channel: "pubsub.in-memory",
};

/** What stands in a daemon's resources. */
export function resources(backends: Backends, folder: string, types: Types): Record<string, string> {
  const { redis, postgres, kafka, mosquitto } = backends;
  // The same keys for both daemons, whose app ids differ.
  const shared = { keyPrefix: "none" };
  const files = {
    redis: componentYaml("redis", "state.redis", { redisHost: redis.address, ...shared }),
    postgres1: componentYaml("postgres1", types.postgres1, { connectionString: postgres.url, ...shared }),
    postgres2: componentYaml(
      "postgres2",
      types.postgres2,
      { connectionString: postgres.url, tablePrefix: "v2_", ...shared },
      types.postgres2Version,
    ),
    memory: componentYaml("memory", "state.in-memory"),
    sqlite: componentYaml("sqlite", "state.sqlite", { connectionString: join(folder, "state.db") }),
    kafka: componentYaml("kafka", "pubsub.kafka", {
      brokers: kafka.address,
      authType: "none",
      initialOffset: "oldest",
      backOffDuration: "200ms",
    }),
    channel: componentYaml("channel", types.channel),
    mqtt: componentYaml("mqtt", "bindings.mqtt3", {
      url: `tcp://${mosquitto.address}`,
      topic: "judge/orders",
      consumerID: folder.endsWith("ours") ? "ours" : "builtin",
      qos: "1",
    }),
    cron: componentYaml("cron", "bindings.cron", { schedule: "@every 1s" }),
    file: componentYaml("file", "secretstores.local.file", { secretsFile: join(folder, "secrets.json") }),
    environment: componentYaml("environment", "secretstores.local.env"),
    vault: componentYaml("vault", "secretstores.hashicorp.vault", {
      vaultAddr: backends.vault.url,
      vaultToken: backends.vault.token,
    }),
  };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${name}.yaml`, text]));
}

export type OurComponents = ReadonlyMap<string, Ours>;

export interface Ours {
  readonly served: () => ServedPackage;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Every package of ours on its socket, as `npx` would run it. */
export async function serveOurs(socketsFolder: string, undo: Undo): Promise<OurComponents> {
  mkdirSync(socketsFolder, { mode: 0o700, recursive: true });
  const ours = new Map<string, Ours>();
  await Promise.all(
    packages.map(async ({ package: name, only, socket, environment }) => {
      let served: ServedPackage;
      const start = async (): Promise<void> => {
        served = await servePackage(name, { socketsFolder, only, name: socket, ...(environment && { environment }) });
      };
      await start();
      undo.push(() => served.process.stop());
      ours.set(socket ?? name, { served: () => served, start, kill: () => served.process.kill() });
    }),
  );
  return ours;
}

const packages: readonly {
  readonly package: string;
  readonly only?: string;
  readonly socket?: string;
  readonly environment?: Readonly<Record<string, string>>;
}[] = [
  { package: "state-redis" },
  { package: "state-postgres", only: "state.postgresql/v1", socket: "trilby-postgresql-v1" },
  { package: "state-postgres", only: "state.postgresql/v2", socket: "trilby-postgresql-v2" },
  { package: "state-in-memory" },
  { package: "state-sqlite" },
  { package: "pubsub-kafka" },
  { package: "pubsub-in-memory", socket: "trilby-in-memory" },
  { package: "bindings-mqtt" },
  { package: "bindings-cron" },
  { package: "secretstore-local-file" },
  { package: "secretstore-local-env", environment: secrets },
  { package: "secretstore-vault" },
];

/** The secrets' names and values where each store looks for them. */
export async function writeSecrets({ vault }: Backends, folder: string): Promise<void> {
  writeFileSync(join(folder, "secrets.json"), JSON.stringify(secrets));
  for (const [name, value] of Object.entries(secrets)) {
    const response = await fetch(`${vault.url}/v1/secret/data/dapr/${name}`, {
      method: "POST",
      headers: { "x-vault-token": vault.token },
      body: JSON.stringify({ data: { [name]: value } }),
    });
    if (!response.ok) throw new Error(`vault answers ${response.status}: ${await response.text()}`);
  }
}
