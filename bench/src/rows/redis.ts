import { startService } from "@trilby/services";
import { startBare } from "../bare/start.ts";
import type { Group } from "../row.ts";
import type { Setting } from "../subjects.ts";
import type { World } from "../world.ts";
import { stateRows } from "./state-rows.ts";

/** The mark of all marks. */
export const redisState: Group = {
  title: "State in Redis",
  rows: stateRows({
    id: "redis",
    where: "Redis, 1 KB",
    about:
      "Requests that each wait for their answer, on as many connections (HTTP) or streams of one connection (gRPC).",
    inFlight: [64, 16, 1],
    quick: 64,
    // Who started the process on the socket makes no difference to the way there: once is enough.
    subjects: (inFlight) => ["builtin", "ours", "inProcess", "child", ...(inFlight === 64 ? ["socket" as const] : [])],
    setting: redisStore,
    bare: async (world) => startBare((await redis(world)).address),
  }),
};

/** A store in the group's Redis. */
export async function redisStore(world: World): Promise<Setting> {
  const { address, pid } = await redis(world);
  return {
    components: [{ name: "store", type: "state.redis", metadata: { redisHost: address }, package: "state-redis" }],
    backends: pid === undefined ? [] : [pid],
  };
}

export function redis(world: World) {
  return world.once("redis", async () => {
    const service = await startService("redis", { settings: { appendonly: "no" } });
    return { address: service.address, pid: service.pid, close: () => service.stop() };
  });
}
