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
  topic: "orders",
  streamTopic: "streamed",
};

export const secrets = { password: "s3cr€t", database: { user: "u", password: "p" } };

/** What stands in the resources folder of either daemon. */
export function resources({ redis, mosquitto }: Backends, folder: string, runId: string): Record<string, string> {
  const secretsFile = join(folder, "secrets.json");
  writeFileSync(secretsFile, JSON.stringify(secrets));
  return {
    "state.yaml": componentYaml(names.stateStore, "state.redis", { redisHost: redis.address }),
    "pubsub.yaml": componentYaml(names.pubsub, "pubsub.in-memory"),
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
