import { type Collector, exposeCollector } from "../../collector.ts";
import { giveBackNow } from "../../idle-memory.ts";

/**
 * Told of every body that was read or sent. V8 counts buffers outside its heap for little: large bodies pile up to a hundred
 * megabytes before it looks, and what has piled up once the allocator hardly gives back. So after every some megabytes of large
 * bodies the young generation is collected, which takes about a millisecond and frees them. When no more come, what they took is
 * given back.
 */
export function noteBody(bytes: number): void {
  if (bytes < largeBytes) return;
  collector ??= exposeCollector();
  if (afterBurst === undefined) afterBurst = setTimeout(giveBackAll, quietMs).unref();
  else afterBurst.refresh();
  sinceCollection += bytes;
  if (sinceCollection < betweenCollectionsBytes) return;
  sinceCollection = 0;
  // The body itself is still in use now.
  setImmediate(collectYoung);
}

const largeBytes = 256 * 1024;
const betweenCollectionsBytes = 4 * 1024 * 1024;

const quietMs = 2_000;

let sinceCollection = 0;
let collector: Collector | undefined;
let afterBurst: NodeJS.Timeout | undefined;

function collectYoung(): void {
  collector!({ type: "minor" });
}

function giveBackAll(): void {
  afterBurst = undefined;
  giveBackNow();
}
