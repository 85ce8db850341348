import { getHeapStatistics } from "node:v8";

import { exposeCollector } from "./collector.ts";

/**
 * Gives memory back when there is little to do: once after the start, and some time after bursts. V8 looks at its memory only while
 * more is made, so it would keep what start or burst took: 12 of the 75 MB that a component's process has after its start.
 * `gaveBack` is called each time; V8's young generation is small then.
 */
export function giveBackWhenIdle(gaveBack: () => void): void {
  let idleTicks = 0;
  let leastBytes: number | undefined;
  let before = process.cpuUsage();
  let collectedAt = before;
  giveBack = () => {
    idleTicks = 0;
    if (getHeapStatistics().used_heap_size > mostHeapBytes) return;
    collect();
    gaveBack();
    collectedAt = process.cpuUsage();
    leastBytes = Math.min(leastBytes ?? Infinity, process.memoryUsage.rss());
  };
  setInterval(() => {
    const now = process.cpuUsage();
    idleTicks = millisecondsBetween(before, now) > mostBusy * tickMs ? 0 : idleTicks + 1;
    before = now;
    if (leastBytes === undefined) {
      if (idleTicks < ticksAfterStart) return;
    } else {
      if (idleTicks < ticksAfterBurst || millisecondsBetween(collectedAt, now) < cpuBetweenMs) return;
      const worthwhile = (worthwhileBytes * ticksAfterBurst) / idleTicks;
      if (process.memoryUsage.rss() < leastBytes + worthwhile) return;
    }
    giveBack?.();
  }, tickMs).unref();
}

/** For who knows that much has become free. Does nothing where `giveBackWhenIdle` was not called. */
export function giveBackNow(): void {
  giveBack?.();
}

let giveBack: (() => void) | undefined;

const tickMs = 1_000;
/** Of one processor. */
const mostBusy = 0.15;
const ticksAfterStart = 1;
/** Work often comes again soon. */
const ticksAfterBurst = 10;
/** Processor time: if a collection did not help, the next one waits until something was done. */
const cpuBetweenMs = 1_000;
/** Less, the longer there was nothing to do. */
const worthwhileBytes = 24 * 1024 * 1024;
/** A collection takes some 2 ms a megabyte: that of more would be felt. */
const mostHeapBytes = 32 * 1024 * 1024;

function millisecondsBetween(one: NodeJS.CpuUsage, other: NodeJS.CpuUsage): number {
  return (other.user - one.user + other.system - one.system) / 1_000;
}

/** The collector is not kept: with it a context of V8 would be. */
function collect(): void {
  // The last resort is what also makes the young generation small.
  exposeCollector()({ type: "major", flavor: "last-resort" });
}
