import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * Keeps V8's young generation at about `mebibytes`. Left alone it grows to 64 under load and stays there, for few collections
 * less. There is a flag for its largest size, which counts only when the process starts; the one for its growth counts always.
 */
export function limitYoungGeneration(mebibytes: number): void {
  const limitBytes = mebibytes * 1024 * 1024;
  let timer: NodeJS.Timeout | undefined;
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < limitBytes) return;
    observer.disconnect();
    setFlagsFromString("--semi-space-growth-factor=1");
    timer = setInterval(recheck, recheckMs).unref();
  });
  /** It shrinks when there is nothing to do, and must be able to grow again. */
  const recheck = (): void => {
    if (youngBytes() >= limitBytes) return;
    clearInterval(timer);
    letGrow();
  };
  const letGrow = (): void => {
    setFlagsFromString("--semi-space-growth-factor=2");
    observer.observe({ entryTypes: ["gc"] });
  };
  letGrow();
}

const recheckMs = 10_000;

/** What is set aside for it, used or not. */
function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
