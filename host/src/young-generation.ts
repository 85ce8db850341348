import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Lets V8's young generation grow in one step to what it may have. At the start next to nothing of it is garbage: growing by steps means
 * copying all that was loaded at each of them.
 */
export function growInOneStep(): void {
  growBy(startFactor);
}

/**
 * Keeps V8's young generation at about `mebibytes`. Left alone it grows to 64 under load and stays there, for few collections
 * less. There is a flag for its largest size, which counts only when the process starts; the one for its growth counts always.
 * What is returned is to be called when it may have become smaller.
 */
export function limitYoungGeneration(mebibytes: number): () => void {
  const limitBytes = mebibytes * 1024 * 1024;
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    if (youngBytes() < limitBytes) return;
    observer.disconnect();
    growBy(1);
    timer = setInterval(recheck, recheckMs).unref();
  };
  const observer = new PerformanceObserver(check);
  /** It shrinks when there is nothing to do, and must be able to grow again. */
  const recheck = (): void => {
    if (timer === undefined || youngBytes() >= limitBytes) return;
    clearInterval(timer);
    timer = undefined;
    letGrow();
  };
  const letGrow = (): void => {
    growBy(2);
    observer.observe({ entryTypes: ["gc"] });
  };
  letGrow();
  check();
  return recheck;
}

/** Does work under the flags that V8 had at the start. */
export function withStartGrowth(work: () => void): void {
  const now = factor;
  growBy(startFactor);
  try {
    work();
  } finally {
    growBy(now);
  }
}

/** From the one megabyte, twice, that it begins with to the sixteen that the host gives it. */
const startFactor = 8;

const recheckMs = 10_000;

let factor = startFactor;

function growBy(by: number): void {
  factor = by;
  setFlagsFromString(`--semi-space-growth-factor=${by}`);
}

/** What is set aside for it, used or not. */
function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
