import { BulkError, ComponentError } from "../errors/component-error.ts";

/** Runs `work` on every item, at most `limit` at once; 0 or less means all at once. Rejects only if `work` does. */
export async function forEachLimited<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  if (limit <= 0 || limit >= items.length) {
    await Promise.all(items.map(work));
    return;
  }
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** Applies `write` to every item; rejects with a `BulkError` that names the keys that failed, in the order asked. */
export async function collectFailures<T extends { readonly key: string }>(
  items: readonly T[],
  limit: number,
  write: (item: T) => Promise<void>,
): Promise<void> {
  const errors: (ComponentError | undefined)[] = [];
  await forEachLimited(items, limit, async (item, index) => {
    try {
      await write(item);
    } catch (error) {
      errors[index] = asComponentError(error);
    }
  });
  const failures = items.flatMap(({ key }, index) => (errors[index] ? [{ key, error: errors[index] }] : []));
  if (failures.length > 0) throw new BulkError(failures);
}

function asComponentError(error: unknown): ComponentError {
  if (ComponentError.is(error)) return error;
  return new ComponentError("internal", error instanceof Error ? error.message : String(error), { cause: error });
}
