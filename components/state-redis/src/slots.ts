import { clusterSlots } from "@trilby/redis-client";

/**
 * Splits the operations of a transaction by the hash slot of their key, in order: a cluster runs a script on one slot
 * only. Each part is a transaction, all of them together are not.
 */
export async function groupBySlot<T>(operations: readonly T[], keyOf: (operation: T) => string): Promise<T[][]> {
  const slotOf = await clusterSlots();
  return [...Map.groupBy(operations, (operation) => slotOf(keyOf(operation))).values()];
}
