import { createRequire } from "node:module";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { OutgoingMessage, produceBody, type ProduceTopic } from "./publish/produce-request.ts";

export type KafkaLibrary = typeof import("kafkajs");

/** Loads the library when the first component opens. */
export async function loadKafka(): Promise<KafkaLibrary> {
  const { default: library } = await import("kafkajs");
  library.CompressionCodecs[library.CompressionTypes.ZSTD] = zstd;
  withoutNegativeTimers();
  withOwnProduceRequests();
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
  const { prototype } = load("kafkajs/src/network/requestQueue/index.js") as { prototype: RequestQueue };
  if (patched.has(prototype)) return;
  patched.add(prototype);
  const original = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue) {
    if (this.pending.length > 0) original.call(this);
  };
}

const patched = new WeakSet<object>();

interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  readonly producerId: unknown;
  readonly compression: number;
  readonly topicData: readonly ProduceTopic[];
}

interface EncodedRequest {
  encode(): Promise<{ readonly buffer: Buffer }>;
}

type MakeRequest = (request: ProduceRequest) => EncodedRequest;

/**
 * kafkajs 2.2.4 writes each record into a buffer of its own, copies them through six more that grow by doubling, and takes the checksum
 * a byte at a step: 15 us a message of 1 KB, where 5 are enough. Our own messages are written by ourselves; all else about a request, and every
 * request of others in this process, stays the library's.
 */
function withOwnProduceRequests(): void {
  const path = load.resolve("kafkajs/src/protocol/requests/produce/v3/request.js");
  const original = load(path) as MakeRequest;
  if (patched.has(original)) return;
  const make: MakeRequest = (request) => {
    const made = original(request);
    const { acks, timeout, compression, topicData } = request;
    const isPlain = compression === 0 && !request.transactionalId && request.producerId === -1;
    if (!isPlain || !topicData.every(isOurs)) return made;
    return {
      ...made,
      async encode() {
        const body = produceBody(acks, timeout, topicData, Date.now());
        // The two members that the library looks at.
        return { buf: body, buffer: body };
      },
    };
  };
  patched.add(make);
  // The later versions of the request take it from here when the first of them is made.
  load.cache[path]!.exports = make;
}

function isOurs({ partitions }: ProduceTopic): boolean {
  return partitions.every(({ messages }) => messages.every((message) => message instanceof OutgoingMessage));
}

const load = createRequire(import.meta.url);
