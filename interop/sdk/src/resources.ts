import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentYaml } from "@trilby/interop-judging";
import type { Backends } from "./backends.ts";

/** What an app calls its components. */
export const names = {
  stateStore: "statestore",
  pubsub: "pubsub",
  binding: "mqtt",
  cron: "cron",
  secretStore: "secrets",
};

/** What runs of apps share has names of the run in it. */
export const topicsOf = (runId: string) => ({ plain: `${runId}-orders`, streamed: `${runId}-streamed` });

export type Broker = "in-memory" | "kafka";

export const secrets = { password: "s3cr€t", database: { user: "u", password: "p" } };

/** What stands in the resources folder of either daemon. */
export function resources(
  { redis, mosquitto, kafka }: Backends,
  broker: Broker,
  folder: string,
  runId: string,
): Record<string, string> {
  const secretsFile = join(folder, "secrets.json");
  writeFileSync(secretsFile, JSON.stringify(secrets));
  return {
    "state.yaml": componentYaml(names.stateStore, "state.redis", { redisHost: redis.address }),
    "pubsub.yaml":
      broker === "in-memory"
        ? componentYaml(names.pubsub, "pubsub.in-memory")
        : componentYaml(names.pubsub, "pubsub.kafka", {
            brokers: kafka!.address,
            authType: "none",
            initialOffset: "oldest",
            consumerGroup: runId,
            backOffDuration: "200ms",
          }),
    "binding.yaml": componentYaml(names.binding, "bindings.mqtt3", {
      url: `tcp://${mosquitto.address}`,
      topic: `judge/${runId}`,
      consumerID: runId,
      qos: "1",
    }),
    "cron.yaml": componentYaml(names.cron, "bindings.cron", { schedule: "@every 1s" }),
    "secrets.yaml": componentYaml(names.secretStore, "secretstores.local.file", { secretsFile, nestedSeparator: "." }),
  };
}
