import type { Verdicts } from "@trilby/interop-judging";
import { judgeByDeliveries } from "./servers/deliveries.ts";
import { judgeByHostileServers } from "./servers/hostile.ts";
import { judgeByRealServers } from "./servers/real.ts";

/** @trilby/wire's HTTP/1.1 client, which calls applications: by real servers, and by such as no one wants. */
export async function judgeByServers(verdicts: Verdicts): Promise<void> {
  await judgeByHostileServers(verdicts);
  await judgeByDeliveries(verdicts);
  await judgeByRealServers(verdicts);
}
