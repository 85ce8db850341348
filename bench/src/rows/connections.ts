import { setTimeout } from "node:timers/promises";
import { startLoad } from "../load.ts";
import { residentMb } from "../process-figures.ts";
import type { Group, Measure, Row } from "../row.ts";
import { openSubject, subjectNames } from "../subjects.ts";
import { redisStore } from "./redis.ts";
import { stateRows } from "./state-rows.ts";

/** What grows with the number of clients. */
export const connections: Group = {
  title: "Connections",
  rows: [
    ...stateRows({
      id: "redis-connections",
      where: "Redis, 1 KB",
      about: "As above, on more connections.",
      protocols: ["http"],
      inFlight: [100, 1_000],
      subjects: () => ["builtin", "inProcess", "child"],
      setting: redisStore,
    }),
    ...(["http", "grpc"] as const).map((protocol) => idleRow(protocol, 1_000)),
  ],
};

function idleRow(protocol: "http" | "grpc", count: number): Row {
  return {
    id: `idle-${protocol}-${count}`,
    title: `${count} idle ${protocol === "http" ? "HTTP" : "gRPC"} connections`,
    about: "How much more memory the daemon has with them than without, each round a new daemon.",
    baseline: subjectNames.builtin,
    cold: true,
    subjects: Object.fromEntries(
      (["builtin", "inProcess"] as const).map((key): [string, Measure] => [
        subjectNames[key],
        async (world) => {
          const subject = await openSubject(key, await redisStore(world));
          const clients = startLoad("idle");
          try {
            const pid = subject.watched().daemon!;
            await setTimeout(500);
            const before = residentMb(pid);
            await clients.ask({ address: subject[protocol], connections: count, protocol });
            await setTimeout(500);
            return { growthKb: ((residentMb(pid) - before) * 1_024) / count, rssMb: residentMb(pid) };
          } finally {
            await clients.close();
            await subject.close();
          }
        },
      ]),
    ),
  };
}
