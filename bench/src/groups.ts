import type { Group } from "./row.ts";
import { footprint } from "./rows/footprint.ts";
import { redisState } from "./rows/redis.ts";

/** All there is to measure, in the order of the tables. */
export const groups: readonly Group[] = [redisState, footprint];
