import { ComponentError, type BulkPublishFailure } from "@trilby/kit";
import type { CompressionTypes, Producer } from "kafkajs";
import { concernsOneRecord, kafkaError } from "../kafka-errors.ts";
import type { OutgoingRecord } from "./record.ts";

export interface PublisherSettings {
  readonly producer: Producer;
  readonly acks: number;
  readonly compression: CompressionTypes;
  /** How long a broker may wait for its replicas. */
  readonly timeoutMs: number;
}

export interface Publisher {
  /** Resolves when the brokers have the record. */
  publish(topic: string, record: OutgoingRecord): Promise<void>;
  /** The entries that failed. */
  publishAll(topic: string, entries: readonly BulkEntry[]): Promise<BulkPublishFailure[]>;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
}

export interface BulkEntry {
  readonly entryId: string;
  readonly record: OutgoingRecord;
}

interface Waiting {
  readonly record: OutgoingRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Records that are published side by side travel together: what comes in one turn of the event loop, or while enough
 * requests are under way, is one request. One after another, as a caller that awaits each of them publishes, they keep
 * their order.
 */
export function createPublisher({ producer, ...sending }: PublisherSettings): Publisher {
  const waiting = new Map<string, Waiting[]>();
  const requests = new Set<Promise<void>>();
  let waitingBytes = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || requests.size >= maxRequests) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      for (const topic of [...waiting.keys()]) {
        if (requests.size >= maxRequests) return;
        start(topic);
      }
    });
  }

  function start(topic: string): void {
    const queue = waiting.get(topic)!;
    const batch = queue.splice(0, batchLength(queue.slice(0, maxRecords).map(({ record }) => record)));
    if (queue.length === 0) waiting.delete(topic);
    for (const { record } of batch) waitingBytes -= record.bytes;
    const request = sendBatch(topic, batch).finally(() => {
      requests.delete(request);
      if (waiting.size > 0) schedule();
    });
    requests.add(request);
    if (waiting.size > 0) schedule();
  }

  async function sendBatch(topic: string, batch: readonly Waiting[]): Promise<void> {
    try {
      await send(
        topic,
        batch.map(({ record }) => record),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // One that is too large, say, fails all of its request: find out which.
      if (batch.length > 1 && concernsOneRecord(error)) for (const each of batch) await sendBatch(topic, [each]);
      else for (const { reject } of batch) reject(kafkaError(`cannot publish to ${topic}`, error));
    }
  }

  async function send(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    const messages = records.map(({ message }) => message);
    await producer.send({
      topic,
      messages,
      acks: sending.acks,
      compression: sending.compression,
      timeout: sending.timeoutMs,
    });
  }

  async function sendEach(topic: string, entries: readonly BulkEntry[], failures: BulkPublishFailure[]): Promise<void> {
    try {
      await send(
        topic,
        entries.map(({ record }) => record),
      );
    } catch (error) {
      if (entries.length > 1 && concernsOneRecord(error)) {
        for (const each of entries) await sendEach(topic, [each], failures);
      } else {
        const { message } = kafkaError(`cannot publish to ${topic}`, error);
        for (const { entryId } of entries) failures.push({ entryId, error: message });
      }
    }
  }

  return {
    publish(topic, record) {
      if (waitingBytes + record.bytes > maxWaitingBytes) {
        const problem = `cannot publish to ${topic}: the brokers are too slow, ${waitingBytes} bytes are waiting for them`;
        return Promise.reject(new ComponentError("resource-exhausted", problem));
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const queue = waiting.get(topic);
      if (queue) queue.push({ record, resolve, reject });
      else waiting.set(topic, [{ record, resolve, reject }]);
      waitingBytes += record.bytes;
      schedule();
      return promise;
    },

    async publishAll(topic, entries) {
      const failures: BulkPublishFailure[] = [];
      for (let from = 0; from < entries.length;) {
        const rest = entries.slice(from, from + maxRecords);
        const length = batchLength(rest.map(({ record }) => record));
        const request = sendEach(topic, rest.slice(0, length), failures).finally(() => requests.delete(request));
        requests.add(request);
        await request;
        from += length;
      }
      return failures;
    },

    async drain() {
      while (waiting.size > 0 || requests.size > 0) {
        if (requests.size > 0) await Promise.allSettled(requests);
        else await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

const maxRequests = 5;
const maxRecords = 500;
/** Well below what a broker takes as one batch (1 MiB), which is also what the largest message may have. */
const maxBatchBytes = 256 * 1024;
const maxWaitingBytes = 64 * 1024 * 1024;

/** How many of the records go into one request: one at least. */
function batchLength(records: readonly OutgoingRecord[]): number {
  let bytes = 0;
  let length = 0;
  for (const record of records) {
    bytes += record.bytes;
    if (length > 0 && (bytes > maxBatchBytes || length >= maxRecords)) break;
    length++;
  }
  return length;
}
