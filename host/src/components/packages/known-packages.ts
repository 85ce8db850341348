/** Packages of this project by the types they hold: what to install when a type is not found. */
export const knownPackages: Readonly<Record<string, string>> = {
  "bindings.cron": "@trilby/bindings-cron",
  "bindings.mqtt": "@trilby/bindings-mqtt",
  "bindings.mqtt3": "@trilby/bindings-mqtt",
  "pubsub.in-memory": "@trilby/pubsub-in-memory",
  "pubsub.kafka": "@trilby/pubsub-kafka",
  "secretstores.hashicorp.vault": "@trilby/secretstore-vault",
  "secretstores.local.env": "@trilby/secretstore-local-env",
  "secretstores.local.file": "@trilby/secretstore-local-file",
  "secretstores.vault": "@trilby/secretstore-vault",
  "state.in-memory": "@trilby/state-in-memory",
  "state.postgres": "@trilby/state-postgres",
  "state.postgresql": "@trilby/state-postgres",
  "state.redis": "@trilby/state-redis",
  "state.sqlite": "@trilby/state-sqlite",
  "state.sqlite3": "@trilby/state-sqlite",
};
