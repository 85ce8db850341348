import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Told of every body that was read or sent. V8 counts buffers outside its heap for little: large bodies pile up to a hundred
 * megabytes before it looks, and what has piled up once the allocator hardly gives back. So after every some megabytes of large
 * bodies the young generation is collected, which takes about a millisecond and frees them. When no more come, everything is
 * collected once: V8 itself looks again only when more is made, and would keep what the burst took.
 */
export function noteBody(bytes: number): void {
  if (bytes < largeBytes) return;
  collector ??= exposeCollector();
  if (afterBurst === undefined) afterBurst = setTimeout(collectAll, quietMs).unref();
  else afterBurst.refresh();
  sinceCollection += bytes;
  if (sinceCollection < betweenCollectionsBytes) return;
  sinceCollection = 0;
  // The body itself is still in use now.
  setImmediate(collectYoung);
}

type Collector = (options: { type: "minor" | "major" }) => void;

const largeBytes = 256 * 1024;
const betweenCollectionsBytes = 4 * 1024 * 1024;
const quietMs = 1_000;
/** A full collection of more than that would be felt. */
const quicklyCollectedBytes = 128 * 1024 * 1024;

let sinceCollection = 0;
let collector: Collector | undefined;
let afterBurst: NodeJS.Timeout | undefined;

function collectYoung(): void {
  collector!({ type: "minor" });
}

function collectAll(): void {
  afterBurst = undefined;
  if (getHeapStatistics().used_heap_size <= quicklyCollectedBytes) collector!({ type: "major" });
}

function exposeCollector(): Collector {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collector;
}
