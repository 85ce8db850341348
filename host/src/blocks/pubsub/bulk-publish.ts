import type { BulkPublishEntry, BulkPublishFailure, PubSub } from "@trilby/kit";

/** Entries under way at a time. */
const width = 100;

/**
 * Bulk publish for a broker that has none: single publishes side by side, in no order. Resolves to the entries that
 * failed, in the order they were given.
 */
export async function publishInParallel(
  pubsub: PubSub,
  topic: string,
  entries: readonly BulkPublishEntry[],
): Promise<BulkPublishFailure[]> {
  const errors: (string | undefined)[] = Array.from({ length: entries.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < entries.length; index = next++) {
      const { event, metadata, contentType } = entries[index]!;
      try {
        await pubsub.publish({ topic, data: event, metadata, contentType });
      } catch (error) {
        errors[index] = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, entries.length) }, worker));
  return entries.flatMap(({ entryId }, index) => {
    const error = errors[index];
    return error === undefined ? [] : [{ entryId, error }];
  });
}
