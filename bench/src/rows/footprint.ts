import { setTimeout } from "node:timers/promises";
import { type Component, type Daemon, type DaemonOptions, startDaemon } from "../daemon.ts";
import { loadHttp } from "../load.ts";
import { residentMb } from "../process-figures.ts";
import { httpGets, httpSaves, jsonOf } from "../requests.ts";
import type { Group, Measure } from "../row.ts";
import type { Sample } from "../sample.ts";
import { descendantsOf, type Watched } from "../subject.ts";
import { subjectNames } from "../subjects.ts";
import type { World } from "../world.ts";
import { redis } from "./redis.ts";
import { fileStore } from "./secrets.ts";

const about = "state.redis, pubsub.in-memory and secretstores.local.file.";

/** The host with the other transport, to see what its own one adds. */
export const onGrpcJs = "trilbyd in-process on grpc-js";

const subjects: Readonly<Record<string, Omit<DaemonOptions, "components">>> = {
  [subjectNames.builtin]: { program: "daprd" },
  [subjectNames.inProcess]: { program: "trilbyd", placement: "in-process" },
  // As it comes, the Redis store alone has a process of its own.
  [subjectNames.child]: { program: "trilbyd" },
  [onGrpcJs]: { program: "trilbyd", placement: "in-process", environment: { TRILBY_TRANSPORT: "grpc-js" } },
};

/** What it costs to have one. */
export const footprint: Group = {
  title: "Start and memory, three components",
  rows: [
    {
      id: "start",
      title: "Start to healthz",
      about: `${about} From the start of the process until /v1.0/healthz is content.`,
      subject: (daemon: Daemon) => Promise.resolve({ startMs: daemon.startMs }),
    },
    {
      id: "rss-idle",
      title: "RSS, idle",
      about: `${about} Two seconds after it was healthy.`,
      async subject(daemon: Daemon) {
        await setTimeout(2_000);
        return memoryOf(daemon.process.pid);
      },
    },
    {
      id: "rss-loaded",
      title: "RSS, loaded",
      about: `${about} At the end of a second of saves and a second of gets over HTTP, 64 in flight.`,
      async subject(daemon: Daemon) {
        await load(daemon, httpSaves("store", jsonOf(1_024)), 204);
        await load(daemon, httpGets("store", 1_024), 200);
        return memoryOf(daemon.process.pid);
      },
    },
  ].map(({ subject, ...row }) => ({
    ...row,
    baseline: subjectNames.builtin,
    quick: row.id !== "rss-loaded",
    cold: row.id !== "start",
    ...(row.id === "rss-idle" && { noise: "none" as const }),
    subjects: Object.fromEntries(
      Object.entries(subjects).map(([name, options]): [string, Measure] => [
        name,
        async (world) => {
          const daemon = await startDaemon({ ...options, components: await threeComponents(world) });
          try {
            return await subject(daemon);
          } finally {
            await daemon.close();
          }
        },
      ]),
    ),
  })),
};

async function load({ http, process }: Daemon, requests: readonly Uint8Array[], expect: number): Promise<void> {
  const watched: Watched = { daemon: process.pid, components: [] };
  await loadHttp({ address: http, connections: 64, requests, expect: [expect] }, watched, {
    warmSeconds: 0,
    seconds: 1,
  });
}

async function threeComponents(world: World): Promise<readonly Component[]> {
  const { address } = await redis(world);
  return [
    { name: "store", type: "state.redis", metadata: { redisHost: address }, package: "state-redis" },
    { name: "channel", type: "pubsub.in-memory", package: "pubsub-in-memory" },
    await fileStore(world),
  ];
}

function memoryOf(pid: number): Sample {
  const daemonRssMb = residentMb(pid);
  const children = descendantsOf(pid).map(residentMb);
  if (children.length === 0) return { rssMb: daemonRssMb };
  const componentRssMb = children.reduce((sum, each) => sum + each);
  return { rssMb: daemonRssMb + componentRssMb, daemonRssMb, componentRssMb };
}
