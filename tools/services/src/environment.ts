import { NotRunnable, type Service, type ServiceName, type VaultService } from "./service.ts";

/** The server whose address the environment names, if it names one. */
export function startFromEnvironment(name: ServiceName): Service | undefined {
  const variable = variables[name];
  const value = variable === undefined ? undefined : process.env[variable];
  if (!value) return undefined;

  const { host, port } = locate(name, value);
  const refuse = (action: string) => {
    throw new NotRunnable(name, action);
  };
  const service: Service = {
    name,
    source: "environment",
    host,
    port,
    address: `${host}:${port}`,
    url: value,
    pid: undefined,
    certificates: undefined,
    stop: async () => {},
    kill: async () => refuse("kill"),
    restart: async () => refuse("restart"),
    pause: async () => refuse("pause"),
    resume: async () => refuse("resume"),
    log: () => "",
  };
  if (name !== "vault") return service;
  const vault: VaultService = Object.assign(service, {
    token: process.env["TRILBY_VAULT_TOKEN"] ?? "",
    seal: async () => refuse("seal"),
    unseal: async () => refuse("unseal"),
  });
  return vault;
}

const variables: Partial<Record<ServiceName, string>> = {
  redis: "TRILBY_REDIS_URL",
  "redis-stack": "TRILBY_REDIS_STACK_URL",
  postgres: "TRILBY_POSTGRES_URL",
  mosquitto: "TRILBY_MQTT_URL",
  kafka: "TRILBY_KAFKA_BROKERS",
  vault: "TRILBY_VAULT_ADDR",
};

const defaultPorts: Partial<Record<ServiceName, number>> = {
  redis: 6379,
  "redis-stack": 6379,
  postgres: 5432,
  mosquitto: 1883,
  kafka: 9092,
  vault: 8200,
};

// Kafka's is a list of host:port, of which the first is shown; the others' are URLs.
function locate(name: ServiceName, value: string): { host: string; port: number } {
  const url = new URL(value.includes("://") ? value : `tcp://${value.split(",")[0]}`);
  return { host: url.hostname, port: Number(url.port) || (defaultPorts[name] ?? 0) };
}
