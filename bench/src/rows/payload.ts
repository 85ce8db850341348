import type { Group } from "../row.ts";
import { redisStore } from "./redis.ts";
import { stateRows } from "./state-rows.ts";

/** What grows with the value. */
export const payloads: readonly Group[] = [
  { words: "64 KB", id: "64kb", bytes: 65_536 },
  { words: "1 MB", id: "1mb", bytes: 1_048_576 },
].map(({ words, id, bytes }) => ({
  title: `Values of ${words}`,
  rows: stateRows({
    id: `redis-${id}`,
    where: `Redis, ${words}`,
    about: "As above, with larger values.",
    protocols: ["http", "grpc"],
    inFlight: [16],
    valueBytes: bytes,
    subjects: () => ["builtin", "inProcess"],
    setting: redisStore,
  }),
}));
