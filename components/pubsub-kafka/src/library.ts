import { createRequire } from "node:module";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";

export type KafkaLibrary = typeof import("kafkajs");

/** Loads the library when the first component opens. */
export async function loadKafka(): Promise<KafkaLibrary> {
  const { default: library } = await import("kafkajs");
  library.CompressionCodecs[library.CompressionTypes.ZSTD] = zstd;
  withoutNegativeTimers();
  return library;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The library leaves zstd to its users; Node has it. */
function zstd() {
  return {
    compress: ({ buffer }: { buffer: Buffer }): Promise<Buffer> => compress(buffer),
    decompress: (buffer: Buffer): Promise<Buffer> => decompress(buffer),
  };
}

interface RequestQueue {
  throttledUntil: number;
  readonly pending: readonly unknown[];
  throttleCheckTimeoutId: unknown;
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 sets a timer in the past after every answer, of which Node warns on the console. A queue with nothing to
 * send has nothing to check.
 */
function withoutNegativeTimers(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/network/requestQueue/index.js") as { prototype: RequestQueue };
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const original = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue) {
    if (this.pending.length > 0) original.call(this);
  };
}

const patched = new WeakSet<object>();
