import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { answersKafka } from "./kafka.ts";
import { answersMqtt } from "./mosquitto.ts";
import { claimPort } from "./ports.ts";
import { answersPostgres, password } from "./postgres.ts";
import { answersRedis } from "./redis.ts";
import type { Service, ServiceName } from "./service.ts";
import { answersVault, devToken, refuseSeal } from "./vault.ts";

/** The server in a container; undefined where no Docker engine answers on this machine, or the service is not one container. */
export async function startContainer(name: ServiceName): Promise<Service | undefined> {
  const recipe = recipes[name];
  if (!recipe || !hasEngineSocket()) return undefined;
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import("testcontainers");
  let engine;
  try {
    engine = await getContainerRuntimeClient();
  } catch {
    return undefined;
  }

  // The same port inside and out: Kafka tells its clients where it is, and a restarted container must be where it was.
  const { port, release } = await claimPort();
  const { image, command, environment = {}, files = [], url, answers, also } = recipe(port);
  let started;
  try {
    started = await new GenericContainer(image)
      .withExposedPorts({ container: port, host: port })
      .withCommand(command)
      .withEnvironment(environment)
      .withCopyContentToContainer(files)
      // Ready is when the protocol is answered, below.
      .withWaitStrategy(Wait.forAll([]))
      .start();
  } catch (error) {
    // An engine without a registry behind it, most often: the machine's own server may still be there.
    release();
    process.emitWarning(`${name}: no container of ${image}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const container = engine.container.getById(started.getId());

  let log = "";
  const follow = async () => {
    const output = await started.logs();
    output.on("data", (part: Buffer) => (log += part.toString()));
    output.on("error", () => {});
  };
  const ready = async () => {
    const deadline = Date.now() + 60_000;
    while (!(await answers().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`${name} (${image}) did not answer in time:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const stop = async () => {
    await started.stop();
    release();
  };
  try {
    await follow();
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }

  const service: Service = {
    name,
    source: "testcontainers",
    host: "127.0.0.1",
    port,
    address: `127.0.0.1:${port}`,
    url,
    pid: undefined,
    certificates: undefined,
    stop,
    kill: async () => void (await container.kill()),
    async restart() {
      await container.restart();
      await follow();
      await ready();
    },
    pause: async () => void (await container.pause()),
    resume: async () => void (await container.unpause()),
    log: () => log,
  };
  return Object.assign(service, also);
}

interface Recipe {
  image: string;
  command: string[];
  environment?: Record<string, string>;
  files?: { content: string; target: string }[];
  url: string;
  answers(): Promise<boolean>;
  /** What this service has beyond the others. */
  also?: object;
}

const recipes: Partial<Record<ServiceName, (port: number) => Recipe>> = {
  redis: (port) => ({
    image: "redis:7-alpine",
    command: ["redis-server", "--port", String(port), "--save", "", "--appendonly", "yes", "--protected-mode", "no"],
    url: `redis://127.0.0.1:${port}`,
    answers: () => answersRedis(port),
  }),
  "redis-stack": (port) => ({
    image: "redis/redis-stack-server:7.4.0-v3",
    command: [
      "redis-stack-server",
      "--port",
      String(port),
      "--save",
      "",
      "--appendonly",
      "yes",
      "--protected-mode",
      "no",
    ],
    url: `redis://127.0.0.1:${port}`,
    answers: () => answersRedis(port),
  }),
  postgres: (port) => ({
    image: "postgres:17-alpine",
    command: ["postgres", "-p", String(port), "-c", "fsync=off", "-c", "full_page_writes=off"],
    environment: { POSTGRES_PASSWORD: password },
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    answers: () => answersPostgres(port),
  }),
  mosquitto: (port) => ({
    image: "eclipse-mosquitto:2",
    command: ["mosquitto", "-c", "/trilby.conf"],
    files: [{ content: mosquittoConfiguration(port), target: "/trilby.conf" }],
    url: `mqtt://127.0.0.1:${port}`,
    answers: () => answersMqtt(port),
  }),
  kafka: (port) => ({
    image: "apache/kafka:4.1.0",
    command: ["/etc/kafka/docker/run"],
    environment: {
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_LISTENERS: `CLIENT://:${port},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `CLIENT://127.0.0.1:${port}`,
      KAFKA_INTER_BROKER_LISTENER_NAME: "CLIENT",
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
      KAFKA_BROKER_SESSION_TIMEOUT_MS: "3000",
      KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: "500",
    },
    url: `127.0.0.1:${port}`,
    answers: () => answersKafka(port),
    also: { username: undefined, password: undefined },
  }),
  vault: (port) => ({
    image: "hashicorp/vault:1.21",
    command: ["server", "-dev"],
    environment: {
      VAULT_DEV_ROOT_TOKEN_ID: devToken,
      VAULT_DEV_LISTEN_ADDRESS: `0.0.0.0:${port}`,
      VAULT_DISABLE_MLOCK: "1",
      SKIP_SETCAP: "1",
    },
    url: `http://127.0.0.1:${port}`,
    answers: () => answersVault(`http://127.0.0.1:${port}`),
    also: { token: devToken, seal: refuseSeal, unseal: refuseSeal },
  }),
};

function mosquittoConfiguration(port: number): string {
  const lines = [`listener ${port}`, "user root", "allow_anonymous true", "persistence true"];
  return [...lines, "persistence_location /mosquitto/data/", "autosave_on_changes true", "autosave_interval 1"].join(
    "\n",
  );
}

// Asked before the library is read, which takes longer than most servers take to start.
function hasEngineSocket(): boolean {
  const host = process.env["DOCKER_HOST"];
  if (host !== undefined) return host.startsWith("unix://") && existsSync(host.slice("unix://".length));
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const folders = ["/var/run", join(homedir(), ".docker/run"), ...(runtime === undefined ? [] : [runtime])];
  return folders.some((folder) => existsSync(join(folder, "docker.sock")));
}
