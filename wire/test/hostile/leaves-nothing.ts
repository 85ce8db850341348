import { setTimeout as sleep } from "node:timers/promises";
import type { Victim } from "./victim.ts";

/** Throws when an exception came out of the package, or when connections or streams stay though their peer has gone. */
export async function leavesNothing(victim: Victim): Promise<void> {
  const end = performance.now() + 5_000;
  for (;;) {
    const { connections, streams } = (await victim.memory()).memory;
    if (victim.escaped.length > 0) throw new Error(`escaped: ${victim.escaped.join("\n")}`);
    if (connections === 0 && streams === 0) return;
    if (performance.now() > end) throw new Error(`${connections} connections and ${streams} streams are left`);
    await sleep(20);
  }
}
