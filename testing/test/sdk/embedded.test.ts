import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

import { clockPart } from "./clock-part.ts";
import type { ComponentRow } from "./component-row.ts";
import { metadataPart } from "./metadata-part.ts";
import { pubsubPart } from "./pubsub-part.ts";
import { secretsPart } from "./secrets-part.ts";
import { statePart } from "./state-part.ts";
import { judge } from "./world.ts";

// Components without a server, all in one host.
const folder = await mkdtemp(join(tmpdir(), "trilby-embedded-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const secretsFile = join(folder, "secrets.json");
await writeFile(secretsFile, JSON.stringify({ password: "s3cr€t", database: { user: "u", password: "p" } }));
process.env["SDK_SECRET"] = "from the environment";

const components: ComponentRow[] = [
  { name: "memory", type: "state.in-memory", package: "state-in-memory" },
  {
    name: "sqlite",
    type: "state.sqlite",
    package: "state-sqlite",
    properties: { connectionString: join(folder, "state.db"), busyTimeout: "20s" },
  },
  { name: "broker", type: "pubsub.in-memory", package: "pubsub-in-memory" },
  {
    name: "clock",
    type: "bindings.cron",
    package: "bindings-cron",
    properties: { schedule: "@every 200ms", direction: "input" },
  },
  {
    name: "file",
    type: "secretstores.local.file",
    package: "secretstore-local-file",
    properties: { secretsFile, nestedSeparator: "." },
  },
  { name: "environment", type: "secretstores.local.env", package: "secretstore-local-env" },
];

judge(components, [
  statePart("memory"),
  statePart("sqlite"),
  pubsubPart("broker"),
  clockPart("clock"),
  secretsPart(
    "file",
    {
      password: { password: "s3cr€t" },
      "database.user": { "database.user": "u" },
      "database.password": { "database.password": "p" },
    },
    /secret never not found/,
  ),
  secretsPart("environment", { SDK_SECRET: { SDK_SECRET: "from the environment" } }, { never: "" }),
  metadataPart(components, {
    memory: ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"],
    sqlite: ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"],
    broker: ["SUBSCRIBE_WILDCARDS"],
    clock: ["INPUT_BINDING"],
    file: [],
    environment: [],
  }),
]);
