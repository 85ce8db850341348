import { startFromEnvironment } from "./environment.ts";
import type { ServiceName, ServiceOf, ServiceOptions } from "./service.ts";

export { createCertificates, type Certificates } from "./certificates.ts";
export { claimPort } from "./ports.ts";
export * from "./service.ts";

/**
 * A running server of that kind that answers: from the environment, else a container where a Docker engine answers, else the
 * server installed on this machine, else `ServiceNotRun`. Options that change the server (TLS, passwords, a topology) rule the first
 * two out. It ends with this process, however this process ends; call `stop` to end it earlier.
 */
export async function startService<Name extends ServiceName>(
  name: Name,
  options: ServiceOptions<Name> = {},
): Promise<ServiceOf<Name>> {
  const plain = Object.keys(options).every((key) => key === "killable" || key === "settings");
  const sharable = Object.keys(options).length === 0;
  if (sharable) {
    const found = startFromEnvironment(name);
    if (found) return found;
  }
  if (plain && options.settings === undefined) {
    const { startContainer } = await import("./container.ts");
    const container = await startContainer(name);
    if (container) return container;
  }
  const start = await installed[name]();
  return start(options as never);
}

// Each backend is read only when it is asked for.
const installed = {
  redis: async () => (await import("./redis.ts")).startRedis,
  "redis-stack": async () => (await import("./redis.ts")).startRedisStack,
  "redis-cluster": async () => (await import("./redis-topologies.ts")).startRedisCluster,
  "redis-sentinel": async () => (await import("./redis-topologies.ts")).startRedisSentinel,
  postgres: async () => (await import("./postgres.ts")).startPostgres,
  mosquitto: async () => (await import("./mosquitto.ts")).startMosquitto,
  kafka: async () => (await import("./kafka.ts")).startKafka,
  vault: async () => (await import("./vault.ts")).startVault,
} satisfies Record<ServiceName, () => Promise<unknown>>;
