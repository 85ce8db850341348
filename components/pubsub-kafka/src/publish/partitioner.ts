import { ComponentError } from "@trilby/kit";
import type { ICustomPartitioner } from "kafkajs";

/**
 * Puts a key where Dapr's own component puts it, so that both keep the order of a key they share: FNV-1a, 32 bits, the
 * remainder of the signed number without its sign. Without a key, any partition that has a leader.
 */
export const daprPartitioner: ICustomPartitioner =
  () =>
  ({ topic, partitionMetadata, message: { key, partition } }) => {
    const count = partitionMetadata.length;
    if (partition !== undefined) {
      if (partition < count) return partition;
      const problem = `partitionNumber ${partition} is out of range: topic ${topic} has ${count} partitions`;
      throw new ComponentError("invalid-argument", problem);
    }
    if (key !== undefined && key !== null) return Math.abs(fnv1a(Buffer.from(key)) % count);
    const available = partitionMetadata.filter(({ leader }) => leader >= 0);
    const candidates = available.length > 0 ? available : partitionMetadata;
    return candidates[Math.floor(Math.random() * candidates.length)]!.partitionId;
  };

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
