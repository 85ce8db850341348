import type { Group } from "./row.ts";
import { binding } from "./rows/binding.ts";
import { connections } from "./rows/connections.ts";
import { footprint } from "./rows/footprint.ts";
import { memoryState } from "./rows/memory.ts";
import { payloads } from "./rows/payload.ts";
import { pubsub } from "./rows/pubsub.ts";
import { redisState } from "./rows/redis.ts";
import { secrets } from "./rows/secrets.ts";
import { transport } from "./transport/rows.ts";

/** All there is to measure, in the order of the tables. */
export const groups: readonly Group[] = [
  redisState,
  memoryState,
  pubsub,
  binding,
  secrets,
  ...payloads,
  connections,
  footprint,
  transport,
];
