import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Service } from "@trilby/services";

import { shuffled } from "./seeded-random.ts";
import type { Trilbyd } from "./trilbyd.ts";

export type Fault = "app" | "child" | "host" | "server";

export const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

export interface FaultPlan {
  readonly host: Trilbyd;
  /** Absent: the backend is a file. */
  readonly server: Service | undefined;
  /** Absent: nothing is delivered. */
  readonly app?: { crash(): void; restart(): Promise<void> };
  readonly faults: readonly Fault[];
  readonly random: () => number;
  /** How much of the work is done, 0 to 1. */
  readonly progress: () => number;
  /** One attempt to use the component; resolves to whether it worked. */
  readonly serves: () => Promise<boolean>;
}

/**
 * Kills and starts again, in the order and at the moments that the seed says: each fault comes when its share of the work is
 * done, so that all of it happens under load however fast the machine is. Resolves when the last one is over.
 */
export async function carryOut(plan: FaultPlan, report: (line: string) => void): Promise<void> {
  const faults = shuffled(plan.faults, plan.random);
  for (const [index, fault] of faults.entries()) {
    const at = (index + plan.random()) / (faults.length + 1);
    while (plan.progress() < at) await delay(2);
    const beganAt = performance.now();
    await strike(fault, plan);
    report(`${(at * 100).toFixed(0)} %: killed the ${fault}, back after ${Math.round(performance.now() - beganAt)} ms`);
  }
}

/** How long a component may take from its process being back until it serves. */
const longestReturnMs = 1000;
const appAwayMs = 500;

async function strike(fault: Fault, { host, server, app, serves }: FaultPlan): Promise<void> {
  if (fault === "app") {
    app?.crash();
    await delay(appAwayMs);
    await app?.restart();
  } else if (fault === "server") {
    await server?.kill();
    await server?.restart();
  } else if (fault === "host") {
    await host.kill();
    await host.start();
  } else {
    const seen = host.output.length;
    const [pid] = host.children();
    if (pid === undefined) throw new Error(`there is no child to kill:\n${host.output.slice(-20).join("\n")}`);
    process.kill(pid, "SIGKILL");
    await host.seen(/is back after/, seen);
    const backAt = performance.now();
    while (!(await serves())) await delay(5);
    const tookMs = Math.round(performance.now() - backAt);
    assert.ok(tookMs <= longestReturnMs, `the component served ${tookMs} ms after its process was back`);
  }
}
